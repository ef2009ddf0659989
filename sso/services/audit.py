"""Writing into the record of what happened: an INSERT, alone or together with what it is about."""

import json
import logging
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from allauth.core import context
from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sso.models import AuditEntry
from sso.writes import PreparedInsert, Write, at_once

log = logging.getLogger(__name__)
LONGEST = 500  # characters of one detail
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
insert = PreparedInsert(AuditEntry)


class Action(models.TextChoices):
    """What can have happened. A value, once used, keeps its meaning: entries are never rewritten."""

    SIGNED_IN = "signed_in", _("signed in")
    REFUSED = "refused", _("sign-in refused")
    CONFIRMED = "confirmed", _("confirmed who they are")
    SIGNED_OUT = "signed_out", _("signed out")
    GRANTED = "granted", _("entered a system")
    CONSENTED = "consented", _("allowed a system to read data")
    TOKEN_ISSUED = "token_issued", _("token issued")
    TOKEN_ENDED = "token_ended", _("token ended")
    TOKEN_MISUSED = "token_misused", _("code or token used twice")
    REVOKED = "revoked", _("all access ended")
    SESSION_ENDED = "session_ended", _("session ended")
    FACTOR_ADDED = "factor_added", _("second factor added")
    FACTOR_REMOVED = "factor_removed", _("second factor removed")
    FACTORS_RESET_ASKED = "factors_reset_asked", _("removal of all second factors asked for")
    FACTORS_RESET = "factors_reset", _("all second factors removed by the help desk")
    FACTORS_RESET_REFUSED = "factors_reset_refused", _("removal of all second factors refused")
    BROWSER_TRUSTED = "browser_trusted", _("browser trusted for 30 days")
    BROWSER_FORGOTTEN = "browser_forgotten", _("trust in a browser taken back")
    INVITED = "invited", _("invited to make a passkey")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    PASSWORD_RESET = "password_reset", _("password reset by an officer")
    RESET_ASKED = "reset_asked", _("password reset asked for")
    RESET_APPROVED = "reset_approved", _("password reset approved")
    RESET_REFUSED = "reset_refused", _("password reset refused")
    GUEST_MADE = "guest_made", _("account of a guest made")
    GUEST_CHANGED = "guest_changed", _("account of a guest changed")
    GUEST_ENDED = "guest_ended", _("account of a guest ended")
    EMERGENCY = "emergency", _("emergency account used")
    EMERGENCY_MADE = "emergency_made", _("emergency account made")
    SYSTEM_REGISTERED = "system_registered", _("system registered")
    SYSTEM_CHANGED = "system_changed", _("system changed")
    SECRET_RENEWED = "secret_renewed", _("secret of a system renewed")
    KEY_MADE = "key_made", _("key that signs tokens made")
    KEYS_WITHDRAWN = "keys_withdrawn", _("keys that sign tokens withdrawn")
    SYSTEM_APPROVED = "system_approved", _("system or change of it approved")
    SYSTEM_REFUSED = "system_refused", _("system or change of it refused")
    CHANGE_ASKED = "change_asked", _("change of a system asked for")
    RULE_CHANGED = "rule_changed", _("rule of a system changed")
    ENTRY_REFUSED = "entry_refused", _("entry to a system refused")
    LOGOUT_UNANSWERED = "logout_unanswered", _("sign-out not confirmed by a system")
    ROLE_GIVEN = "role_given", _("role given")
    ROLE_TAKEN = "role_taken", _("role taken back")
    DELEGATED = "delegated", _("delegation given")
    DELEGATION_ENDED = "delegation_ended", _("delegation ended")
    HELD_LET_GO = "held_let_go", _("what the directory wants carried out after a look")
    PERSON_ADDED = "person_added", _("account added")
    PERSON_DISABLED = "person_disabled", _("account disabled")
    PERSON_ENABLED = "person_enabled", _("account enabled")
    ACCOUNTS_SET_UP = "accounts_set_up", _("accounts in a system set up")
    ACCOUNTS_APPROVED = "accounts_approved", _("accounts in a system approved")
    ACCOUNTS_TRIED = "accounts_tried", _("connection for accounts in a system tried")
    ACCOUNTS_RUN = "accounts_run", _("accounts in a system brought up to date by hand")
    ACCOUNTS_COMPARED = "accounts_compared", _("accounts in a system compared")
    ACCOUNTS_HELD = "accounts_held", _("switching off many accounts in a system held")
    ACCOUNTS_LET_GO = "accounts_let_go", _("switching off many accounts in a system agreed to")
    ACCOUNT_MADE = "account_made", _("account made in a system")
    ACCOUNT_ADOPTED = "account_adopted", _("account in a system taken over")
    ACCOUNT_SENT = "account_sent", _("account in a system changed")
    ACCOUNT_ON = "account_on", _("account in a system switched on again")
    ACCOUNT_OFF = "account_off", _("account in a system switched off")
    ACCOUNT_REFUSED = "account_refused", _("account refused by a system")
    GROUP_MADE = "group_made", _("group made in a system")
    GROUP_ADOPTED = "group_adopted", _("group in a system taken over")
    GROUP_SENT = "group_sent", _("group in a system changed")
    GROUP_REFUSED = "group_refused", _("group refused by a system")
    DATA_EXPORTED = "data_exported", _("own data exported")
    RECORD_READ = "record_read", _("record exported")
    RECORD_SHORTENED = "record_shortened", _("old part of the record removed")


class Cause(models.TextChoices):
    """Why a sign-in was refused. Other causes are the reasons of ``revoke`` or words that somebody typed."""

    WRONG_PASSWORD = "wrong_password", _("wrong password")
    UNKNOWN_ACCOUNT = "unknown_account", _("no such account")
    TOO_MANY_TRIES = "too_many_tries", _("too many tries")
    CLOSED = "closed", _("account disabled or locked")
    EXPIRED = "expired", _("password has expired")
    MUST_CHANGE = "must_change", _("password must be changed first")
    WRONG_CODE = "wrong_code", _("wrong code of the second step")
    WRONG_PASSKEY = "wrong_passkey", _("passkey not accepted")
    WRONG_SECRET = "wrong_secret", _("wrong secret of the system")
    UNHEARD = "unheard", _("directory of accounts not heard for too long")


# What anybody can cause without end is written down once a minute for each account, system and address.
ENDLESS = {Cause.TOO_MANY_TRIES, Cause.WRONG_SECRET, Cause.WRONG_PASSKEY}
MINUTE = 60


class Someone(NamedTuple):
    """A person of whom only these columns were read; ``record`` takes it like a ``User``."""

    pk: int
    username: str
    full_name: str


def record(
    action: Action, *, client: Any = "", request=None, cause: str = "", person=None, **rest: Any
) -> None:
    """Write one entry in the caller's transaction; what it takes is what ``entry`` takes."""
    if cause in ENDLESS:
        about = f"{cause} {known(person)[0]} {client_id_of(client)} {address_of(request)}"
        is_new = cache.add(f"sso.audit.{sha256(about.encode()).hexdigest()}", True, MINUTE)
        if is_new is False:  # None: the cache is away
            return
    at_once(entry(action, client=client, request=request, cause=cause, person=person, **rest))


def entry(
    action: Action,
    *,
    person=None,
    by=None,
    for_whom=None,
    client: Any = "",
    request=None,
    cause: str = "",
    **detail: Any,
) -> Write:
    """Return one entry, to be written together with what it is about.

    ``person`` is whose account it is about, ``by`` who did it when that was another, ``for_whom`` in whose name: each a
    ``User`` or ``Someone``. ``client`` is a system (anything with ``client_id`` and, when known, ``name``) or its
    client_id. ``request`` gives the address, by itself the one in which somebody acts just now. Values of ``detail``
    are shown as they are: never pass a secret. What cannot be written as it is, is written as text; only the database's
    own errors are raised.
    """
    columns = {}
    for role, one in (("person", person), ("by", by), ("for_whom", for_whom)):
        columns[f"{role}_id"], columns[f"{role}_name"] = known(one)
    return insert.of(
        action=str(action),
        **columns,
        client=client_id_of(client),
        client_name=plain(getattr(client, "name", ""), 255),
        address=address_of(request or (context.request if person or by else None)),
        cause=plain(cause, 250),
        detail=written(detail),
    )


def client_id_of(client: Any) -> str:
    return plain(getattr(client, "client_id", client), 100)


def known(person) -> tuple[int | None, str]:
    """Return the key and the name by which ``person`` stays readable: "Nguyễn Thị Thu Hà (ha)"."""
    if person is None or person.pk is None:
        return None, ""
    return person.pk, plain(f"{person.full_name} ({person.username})", 360)


def words_of(entry: AuditEntry) -> tuple[str, str]:
    """Return the act and the cause of ``entry`` in the reader's language; a value that nobody knows stays as it is."""
    from sso.services.revocation import Reason

    told = {**dict(Reason.choices), **dict(Cause.choices)}
    act, cause = dict(Action.choices).get(entry.action), told.get(entry.cause)
    return capfirst(str(act)) if act else entry.action, capfirst(str(cause)) if cause else entry.cause


def address_of(request) -> str:
    """Return the network address that ``request`` comes from, "" when it cannot be told. It is found out once."""
    if request is None:
        return ""
    if not hasattr(request, "client_address"):
        request.client_address = ""
        try:
            request.client_address = _address(
                request.META.get("REMOTE_ADDR", ""),
                request.META.get("HTTP_X_FORWARDED_FOR", ""),
                settings.ALLAUTH_TRUSTED_PROXY_COUNT,
            )
        except (ImproperlyConfigured, ValueError):
            log.warning("The address of a request cannot be told; see INTRANET_PROXIES.")
    return request.client_address


@lru_cache(maxsize=1000)
def _address(peer: str, forwarded: str, proxies: int) -> str:
    """Ask allauth once for the same peer and header; ``proxies`` is how many it trusts."""
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
    return plain(get_client_ip(request) or "", 45)


def plain(value: Any, length: int) -> str:
    """Return ``value`` as text that every database takes, cut to ``length``."""
    try:
        text = value if type(value) is str else str(value)
    except Exception:  # a broken __str__ must not stop what is being recorded
        text = type(value).__name__
    if not text.isprintable():
        text = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[:length]


def written(detail: dict[str, Any]) -> str:
    """Return ``detail`` as JSON, long texts cut."""
    return ENCODER.encode({name: value_of(value) for name, value in detail.items()}) if detail else "{}"


def value_of(value: Any) -> Any:
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [value_of(item) for item in list(value)[:50]]
    if isinstance(value, dict):
        return {plain(name, 60): value_of(item) for name, item in list(value.items())[:50]}
    return plain(value, LONGEST)
