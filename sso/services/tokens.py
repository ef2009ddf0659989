"""Tokens that the suite issues itself."""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from oauth2_provider.settings import oauth2_settings

from sso.models import AccessToken, Application, Consent, Grant, User
from sso.models.credentials import hashed
from sso.models.tokens import MAIL_CLIENT
from sso.writes import PreparedInsert, Write, at_once

MAIL_TOKEN_AGE = timedelta(minutes=5)
insert_code, insert_token = PreparedInsert(Grant), PreparedInsert(AccessToken)


def mail_token(user: User) -> str:
    """Return a fresh token of scope "mail" that opens the mailbox of ``user`` for five minutes.

    Only its hash is kept. Raises PermissionDenied for a disabled person.
    """
    if not user.is_active:
        raise PermissionDenied
    raw = secrets.token_urlsafe(32)
    expires = timezone.now() + MAIL_TOKEN_AGE
    insert_token(
        user_id=user.pk,
        epoch=user.security_epoch,
        application_id=mail_client().pk,
        scope="mail",
        expires=expires,
        token="",
        token_checksum=hashed(raw),
    )
    return raw


def mail_client() -> Application:
    """The suite's own row, made when it is first needed; it has no sign-in and no tile."""
    fields = {
        "name": "Intranet mail",
        "client_type": Application.CLIENT_CONFIDENTIAL,
        "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
        "allowed_scopes": ["mail"],
    }
    return Application.objects.get_or_create(client_id=MAIL_CLIENT, defaults=fields)[0]


def issue_code(asked, user: User, strength, entry: Write) -> str:
    """Return a new authorization code for ``user``, bound to the system, address, challenge and session.

    ``entry`` is what the record says of it.
    """
    raw = secrets.token_urlsafe(32)
    lifetime = timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS)
    code = insert_code.of(
        user_id=user.pk,
        epoch=user.security_epoch,
        application_id=asked.client.pk,
        code=hashed(raw),
        expires=timezone.now() + lifetime,
        redirect_uri=asked.redirect_uri,
        scope=" ".join(asked.scopes),
        nonce=asked.nonce,
        claims=asked.wanted.kept(),
        code_challenge=asked.code_challenge,
        code_challenge_method=Grant.CODE_CHALLENGE_S256 if asked.code_challenge else "",
        sid=strength.sid,
        auth_time=strength.auth_time,
        acr=strength.acr,
        amr=strength.amr,
    )
    at_once(entry, code)
    return raw


def has_consent(user: User, client: Application, scopes: list[str]) -> bool:
    """Say whether ``user`` has allowed ``client`` (or the ministry has for all) to read ``scopes``."""
    if client.skip_authorization:
        return True
    consent = Consent.objects.filter(user=user, application=client).first()
    return consent is not None and set(scopes) <= set(consent.scopes)


@transaction.atomic
def give_consent(user: User, client: Application, scopes: list[str]) -> None:
    """Let ``client`` read ``scopes``, too."""
    consent, _created = Consent.objects.select_for_update().get_or_create(user=user, application=client)
    consent.scopes = sorted({*consent.scopes, *scopes})
    consent.save()
