"""The keys that sign tokens: kept encrypted in the database, so that all processes agree, and changed by themselves.

A new key is published a day before it signs, so that every system has fetched it by then; the old one stays published
until the last token it signed has died. Whichever process first needs a key that is due makes it.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.cache import caches
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from joserfc.jwk import ECKey, RSAKey

from sso.models import SigningKey
from sso.models.keys import Algorithm
from sso.prepared import prepared
from sso.services.audit import Action, record

log = logging.getLogger(__name__)
PUBLISHED_FOR = timedelta(hours=1)  # how long systems may keep what they fetched ("max-age")
AHEAD = timedelta(days=1)
# An ID token proves who asks for the sign-out, so its key is needed as long as the session lives.
TOKENS_LIVE = settings.SESSION_TOKENS_AGE + PUBLISHED_FOR
RING, RING_SECONDS = "sso.keys", 5  # after this time every process knows what an emergency has changed

type_of = {Algorithm.RS256: RSAKey, Algorithm.ES256: ECKey}


@dataclass(frozen=True)
class Kept:
    """A row of SigningKey, as processes remember it."""

    algorithm: str
    number: int
    kid: str
    sealed: str
    public: dict
    signs_from: datetime

    @property
    def key(self) -> RSAKey | ECKey:
        """Raises InvalidToken when it was encrypted with a key that we do not have."""
        return opened(self.algorithm, self.sealed)


@lru_cache(maxsize=20)
def opened(algorithm: str, sealed: str) -> RSAKey | ECKey:
    """Return the key; reading one takes longer than signing with it."""
    return type_of[Algorithm(algorithm)].import_key(json.loads(seal().decrypt(sealed.encode())))


def seal() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])


def signing_key(algorithm: str) -> Kept:
    """Return the key that signs now: the newest whose time has come, if need be by the clock of another machine."""
    mine = [kept for kept in ring() if kept.algorithm == algorithm and can_sign(kept)]
    now = timezone.now()
    return next((kept for kept in mine if kept.signs_from <= now), mine[-1])


def published() -> list[dict]:
    """Return the public keys that systems need, of this moment and not of some seconds ago."""
    caches["process"].delete(RING)
    return [kept.public for kept in ring()]


def key_named(kid: str, algorithm: str) -> RSAKey | ECKey | None:
    """Return the key by which to check a signature, None when we know none of that name."""
    for kept in ring():
        if (kept.kid, kept.algorithm) == (kid, algorithm):
            return type_of[Algorithm(algorithm)].import_key(kept.public)
    return None


def ring() -> list[Kept]:
    """Return all keys whose signatures hold, the newest first; those that are due are made."""
    cache = caches["process"]
    if (keys := cache.get(RING)) is not None:
        return keys
    keys = stored()
    due = [algorithm for algorithm in Algorithm if is_due(keys, algorithm)]
    for algorithm in due:
        make_next(keys, algorithm)
    keys = stored() if due else keys
    if not (due and connection.in_atomic_block):  # else they are kept only if that is
        cache.set(RING, keys, RING_SECONDS)
    return keys


@prepared
def _rows(now: datetime):
    return SigningKey.objects.published_at(now)


def stored() -> list[Kept]:
    return [
        Kept(row.algorithm, row.number, row.kid, row.sealed, row.public, row.signs_from)
        for row in _rows(timezone.now())
    ]


def can_sign(kept: Kept) -> bool:
    try:
        return bool(kept.key)
    except InvalidToken:
        return False


def is_due(keys: list[Kept], algorithm: str) -> bool:
    newest = next((kept for kept in keys if kept.algorithm == algorithm and can_sign(kept)), None)
    return newest is None or newest.signs_from + settings.KEYS_SIGN_FOR - AHEAD <= timezone.now()


def make_next(keys: list[Kept], algorithm: str) -> None:
    """Make the key that follows; nothing when another process has just made it."""
    mine = [kept for kept in keys if kept.algorithm == algorithm]
    if mine and not any(can_sign(kept) for kept in mine):
        log.error(
            "No key that signs tokens can be read: INTRANET_SEALING_KEYS is another one. A new key is made."
        )
    can_wait = any(can_sign(kept) for kept in mine)
    signs_from = timezone.now() + (AHEAD if can_wait else timedelta())
    try:
        with transaction.atomic():
            made = store(algorithm, signs_from, after=max((kept.number for kept in mine), default=0))
            old = SigningKey.objects.filter(algorithm=algorithm, number__lt=made.number, ends_at=None)
            old.update(ends_at=signs_from + TOKENS_LIVE)
    except IntegrityError:
        return
    log.info("The %s key %s signs from %s.", algorithm, made.kid, signs_from.isoformat(timespec="seconds"))


def store(algorithm: str, signs_from: datetime, *, after: int) -> SigningKey:
    key = RSAKey.generate_key(2048) if algorithm == Algorithm.RS256 else ECKey.generate_key("P-256")
    kid = key.thumbprint()
    return SigningKey.objects.create(
        algorithm=algorithm,
        number=after + 1,
        kid=kid,
        sealed=seal().encrypt(json.dumps(key.as_dict(private=True)).encode()).decode(),
        public=key.as_dict(private=False) | {"kid": kid, "use": "sig", "alg": algorithm},
        signs_from=signs_from,
    )


def rotate(*, now: bool = False, cause: str = "") -> None:
    """Make the next keys before they are due.

    With ``now`` they sign at once, and the signatures of all keys before them hold no more: for a key that got known.
    """
    with transaction.atomic():
        before = list(SigningKey.objects.published().select_for_update())
        for algorithm in Algorithm:
            mine = [key for key in before if key.algorithm == algorithm]
            if now:
                store(algorithm, timezone.now(), after=mine[0].number if mine else 0)
            elif not mine:
                make_next([], algorithm)
            elif mine[0].signs_from <= timezone.now():
                make_next(stored(), algorithm)
                record(Action.KEY_MADE, cause=cause, algorithm=algorithm)
        if now:
            gone = [key.kid for key in before]
            SigningKey.objects.filter(kid__in=gone).delete()
            record(Action.KEYS_WITHDRAWN, cause=cause, keys=gone)
    caches["process"].delete(RING)
