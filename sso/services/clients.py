"""Registered systems: rows of Application."""

from typing import Any

from django.db import transaction
from oauth2_provider.generators import generate_client_id, generate_client_secret

from sso.models import Application, User
from sso.permissions import is_system_admin, require
from sso.services.sessions import ISSUED

DEFAULTS = {
    "client_type": Application.CLIENT_CONFIDENTIAL,
    "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
    "algorithm": Application.RS256_ALGORITHM,
    "hash_client_secret": True,
}


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
    client.save()
    return client, secret


@transaction.atomic
def save_system(system: Application, *, by: User) -> str:
    """Store a filled-in ``system``. Returns its secret when it is new, else "".

    Raises PermissionDenied unless ``by`` is a system admin. A system switched off loses its tokens.
    """
    require(is_system_admin(by))
    secret = ""
    if system.pk is None:
        for field, value in DEFAULTS.items():
            setattr(system, field, value)
        system.client_id = generate_client_id()
        system.client_secret = secret = generate_client_secret()
        system.user = by
    system.save()
    if not system.is_enabled:
        end_tokens(system)
    return secret


@transaction.atomic
def renew_secret(system: Application, *, by: User) -> str:
    """Return a new secret for ``system``; the old one and all tokens issued with it end now."""
    require(is_system_admin(by))
    system.client_secret = secret = generate_client_secret()
    system.save(update_fields=["client_secret", "updated"])
    end_tokens(system)
    return secret


def end_tokens(system: Application) -> None:
    for model in ISSUED:
        model.objects.filter(application=system).delete()
