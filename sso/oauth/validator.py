"""What oauthlib's server asks of us at the token and revocation endpoints."""

import uuid
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import set_token_value
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from sso.models import AccessToken, Grant, IDToken, RefreshToken
from sso.oauth.claims import subject_of
from sso.oauth.clients import is_secret
from sso.oauth.scopes import scopes_for
from sso.oauth.signing import issuer, sign
from sso.services.sessions import revoke_family

RETRY = timedelta(seconds=10)  # a client whose answer got lost may refresh with the same token again
STRENGTH = ("sid", "auth_time", "acr", "amr")


class UsedTwice(Exception):
    """Somebody else redeemed the code or token between our look and our write."""


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class Validator(OAuth2Validator):
    """Codes and tokens are kept as hashes; each descends from one sign-in (``sid``) and one code (family)."""

    def _check_secret(self, provided_secret, stored_secret):
        return is_secret(provided_secret, stored_secret)

    # --- codes ---

    def get_authorization_code_scopes(self, client_id, code, redirect_uri, request):
        """Say what ``code`` grants: oauthlib asks whether it is OpenID's. Loads the row for the rest."""
        request.grant = Grant.objects.select_related("user").filter(code=hashed(code or "")).first()
        return request.grant.scope.split() if request.grant else []

    def validate_code(self, client_id, code, client, request, *args, **kwargs):
        grant = request.grant
        if grant is None or grant.application_id != client.pk:
            return False
        if grant.used_at:
            revoke_family(grant.token_family)
            return False
        if grant.is_expired() or not grant.user.is_active:
            return False
        request.user = grant.user
        request.scopes = grant.scope.split()
        return True

    def get_code_challenge(self, code, request):
        return request.grant.code_challenge

    def get_code_challenge_method(self, code, request):
        return request.grant.code_challenge_method

    def confirm_redirect_uri(self, client_id, code, redirect_uri, client, request, *args, **kwargs):
        return request.grant.redirect_uri_allowed(redirect_uri)

    def get_authorization_code_nonce(self, client_id, code, redirect_uri, request):
        return request.grant.nonce or None

    def invalidate_authorization_code(self, client_id, code, request, *args, **kwargs):
        """The row stays, marked as used, so that a second use is noticed."""

    # --- refresh tokens ---

    def validate_refresh_token(self, refresh_token, client, request, *args, **kwargs):
        tokens = RefreshToken.objects.select_related("user", "access_token").filter(application=client)
        token = tokens.filter(token_checksum=hashed(refresh_token)).first()
        if token is None or token.access_token is None:
            return False
        now = timezone.now()
        if token.revoked and (now - token.revoked > RETRY or not is_alive(token.token_family)):
            revoke_family(token.token_family)
            return False
        idle = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
        if now >= token.created + idle or now >= token.absolute_expiry or not token.user.is_active:
            return False
        request.user = token.user
        request.refresh_token_instance = token
        return True

    def get_original_scopes(self, refresh_token, request, *args, **kwargs):
        """What was granted and is still allowed."""
        return scopes_for(request.client, request.refresh_token_instance.access_token.scope)

    # --- issuing ---

    def save_bearer_token(self, token, request, *args, **kwargs):
        try:
            with transaction.atomic():
                self._save_bearer_token(token, request)
        except UsedTwice:
            grant = getattr(request, "grant", None)
            if grant:
                grant.refresh_from_db(fields=["token_family"])
                revoke_family(grant.token_family)
            raise InvalidGrantError(request=request) from None

    def _save_bearer_token(self, token, request, *args, **kwargs):
        now = timezone.now()
        grant, refresh = getattr(request, "grant", None), getattr(request, "refresh_token_instance", None)
        access = AccessToken(application=request.client, scope=token["scope"])
        access.expires = now + timedelta(seconds=token["expires_in"])
        set_token_value(access, token["access_token"])
        source = grant or refresh
        if source is None:  # client credentials: nobody's session
            access.save(force_insert=True)
            return
        family = redeem(grant, now) if grant else rotate(refresh, now)
        strength = {name: getattr(source, name) for name in STRENGTH}
        access.user, access.token_family, access.sid = request.user, family, source.sid
        id_token = getattr(request, "id_token", None)
        if id_token is not None:
            id_token.save(force_insert=True)
            access.id_token = id_token
        access.save(force_insert=True)
        end = refresh.absolute_expiry if refresh else (grant.auth_time or now) + settings.SESSION_TOKENS_AGE
        successor = RefreshToken(
            user=request.user,
            application=request.client,
            access_token=access,
            token_family=family,
            absolute_expiry=end,
            **strength,
        )
        set_token_value(successor, token["refresh_token"])
        successor.save(force_insert=True)

    def finalize_id_token(self, id_token, token, token_handler, request):
        """Return the signed ID token. Its row is stored with the access token's."""
        source = getattr(request, "grant", None) or request.refresh_token_instance
        lifetime = timedelta(seconds=oauth2_settings.ID_TOKEN_EXPIRE_SECONDS)
        now = timezone.now()
        row = IDToken(
            user=request.user,
            application=request.client,
            scope=" ".join(request.scopes),
            expires=now + lifetime,
            **{name: getattr(source, name) for name in STRENGTH},
        )
        request.id_token = row
        claims = id_token | {
            "iss": issuer(),
            "sub": subject_of(request.user),
            "aud": request.client.client_id,
            "exp": int((now + lifetime).timestamp()),
            "auth_time": int((source.auth_time or now).timestamp()),
            "jti": str(row.jti),
            "sid": source.sid,
            "acr": source.acr,
            "amr": source.amr,
        }
        return sign(claims)

    # --- revoking (RFC 7009) ---

    def revoke_token(self, token, token_type_hint, request, *args, **kwargs):
        """Revoke a token of the calling client with all that descends from the same code."""
        for model in (RefreshToken, AccessToken):
            mine = model.objects.filter(application=request.client, token_checksum=hashed(token))
            for family in list(mine.values_list("token_family", flat=True)):
                if family:
                    RefreshToken.objects.filter(token_family=family).delete()
                    AccessToken.objects.filter(token_family=family).delete()
            mine.delete()


def is_alive(family: uuid.UUID) -> bool:
    return RefreshToken.objects.filter(token_family=family, revoked=None).exists()


def redeem(grant: Grant, now) -> uuid.UUID:
    """Mark ``grant`` as used and return the family that begins. Raises UsedTwice when another was first."""
    family = uuid.uuid4()
    if not Grant.objects.filter(pk=grant.pk, used_at=None).update(used_at=now, token_family=family):
        raise UsedTwice
    return family


def rotate(refresh: RefreshToken, now) -> uuid.UUID:
    """Mark ``refresh`` as followed by another and return its family. Raises UsedTwice when it is gone."""
    mine = RefreshToken.objects.filter(pk=refresh.pk)
    if not mine.filter(revoked=None).update(revoked=now) and not mine.select_for_update().exists():
        raise UsedTwice
    return refresh.token_family
