"""Passwords of the directory: looked at by a bind, changed and reset by RFC 3062, under the directory's own policy.

What the policy says comes with the control of draft-behera-ldap-password-policy-10. Nothing is read off a wrong
password: the directory says "expired" and "change it" to the right one only, and what it says of a lock stays here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import ldap
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from ldap.controls.ppolicy import PasswordPolicyControl
from ldap.filter import filter_format

from sso.directory.connection import (
    OUTAGES,
    Server,
    close,
    note_outage,
    opened,
    reason_of,
    service,
    try_each,
)
from sso.directory.entries import moment_of, named_by

POLICY = PasswordPolicyControl.controlType
EXPIRED, CHANGE_AFTER_RESET = 0, 2
MAX_LENGTH = 256  # longer ones are no password and cost the directory time


@dataclass(frozen=True)
class Place:
    """Where somebody's entry is; ``key`` is its entryUUID."""

    dn: str
    key: UUID


@dataclass(frozen=True)
class Verdict:
    """What the directory says to a right password."""

    is_expired: bool = False  # and can no longer be changed by its owner
    must_change: bool = False
    ends_in: timedelta | None = None  # told by the directory only when it is soon


class PasswordRefused(Exception):
    """The directory does not take this new password; ``problem`` says why."""

    class Problem(models.TextChoices):
        WRONG_OLD = "wrong_old", _("The present password is wrong.")
        QUALITY = (
            "quality",
            _("The directory does not take this password: it is too simple. Choose another one."),
        )
        TOO_SHORT = "too_short", _("This password is too short. Choose a longer one.")
        TOO_LONG = "too_long", _("This password is too long. Choose a shorter one.")
        IN_HISTORY = (
            "in_history",
            _("You have had this password before. Choose one that you never used here."),
        )
        TOO_YOUNG = "too_young", _("Your password was changed only a short time ago. Try again later.")
        COMMON = "common", _("This is one of the passwords that are tried first. Choose another one.")
        LIKE_NAME = (
            "like_name",
            _("This password is too much like your name or account. Choose another one."),
        )
        NOT_ALLOWED = (
            "not_allowed",
            _("The directory does not let you change your password. Ask the help desk."),
        )

    def __init__(self, problem: "PasswordRefused.Problem"):
        super().__init__(problem.name)
        self.problem = problem


Problem = PasswordRefused.Problem
PROBLEMS = {  # passwordPolicyResponse.error
    3: Problem.NOT_ALLOWED,
    4: Problem.NOT_ALLOWED,
    5: Problem.QUALITY,
    6: Problem.TOO_SHORT,
    7: Problem.TOO_YOUNG,
    8: Problem.IN_HISTORY,
    9: Problem.TOO_LONG,
}


def is_password(text: str | None) -> bool:
    """Say whether ``text`` can be one. An empty one would be an anonymous bind, which succeeds (RFC 4513 §5.1.2)."""
    return bool(text) and len(text) <= MAX_LENGTH and "\0" not in text


def find_entry(name: str) -> Place | None:
    """The one person called ``name``, None when there is nobody or more than one. Raises DirectoryUnavailable.

    Whose entry is named so comes before whoever has that as an address or as a second uid.
    """
    found = service.ask(lambda server: settings.AUTH_LDAP_USER_SEARCH.execute(server, {"user": name}))
    if len(found) > 1:
        found = [(dn, values) for dn, values in found if named_by(dn).casefold() == name]
    return place_of(found)


def entry_with(key: UUID) -> Place | None:
    """The entry with that entryUUID. Raises DirectoryUnavailable."""
    wanted = filter_format("(entryUUID=%s)", [str(key)])

    def look(server: Server):
        rows = server.search_ext_s(settings.LDAP_BASE, ldap.SCOPE_SUBTREE, wanted, ["entryUUID"])
        return [(dn, values) for dn, values in rows if dn is not None]  # None: a referral

    return place_of(service.ask(look))


def place_of(found: list) -> Place | None:
    if len(found) != 1:
        return None
    dn, values = found[0]
    keys = {name.lower(): texts for name, texts in values.items()}.get("entryuuid")
    if not keys:
        raise note_outage("The service account may not read entryUUID.")
    return Place(dn, UUID(keys[0].decode() if isinstance(keys[0], bytes) else keys[0]))


def check_password(dn: str, password: str) -> Verdict | None:
    """Return what the directory says to the right password, None to a wrong one. Raises DirectoryUnavailable."""
    return try_each(lambda url: with_connection(url, lambda server: bind(server, dn, password)))


def change_password(dn: str, old: str, new: str) -> None:
    """Give ``dn`` another password as its owner. Raises PasswordRefused, DirectoryUnavailable."""

    def change(server: Server) -> None:
        verdict = bind(server, dn, old)
        if verdict is None:
            raise PasswordRefused(Problem.WRONG_OLD)
        if verdict.is_expired:
            raise PasswordRefused(Problem.NOT_ALLOWED)
        try:
            set_password(server, dn, old, new)
        except OUTAGES as error:  # it may have been changed: another directory would call the old one wrong
            raise note_outage(reason_of(error)) from error

    if not is_password(old):
        raise PasswordRefused(Problem.WRONG_OLD)
    if not is_password(new):
        raise PasswordRefused(Problem.QUALITY)
    try_each(lambda url: with_connection(url, change))


def reset_password(dn: str, new: str) -> bool:
    """Give ``dn`` another password as the service account, and say whether the owner is made to change it.

    Raises PasswordRefused, DirectoryUnavailable.
    """

    def reset(server: Server) -> bool:
        try:
            set_password(server, dn, None, new)
            rows = server.search_ext_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", ["pwdReset"])
        except PasswordRefused as error:
            return error
        return rows[0][1].get("pwdReset") == [b"TRUE"]

    answer = service.ask(reset)
    if isinstance(answer, PasswordRefused):
        raise answer
    return answer


def changed_at(dn: str) -> datetime | None:
    """When the password of ``dn`` was changed last. Raises DirectoryUnavailable."""

    def look(server: Server):
        return server.search_ext_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", ["pwdChangedTime"])

    rows = service.ask(look)
    found = rows[0][1].get("pwdChangedTime") if rows else None
    return moment_of(found[0].decode()) if found else None


def with_connection(url: str, question: Callable[[Server], object]):
    """question(server) on a connection of its own: one on which a person was bound is never used again."""
    server = opened(url)
    try:
        return question(server)
    finally:
        close(server)


def bind(server: Server, dn: str, password: str) -> Verdict | None:
    if not is_password(password):
        return None
    try:
        message = server.simple_bind(dn, password, serverctrls=[PasswordPolicyControl()])
        _kind, _data, _id, controls = server.result3(message)
    except OUTAGES:
        raise
    except ldap.LDAPError as error:
        return Verdict(is_expired=True) if policy_error(error) == EXPIRED else None
    said = next((control for control in controls if control.controlType == POLICY), None)
    if said is None:
        return Verdict()
    ends_in = None if said.timeBeforeExpiration is None else timedelta(seconds=said.timeBeforeExpiration)
    must_change = said.error in (EXPIRED, CHANGE_AFTER_RESET) or said.graceAuthNsRemaining is not None
    return Verdict(must_change=must_change, ends_in=ends_in)


def set_password(server: Server, dn: str, old: str | None, new: str) -> None:
    try:
        message = server.passwd(dn, old, new, serverctrls=[PasswordPolicyControl()])
        server.result3(message)
    except OUTAGES:
        raise
    except ldap.UNWILLING_TO_PERFORM as error:
        wrong_old = old is not None and "old password" in reason_of(error)
        raise PasswordRefused(Problem.WRONG_OLD if wrong_old else Problem.QUALITY) from error
    except ldap.LDAPError as error:
        other = Problem.QUALITY if isinstance(error, ldap.CONSTRAINT_VIOLATION) else Problem.NOT_ALLOWED
        raise PasswordRefused(PROBLEMS.get(policy_error(error), other)) from error


def policy_error(error: ldap.LDAPError) -> int | None:
    """The code of the policy that came with a refusal."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    for kind, _critical, value in details.get("ctrls", ()):
        if kind == POLICY:
            control = PasswordPolicyControl()
            control.decodeControlValue(value)
            return control.error
    return None
