"""The words of the page in one's download: what its columns are called, and what stands in them."""

from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sso.forms.systems import ROLES
from sso.models import Guest, LogoutNotice, Post, Role, User
from sso.services.audit import Action, Cause
from sso.services.revocation import Reason

register = template.Library()
COLUMNS = {
    "username": _("account"), "full_name": _("full name"), "email": _("mail address"), "phone": _("phone"),
    "mobile": _("mobile phone"), "room": _("room"), "language": _("language"), "origin": _("origin"),
    "is_active": _("active"), "date_joined": _("known since"), "locked_at": _("locked since"),
    "password_changed_at": _("last change of the password"), "subject": _("identifier"),
    "manager": _("direct superior"), "unit__code": _("unit"), "unit__name_vi": _("Vietnamese name"),
    "title_vi": pgettext_lazy("post", "title"), "title_en": _("English title"), "level": _("level"),
    "is_main": _("main post"), "valid_from": _("valid from"), "valid_to": _("valid to"), "name": _("role"),
    "source": _("source"), "granted_at": _("given on"), "user_agent": _("Browser"), "address": _("network address"),
    "created_at": _("since"), "created": _("since"), "made_at": _("since"), "last_seen_at": _("last seen"),
    "expires_at": _("Until"), "absolute_expiry": _("Until"), "devices": _("Device"), "places": _("networks"),
    "type": _("kind"), "kind": _("kind"), "data__name": _("name"), "last_used_at": _("last seen"),
    "device": _("Device"),
    "application__name": _("system"), "target__application__name": _("system"), "client_name": _("system"),
    "scopes": _("scopes"), "scope": _("scopes"), "given_at": _("given on"), "first_at": _("first time"),
    "last_at": _("last time"), "remote_id": _("identifier"), "is_on": _("active"), "sent_at": _("last time"),
    "receiver__username": _("account"), "giver__username": _("account"), "user__username": _("account"),
    "apps": _("apps"), "starts_at": _("Since"), "ends_at": _("Until"), "sponsor__full_name": _("who answers for it"),
    "ends_on": _("last day"), "state": _("state"), "reason": _("reason"), "answered_at": _("answer"), "at": _("time"),
    "action": _("action"), "person_name": _("person"), "by_name": _("by"), "for_whom_name": _("in the name of"),
    "cause": _("cause"), "detail": _("details"),
}  # fmt: skip
FACTORS = {
    Authenticator.Type.WEBAUTHN: _("Passkey"),
    Authenticator.Type.TOTP: _("Authenticator app"),
    Authenticator.Type.RECOVERY_CODES: _("Recovery codes"),
}
WORDS = {
    "origin": dict(User.Origin.choices), "level": dict(Post.Level.choices), "source": dict(Role.Source.choices),
    "name": dict(ROLES), "type": FACTORS, "kind": dict(Guest.Kind.choices), "state": dict(LogoutNotice.State.choices),
    "reason": dict(Reason.choices), "action": dict(Action.choices),
    "cause": {**dict(Reason.choices), **dict(Cause.choices)},
}  # fmt: skip


@register.filter
def heading(column: str) -> str:
    return capfirst(COLUMNS.get(column, column))


@register.filter
def told(value, column: str) -> str:
    """Return a value of ``column`` as people read it: in words, times to the second, nothing as a dash."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "d/m/Y H:i:s")
    if isinstance(value, date):
        return date_format(value, "d/m/Y")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {told(one, '')}" for name, one in value.items())
    return str(WORDS.get(column, {}).get(value, value))
