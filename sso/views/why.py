"""Which systems a person may enter, and why (not): for system admins and the admins of the person's unit."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sso.models import User
from sso.models.tokens import Acr
from sso.permissions import is_system_admin, looks_after
from sso.services.rules import Kind
from sso.services.why import Verdict, verdicts
from sso.step_up import acr_within_reach
from sso.views.rules import described

NAMES_OTHERS = {Kind.PEOPLE, Kind.NETWORK, Kind.GROUP}


@never_cache
@require_GET
def person_systems(request, username):
    person = get_object_or_404(User, username=username)
    if not looks_after(request.user, person):
        raise Http404
    found = verdicts(person, by=request.user)
    sees_all = is_system_admin(request.user)
    texts = iter(described(tuple(way for verdict in found for way in verdict.ways)))
    context = {
        "someone": person,
        "sees_all": sees_all,
        "reach": Acr(acr_within_reach(person)).label,
        "rows": [shown(verdict, texts, sees_all) for verdict in found],
    }
    return TemplateResponse(request, "sso/person_systems.html", context)


def shown(verdict: Verdict, texts, sees_all: bool) -> dict:
    """Return a verdict in words; ``texts`` yields those of each way in. Names of others are for who ``sees_all``."""
    ways = []
    for answers, words in zip(verdict.answers, texts_of(verdict, texts), strict=True):
        rows = [
            {
                "text": words[kind] if sees_all or kind not in NAMES_OTHERS else capfirst(kind.label),
                "holds": holds,
            }
            for kind, holds in answers
        ]
        ways.append({"rows": rows, "holds": all(holds is not False for _kind, holds in answers)})
    how = _("Signed in %(how)s, as the system asks of everybody")
    before = [
        (_("The account is active"), verdict.is_active),
        (how % {"how": Acr(verdict.system.required_acr).label}, verdict.is_strong),
    ]
    return {
        "system": verdict.system,
        "may": verdict.may,
        "depends": verdict.depends,
        "before": before,
        "ways": ways,
    }


def texts_of(verdict: Verdict, texts) -> list[dict]:
    return [next(texts) for _way in verdict.ways]
