"""Registered systems: rows of Application. What people register or change works once a second system admin agrees."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_id, generate_client_secret

from sso.models import Application, SystemRequest, User
from sso.permissions import is_system_admin, require
from sso.services.audit import Action, plain, record
from sso.services.provisioning.noting import note_everybody
from sso.services.revocation import Reason, end_system
from sso.services.rules import end_shut_out

DEFAULTS = {
    "client_type": Application.CLIENT_CONFIDENTIAL,
    "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
    "algorithm": Application.RS256_ALGORITHM,
    "hash_client_secret": True,
}
# What decides who learns what, and where people are sent: no one admin changes it alone.
SENSITIVE = [
    "authorization_grant_type", "client_type", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
    "frontchannel_logout_uri", "allowed_scopes", "skip_authorization", "required_acr", "subject_group", "algorithm",
    "id_token_tells", "token_audience", "public_keys", "without_pkce",
]  # fmt: skip
TOLD = ["name", "description", "tile_url", "is_enabled", "rule", "serves_scopes", *SENSITIVE]
SECRET_AGE = timedelta(days=365)
SOON = timedelta(days=30)
LATEST = datetime.max.replace(tzinfo=UTC)
State = SystemRequest.State


class NotWaiting(Exception):
    """The request was decided on meanwhile."""


@transaction.atomic
def ensure_client(name: str, **fields: Any) -> tuple[Application, str]:
    """Return the system called ``name`` with ``fields`` set, and its secret; for set-up programs.

    It is found by the ``client_id`` when that is among the fields, else by name. The secret is the
    ``client_secret`` among the fields, long and random, else a new one; it is known only now, so the
    caller keeps it.
    """
    secret = fields.get("client_secret") or generate_client_secret()
    known = {"client_id": fields["client_id"]} if "client_id" in fields else {"name": name}
    client = Application.objects.filter(**known).order_by("pk").first() or Application()
    for field, value in {**DEFAULTS, **fields, "name": name, "client_secret": secret}.items():
        setattr(client, field, value)
    is_new = client.pk is None
    client.save()
    record(
        Action.SYSTEM_REGISTERED if is_new else Action.SYSTEM_CHANGED, client=client, cause="set-up program"
    )
    return client, secret


@transaction.atomic
def save_system(system: Application, *, by: User) -> str:
    """Store a filled-in ``system``. Returns its secret when it is new and has one, else "".

    A new one waits for approval, and so do changes of SENSITIVE fields: they are left as they were, and a request
    with their new values stands in place of an older one. All else counts at once; a system switched off loses its
    tokens. Raises PermissionDenied unless ``by`` is a system admin.
    """
    require(is_system_admin(by))
    before = Application.objects.select_for_update().filter(pk=system.pk).first()
    if before is None:
        return register(system, by)
    wanted = {}
    if before.is_approved:
        wanted = {name: getattr(system, name) for name in changed(before, system, SENSITIVE)}
        for name in wanted:
            setattr(system, name, getattr(before, name))
    else:
        system.is_enabled = False
        if system.client_type != before.client_type:
            forget_secret(system)
    told = changed(before, system, TOLD)
    system.save()
    if not system.is_enabled:
        end_system(system, Reason.SYSTEM_OFF, by=by)
    if told:
        record(Action.SYSTEM_CHANGED, by=by, client=system, **told)
        note_everybody(system)
    if wanted or (told and not before.is_approved):
        ask(system, wanted, by)
    return ""


def register(system: Application, by: User) -> str:
    for field, value in DEFAULTS.items():
        if field not in SENSITIVE:
            setattr(system, field, value)
    system.client_id = generate_client_id()
    if system.is_public:
        secret = forget_secret(system)
    else:
        system.client_secret = secret = generate_client_secret()
        system.secret_ends_at = timezone.now() + SECRET_AGE
    system.user = by
    system.is_approved = system.is_enabled = False
    system.save()
    record(Action.SYSTEM_REGISTERED, by=by, client=system, **what_is_told(system, TOLD))
    ask(system, {}, by)
    return secret


def forget_secret(system: Application) -> str:
    """Give ``system`` a secret that nobody knows: a public one needs none, another gets one at ``renew_secret``.

    Returns "", which is all that there is to show.
    """
    system.client_secret = generate_client_secret()
    system.former_secret, system.former_secret_ends_at = "", None
    system.secret_ends_at = None if system.is_public else timezone.now()
    return ""


def ask(system: Application, values: dict[str, Any], by: User) -> None:
    """Let another system admin decide; whoever has changed a thing last is the one who may not."""
    now = timezone.now()
    SystemRequest.objects.waiting().filter(application=system).update(
        state=State.TAKEN_BACK, decided_by=by, decided_at=now
    )
    SystemRequest.objects.create(application=system, values=values, asked_by=by)
    if values:
        record(Action.CHANGE_ASKED, by=by, client=system, **values)


def can_approve(user: User, request: SystemRequest) -> bool:
    return is_system_admin(user) and user.pk != request.asked_by_id


@transaction.atomic
def approve_request(request: SystemRequest, *, by: User) -> None:
    """Let the system work, or its changes count. Raises NotWaiting."""
    require(can_approve(by, request))
    decide(request, State.APPROVED, by)
    system = Application.objects.select_for_update().get(pk=request.application_id)
    for name, value in request.values.items():
        if name in SENSITIVE:
            setattr(system, name, value)
    if not system.is_approved:
        system.is_approved = system.is_enabled = True
    if "client_type" in request.values:
        forget_secret(system)
    system.save()
    if "client_type" in request.values:
        end_system(system, Reason.KIND_CHANGED, by=by)
    if "required_acr" in request.values:
        end_shut_out(system, by=by)
    note_everybody(system)
    record(Action.SYSTEM_APPROVED, by=by, client=system, asked_by=request.asked_by.username, **request.values)


@transaction.atomic
def refuse_request(request: SystemRequest, words: str = "", *, by: User) -> None:
    """Leave everything as it is; whoever asked takes the request back in this way. Raises NotWaiting."""
    require(is_system_admin(by))
    decide(request, State.TAKEN_BACK if by.pk == request.asked_by_id else State.REFUSED, by, words)
    record(
        Action.SYSTEM_REFUSED,
        by=by,
        client=request.application,
        asked_by=request.asked_by.username,
        words=words,
    )


def decide(request: SystemRequest, state: str, by: User, words: str = "") -> None:
    waiting = SystemRequest.objects.waiting().filter(pk=request.pk)
    if not waiting.update(state=state, decided_by=by, decided_at=timezone.now(), words=plain(words, 250)):
        raise NotWaiting


@transaction.atomic
def renew_secret(
    system: Application, *, by: User, overlap: timedelta = timedelta(0), age: timedelta | None = SECRET_AGE
) -> str:
    """Return a new secret for ``system``, valid for ``age`` or, with None, until the next one.

    The old one goes on for ``overlap``. Without it, it ends now, and so do all tokens issued with it. Raises
    PermissionDenied for a public system, which has none.
    """
    require(is_system_admin(by))
    row = Application.objects.select_for_update().get(pk=system.pk)
    require(not row.is_public)
    now = timezone.now()
    keeps = bool(overlap) and (row.secret_ends_at is None or row.secret_ends_at > now)
    system.former_secret = row.client_secret if keeps else ""
    system.former_secret_ends_at = min(now + overlap, row.secret_ends_at or LATEST) if keeps else None
    system.client_secret = secret = generate_client_secret()
    system.secret_ends_at = now + age if age else None
    system.save(
        update_fields=["client_secret", "secret_ends_at", "former_secret", "former_secret_ends_at", "updated"]
    )
    if not keeps:
        end_system(system, Reason.SECRET_RENEWED, by=by)
    record(Action.SECRET_RENEWED, by=by, client=system, overlap=str(overlap))
    return secret


def ends_soon(system: Application) -> bool:
    """Say whether the secret has run out or will within thirty days."""
    return system.secret_ends_at is not None and system.secret_ends_at < timezone.now() + SOON


def what_is_told(system: Application, names: Iterable[str]) -> dict[str, Any]:
    """Return what the record says of a system: all that an officer sets, and no secret."""
    return {name: getattr(system, name) for name in names}


def changed(before: Application, after: Application, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields that differ, each with its old and new value."""
    old, new = what_is_told(before, names), what_is_told(after, names)
    return {name: [old[name], new[name]] for name in names if old[name] != new[name]}
