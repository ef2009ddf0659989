"""The first page of one's own account."""

from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from sso.models import AuditEntry, Session
from sso.services.audit import Action
from sso.services.delegations import current_and_coming
from sso.services.sign_ins import device_of
from sso.services.uses import living_tokens

SHOWN = 6
SIGN_INS = [Action.SIGNED_IN, Action.REFUSED]


@never_cache
def overview(request):
    person = request.user
    mine = AuditEntry.objects.filter(person_id=person.pk, action__in=SIGN_INS)
    context = {
        "sessions": Session.objects.visible_to(person).count(),
        "systems": living_tokens(person).values("application").distinct().count(),
        "delegations": current_and_coming().filter(giver=person).count(),
        "sign_ins": [sign_in_of(entry) for entry in mine.newest_first()[:SHOWN]],
    }
    return TemplateResponse(request, "account_pages/overview.html", context)


def sign_in_of(entry: AuditEntry) -> dict:
    """Return what the page says of one sign-in: ``at``, ``device``, ``address``, ``is_refused``."""
    browser = entry.facts.get("browser", "")
    return {
        "at": entry.at,
        "device": device_of(browser) if browser else "",
        "address": entry.address,
        "is_refused": entry.action == Action.REFUSED,
    }
