"""The one way things end: sessions, codes, tokens, device grants, trusted browsers.

Whatever lets a person in carries the person's security epoch and is refused, by the query that looks for it, once the
epoch has been raised. So ``revoke`` ends everything with one number, also what is being issued at the same moment; the
rows it deletes besides are but rubbish. In the same way nothing issued in a session outlives its row. What processes
hold beyond the database, such as open sockets, ``sso.watch`` makes them let go of.
"""

import logging
from collections.abc import Iterable

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sso.models import (
    AccessToken,
    Application,
    Consent,
    DeviceGrant,
    Grant,
    RefreshToken,
    Revocation,
    Session,
    User,
)
from sso.models.credentials import CREDENTIALS
from sso.services.audit import Action, record
from sso.services.logout import note_logouts

log = logging.getLogger(__name__)
AT_ONCE = 500


class Reason(models.TextChoices):
    """Why something ended. A value, once used, keeps its meaning: the record is never rewritten."""

    LOCKED = "locked", _("account locked")
    LEFT = "left", _("left the ministry")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    FACTOR_RESET = "factor_reset", _("second factor reset")
    UNIT_CHANGED = "unit_changed", _("unit changed")
    RULE_CHANGED = "rule_changed", _("rule of a system changed")
    EVERYWHERE = "everywhere", _("signed out everywhere")
    BY_ADMIN = "by_admin", _("ended by a system admin")
    SIGNED_OUT = "signed_out", _("signed out")
    ENDED_HERE = "ended_here", _("ended by its owner")
    TOO_MANY = "too_many", _("more sessions than one person may have")
    SYSTEM_OFF = "system_off", _("system switched off")
    SECRET_RENEWED = "secret_renewed", _("secret of the system renewed")
    KIND_CHANGED = "kind_changed", _("kind of the system changed")


@transaction.atomic
def revoke(
    people: Iterable[User | int] | User,
    reason: Reason,
    *,
    by: User | None = None,
    keep: str = "",
    words: str = "",
) -> int:
    """End every session, code, token, device grant and trusted browser of ``people`` (or of their keys).

    ``keep`` is the sid of the one session that lives on with its tokens, such as the one in which the person has just
    changed the password; ``words`` is what an admin wrote about it. Returns how many people it was about; they may
    sign in again when they are active. A ``User`` that was given knows its new epoch afterwards.
    """
    given = [people] if isinstance(people, User) else list(people)
    keys = sorted({getattr(person, "pk", person) for person in given})
    epochs = {}
    for start in range(0, len(keys), AT_ONCE):
        epochs |= _revoke(keys[start : start + AT_ONCE], reason, by, keep, words)
    for person in given:
        if isinstance(person, User) and person.pk in epochs:
            person.security_epoch = epochs[person.pk]
    if epochs:
        log.info("All access of %s people ended: %s", len(epochs), Reason(reason).value)
    return len(epochs)


def _revoke(keys: list[int], reason: Reason, by: User | None, keep: str, words: str) -> dict[int, int]:
    people = lock(User.objects.filter(pk__in=keys))
    User.objects.filter(pk__in=keys).update(security_epoch=F("security_epoch") + 1)
    epochs = {person.pk: person.security_epoch + 1 for person in people}
    note_logouts(reason, keep=keep, user__in=keys)
    for model in reversed(CREDENTIALS):  # refresh tokens go before the access tokens they point to
        ended = model.objects.filter(user__in=epochs)
        if keep and has_sid(model):
            for person in people:
                kept = ended.filter(user=person.pk, sid=keep, epoch=person.security_epoch)
                kept.update(epoch=epochs[person.pk])
            ended = ended.exclude(sid=keep)
        ended.delete()
    Revocation.objects.bulk_create(
        Revocation(user_id=key, epoch=epoch, kept=keep) for key, epoch in epochs.items()
    )
    detail = {"words": words} if words else {}
    for person in people:
        record(Action.REVOKED, person=person, by=by, cause=Reason(reason).value, **detail)
    return epochs


@transaction.atomic
def end_sessions(sids: Iterable[str], reason: Reason, *, by: User | None = None) -> int:
    """End these sessions with the codes and tokens issued in them; other devices go on. Returns how many ended."""
    sids = [sid for sid in sids if sid]
    if not sids:
        return 0
    held = Session.objects.filter(sid__in=sids).exclude(user=None)
    tokens = RefreshToken.objects.filter(sid__in=sids)
    lock(User.objects.filter(Q(pk__in=held.values("user")) | Q(pk__in=tokens.values("user"))))
    issuing = [model for model in reversed(CREDENTIALS) if has_sid(model) and model is not Session]
    issued = Q(*(Exists(model.objects.filter(sid=OuterRef("sid"))) for model in issuing), _connector=Q.OR)
    sessions = list(held.select_related("user").annotate(has_issued=issued))
    if len(sessions) < len(set(sids)) or any(row.has_issued for row in sessions):
        note_logouts(reason, sid__in=sids)
        for model in issuing:
            model.objects.filter(sid__in=sids).delete()
    Session.objects.filter(sid__in=sids).delete()
    Revocation.objects.bulk_create(Revocation(user_id=row.user_id, sid=row.sid) for row in sessions)
    for row in sessions if reason != Reason.SIGNED_OUT else ():
        record(Action.SESSION_ENDED, person=row.user, by=by, cause=Reason(reason).value, session=row.sid[:8])
    return len(sessions)


@transaction.atomic
def end_system(
    system: Application,
    reason: Reason,
    *,
    person: User | None = None,
    people: Iterable[User] | None = None,
    by: User | None = None,
) -> None:
    """End what ``system`` holds: of ``person``, with the consent given to it, of ``people``, or of everybody."""
    whose = [person] if person else None if people is None else list(people)
    of_them = {} if whose is None else {"user__in": [one.pk for one in whose]}
    mine = {"application": system, **of_them}
    lock(User.objects.filter(pk__in=RefreshToken.objects.filter(**mine).values("user")))
    note_logouts(reason, **mine)
    Grant.objects.filter(**mine).delete()
    DeviceGrant.objects.filter(client_id=system.client_id, **of_them).delete()
    _delete_tokens(**mine)
    if person:
        Consent.objects.filter(**mine).delete()
    for one in [None] if whose is None else whose:
        record(Action.TOKEN_ENDED, person=one, by=by, client=system, cause=Reason(reason).value)


@transaction.atomic
def end_family(family) -> None:
    """End the tokens that descend from one code."""
    if family:
        lock(User.objects.filter(pk__in=RefreshToken.objects.filter(token_family=family).values("user")))
        _delete_tokens(token_family=family)


def lock(people: models.QuerySet) -> list[User]:
    """Let one at a time end what these people hold, always in the same order. Issuing goes on meanwhile."""
    return list(people.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def has_sid(model: type[models.Model]) -> bool:
    return any(field.name == "sid" for field in model._meta.concrete_fields)


def _delete_tokens(**mine) -> None:
    """Delete until none is left: a refresh going on holds the old token's row, and we have waited for the new one."""
    while RefreshToken.objects.filter(**mine).delete()[0]:
        pass
    AccessToken.objects.filter(**mine).delete()
