"""All that identity keeps of a person, for the person."""

import io
import json
import zipfile
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from sso.models import (
    AuditEntry,
    Consent,
    Guest,
    LogoutNotice,
    ProvisionedAccount,
    Session,
    SignInMemory,
    SystemUse,
    TrustedBrowser,
    User,
)
from sso.permissions import require
from sso.services.audit import Action, record
from sso.services.uses import living_tokens

MOST_ENTRIES = 20_000  # of the record, the newest first
POST = "unit__code unit__name_vi title_vi title_en level is_main valid_from valid_to"
SESSION = "user_agent address created_at last_seen_at expires_at"
FACTOR = "type data__name created_at last_used_at"
TRUSTED = "device created_at last_used_at expires_at"
CONSENT = "application__name scopes given_at"
ACCOUNT = "target__application__name remote_id is_on sent_at"
USE = "application__name scope first_at last_at"
HELD = "application__name scope created absolute_expiry"
TOLD = "application__name reason state made_at answered_at"
GUEST = "kind unit__code sponsor__full_name ends_on made_at"
SPAN = "apps starts_at ends_at"
ENTRY = "at action person_name by_name for_whom_name client_name address cause detail"


def export_of(person: User, *, by: User, request=None) -> bytes:
    """Return a zip with everything as JSON and as a page to read. No secret is in it: none is kept."""
    require(person.pk == by.pk)
    parts = everything_of(person)
    record(Action.DATA_EXPORTED, person=person, request=request)
    page = render_to_string(
        "account_pages/export_file.html", {"person": person, "parts": parts, "at": timezone.now()}
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        data = {part["name"]: part["rows"] for part in parts}
        file.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        file.writestr("index.html", page)
    return content.getvalue()


def everything_of(person: User) -> list[dict[str, Any]]:
    """Return the parts of the export, each with ``name`` (in JSON), ``title`` (for people) and ``rows``."""
    mine = {"user": person}
    entries = AuditEntry.objects.touched_by([person.pk]).newest_first()[:MOST_ENTRIES]
    parts = [
        ("account", _("Account"), [account(person)]),
        ("posts", _("Posts"), columns(person.posts, POST)),
        ("roles", _("Roles"), columns(person.roles, "name unit__code source granted_at")),
        ("sessions", _("Sessions"), columns(Session.objects.filter(**mine), SESSION)),
        (
            "sign_ins",
            _("Devices and places seen"),
            columns(SignInMemory.objects.filter(**mine), "devices places"),
        ),
        ("factors", _("Passkeys and second factors"), columns(Authenticator.objects.filter(**mine), FACTOR)),
        ("trusted", _("Trusted browsers"), columns(TrustedBrowser.objects.filter(**mine), TRUSTED)),
        ("consents", _("Consents given to systems"), columns(Consent.objects.filter(**mine), CONSENT)),
        ("systems", _("What systems have read"), columns(SystemUse.objects.filter(**mine), USE)),
        ("held", _("What systems may read now"), columns(living_tokens(person), HELD)),
        ("sign_outs", _("Sign-outs told to systems"), columns(LogoutNotice.objects.filter(**mine), TOLD)),
        ("accounts", _("Accounts in systems"), columns(ProvisionedAccount.objects.filter(**mine), ACCOUNT)),
        ("given", _("Delegations given"), columns(person.delegations_given, f"receiver__username {SPAN}")),
        (
            "received",
            _("Delegations received"),
            columns(person.delegations_received, f"giver__username {SPAN}"),
        ),
        ("guest", _("Account of a guest"), columns(Guest.objects.filter(**mine), GUEST)),
        (
            "guests",
            _("Guests whom you answer for"),
            columns(person.sponsored, "user__username kind ends_on made_at"),
        ),
        ("record", _("Record of the system"), [entry_row(entry) for entry in entries]),
    ]
    return [{"name": name, "title": title, "rows": rows} for name, title, rows in parts]


def columns(rows, names: str) -> list[dict[str, Any]]:
    return list(rows.values(*names.split()))


def entry_row(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ENTRY.split()} | {"detail": entry.facts}


def account(person: User) -> dict[str, Any]:
    names = [
        "username", "full_name", "email", "phone", "mobile", "room", "language", "origin", "is_active", "date_joined",
        "locked_at", "password_changed_at", "subject",
    ]  # fmt: skip
    return {**{name: getattr(person, name) for name in names}, "manager": str(person.manager or "")}
