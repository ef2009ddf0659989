"""What a person holds, for system admins, who may end it all; others get 404."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sso.forms.access import EndForm
from sso.models import AuditEntry, Session, User
from sso.services import sessions, uses
from sso.services.audit import Action
from sso.step_up import when_sure
from sso.views.account.devices import described
from sso.views.account.systems import told
from sso.views.guard import for_system_admins

ENDINGS = [Action.REVOKED, Action.SESSION_ENDED]


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure(methods=("POST",))
def access(request, username):
    person = get_object_or_404(User, username=username)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sessions.end_everything_of(person, form.cleaned_data["words"], by=request.user)
        messages.success(request, _("All access of %(person)s has ended.") % {"person": person})
        return redirect("access", username=username)
    ended = AuditEntry.objects.filter(person_id=person.pk, action__in=ENDINGS).newest_first()[:10]
    context = {
        "someone": person,
        "form": form,
        "rows": [described(row) for row in Session.objects.visible_to(person)],
        "found": [told(held) for held in uses.systems_of(person) if held.has_tokens],
        "ended": [(entry, cause_of(entry)) for entry in ended],
    }
    return TemplateResponse(request, "sso/access.html", context, status=422 if form.errors else 200)


def cause_of(entry: AuditEntry) -> str:
    """Return why something ended, in words, with what an admin wrote about it."""
    label = sessions.Reason(entry.cause).label if entry.cause in sessions.Reason else entry.cause
    return " – ".join(filter(None, (str(label), entry.facts.get("words", ""))))
