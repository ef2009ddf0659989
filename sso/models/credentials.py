"""What lets somebody in: kept as a hash, declared by its model, so that ending it all misses none."""

from hashlib import sha256

from django.db import models

CREDENTIALS: list[type[models.Model]] = []


def credential(model: type[models.Model]) -> type[models.Model]:
    """Declare that each row of ``model`` lets its ``user`` in: what ``revoke`` ends, it deletes.

    A row is also refused by itself once its ``epoch`` is not the person's ``security_epoch`` any more; so a model has
    that field, or asks the person otherwise. One with ``sid`` ends with that session, too.
    """
    CREDENTIALS.append(model)
    return model


def hashed(secret: str) -> str:
    """Return what is kept of a token, a code or a session's key: it is long and random, so it needs no salt."""
    return sha256(secret.encode()).hexdigest()
