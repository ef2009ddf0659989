"""The mail directory (LDAP), read as docs/directory.md describes it. Nothing is written."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import ldap
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from ldap.controls import SimplePagedResultsControl
from ldap.dn import str2dn

from sso.text import nfc

PAGE_SIZE = 500
DOWN_SINCE = "sso.directory.down_since"
PAUSE = "sso.directory.pause"
PAUSE_SECONDS = 1  # after a failure nobody waits for the directory so long
# Answers that mean "the directory cannot be asked", not "the password is wrong".
OUTAGES = (
    ldap.SERVER_DOWN,
    ldap.TIMEOUT,
    ldap.TIMELIMIT_EXCEEDED,
    ldap.CONNECT_ERROR,
    ldap.BUSY,
    ldap.UNAVAILABLE,
    ldap.LOCAL_ERROR,
    ldap.OPERATIONS_ERROR,
    ldap.PROTOCOL_ERROR,
    ldap.CONFIDENTIALITY_REQUIRED,
    ldap.STRONG_AUTH_REQUIRED,
)


class DirectoryUnavailable(Exception):
    """The directory does not answer, or not to us; ``since`` is when that was first noticed."""

    def __init__(self, reason: str = "", since: datetime | None = None):
        super().__init__(reason or "The directory does not answer.")
        self.since = since or timezone.now()


class DirectoryIncomplete(Exception):
    """What the directory returned cannot be all of it, or makes no sense; nothing may be done with it."""


def note_outage(reason: object) -> DirectoryUnavailable:
    """Remember since when the directory is down, and return the error that says so."""
    since = cache.get_or_set(DOWN_SINCE, timezone.now, None)
    cache.set(PAUSE, True, PAUSE_SECONDS)
    return DirectoryUnavailable(str(reason), since)


def note_answer() -> None:
    cache.delete_many([DOWN_SINCE, PAUSE])


def refuse_during_pause() -> bool:
    """Say whether the directory was down when last asked. Raises DirectoryUnavailable when that was a moment ago."""
    known = cache.get_many([DOWN_SINCE, PAUSE])
    if PAUSE in known:
        raise DirectoryUnavailable(since=known.get(DOWN_SINCE))
    return DOWN_SINCE in known


# --- what is read ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitEntry:
    key: UUID
    dn: str
    parent_dn: str
    code: str
    name_vi: str
    name_en: str
    kind: str
    order: int
    organ_id: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class PostEntry:
    unit_code: str
    title: str
    rank: int
    level: str
    is_main: bool
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class PersonEntry:
    key: UUID
    dn: str
    uid: str
    name: str
    mail: str
    phone: str
    mobile: str
    room: str
    language: str
    manager_dn: str
    locked_at: datetime | None
    password_changed_at: datetime | None
    posts: tuple[PostEntry, ...]


@dataclass(frozen=True)
class RoleEntry:
    key: UUID
    name: str
    unit_code: str
    member_dns: tuple[str, ...]


@dataclass
class Snapshot:
    """All that the directory says at one moment. ``complaints`` name entries that could not be read."""

    units: list[UnitEntry] = field(default_factory=list)
    people: list[PersonEntry] = field(default_factory=list)
    roles: list[RoleEntry] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


UNIT = [
    "entryUUID", "ou", "intranetUnitCode", "intranetUnitName", "intranetUnitNameEnglish", "intranetUnitKind",
    "intranetOrder", "intranetOrganId", "intranetValidFrom", "intranetValidTo",
]  # fmt: skip
PERSON = [
    "entryUUID", "uid", "cn", "displayName", "mail", "telephoneNumber", "mobile", "roomNumber", "title",
    "departmentNumber", "intranetPost", "manager", "preferredLanguage", "pwdAccountLockedTime",
    "pwdChangedTime",
]  # fmt: skip
ROLE = ["entryUUID", "intranetRoleName", "intranetUnitCode", "member"]


def read_directory() -> Snapshot:
    """Return all there is. Raises DirectoryUnavailable; DirectoryIncomplete for a wrong base or lost rights."""
    snapshot = Snapshot()
    with connection() as server:
        reading = [
            ("(objectClass=intranetUnit)", UNIT, unit_of, snapshot.units),
            ("(objectClass=inetOrgPerson)", PERSON, person_of, snapshot.people),
            ("(&(objectClass=groupOfNames)(objectClass=intranetRole))", ROLE, role_of, snapshot.roles),
        ]
        for filter_text, attributes, make, found in reading:
            for dn, values in search(server, filter_text, attributes):
                try:
                    found.append(make(dn, Values(values)))
                except (KeyError, ValueError) as error:
                    snapshot.complaints.append(f"{dn}: {error}")
    return snapshot


@contextmanager
def connection() -> Iterator[ldap.ldapobject.LDAPObject]:
    """Open the first directory that answers, bound as the service account."""
    if not settings.LDAP_URLS:
        raise DirectoryUnavailable("INTRANET_LDAP_URL is not set.")
    server, failure = None, None
    for url in settings.LDAP_URLS:
        try:
            server = bound_to(url)
            break
        except ldap.LDAPError as error:
            failure = error
    if server is None:
        raise note_outage(reason_of(failure)) from failure
    note_answer()
    try:
        yield server
    except OUTAGES as error:
        raise note_outage(reason_of(error)) from error
    finally:
        with suppress(ldap.LDAPError):
            server.unbind_s()


def bound_to(url: str) -> ldap.ldapobject.LDAPObject:
    server = ldap.initialize(url)
    for option, value in settings.AUTH_LDAP_CONNECTION_OPTIONS.items():
        server.set_option(option, value)
    if settings.AUTH_LDAP_START_TLS:
        server.start_tls_s()
    server.simple_bind_s(settings.AUTH_LDAP_BIND_DN, settings.AUTH_LDAP_BIND_PASSWORD)
    return server


def search(server, filter_text: str, attributes: list[str]) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """Yield every entry below the base, page by page. A limit that was reached is an error, never an end."""
    control = SimplePagedResultsControl(True, size=PAGE_SIZE, cookie="")
    base, scope = settings.LDAP_BASE, ldap.SCOPE_SUBTREE
    while True:
        try:
            message = server.search_ext(base, scope, filter_text, attributes, serverctrls=[control])
            _kind, rows, _id, answered = server.result3(message)
        except ldap.NO_SUCH_OBJECT as error:
            raise DirectoryIncomplete(f"There is nothing at {base}. Is INTRANET_LDAP_BASE right?") from error
        except (ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED, ldap.INSUFFICIENT_ACCESS) as error:
            raise DirectoryIncomplete(
                f"The service account may not read everything: {reason_of(error)}"
            ) from error
        yield from ((dn, values) for dn, values in rows if dn is not None)  # None: a referral
        cookies = [c.cookie for c in answered if c.controlType == SimplePagedResultsControl.controlType]
        if not any(cookies):
            return
        control.cookie = cookies[0]


def reason_of(error: ldap.LDAPError | None) -> str:
    details = error.args[0] if error and error.args and isinstance(error.args[0], dict) else {}
    return ": ".join(part for part in [details.get("desc", str(error)), details.get("info", "")] if part)


# --- how entries are read -------------------------------------------------------------------------


class Values:
    """The attributes of one entry; names in any case, texts in NFC."""

    def __init__(self, raw: dict[str, list[bytes]]):
        self.raw = {name.lower(): values for name, values in raw.items()}

    def all(self, name: str) -> list[str]:
        return [nfc(value.decode()).strip() for value in self.raw.get(name.lower(), [])]

    def one(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def must(self, name: str) -> str:
        """The value of an attribute without which the entry means nothing. Raises KeyError."""
        value = self.one(name)
        if not value:
            raise KeyError(f"{name} is missing")
        return value

    def day(self, name: str) -> date | None:
        moment = self.moment(name)
        return moment.date() if moment else None

    def moment(self, name: str) -> datetime | None:
        """A GeneralizedTime (RFC 4517 §3.3.13) in UTC; None when absent or a mark like 000001010000Z."""
        digits = re.match(r"(\d{8})(\d{2})?(\d{2})?(\d{2})?", self.one(name))
        if not digits or digits[1].startswith("0000"):
            return None
        clock = "".join(part or "00" for part in digits.groups()[1:])
        return datetime.strptime(f"{digits[1]}{clock}+0000", "%Y%m%d%H%M%S%z")


def unit_of(dn: str, values: Values) -> UnitEntry:
    return UnitEntry(
        key=UUID(values.must("entryUUID")),
        dn=canonical(dn),
        parent_dn=parent_of(dn),
        code=values.one("intranetUnitCode") or values.must("ou"),
        name_vi=values.must("intranetUnitName"),
        name_en=values.one("intranetUnitNameEnglish"),
        kind=values.one("intranetUnitKind"),
        order=int(values.one("intranetOrder") or 0),
        organ_id=values.one("intranetOrganId"),
        valid_from=values.day("intranetValidFrom"),
        valid_to=values.day("intranetValidTo"),
    )


def person_of(dn: str, values: Values) -> PersonEntry:
    return PersonEntry(
        key=UUID(values.must("entryUUID")),
        dn=canonical(dn),
        uid=values.must("uid").lower(),
        name=values.one("displayName") or values.must("cn"),
        mail=values.one("mail").lower(),
        phone=values.one("telephoneNumber"),
        mobile=values.one("mobile"),
        room=values.one("roomNumber"),
        language=values.one("preferredLanguage")[:2].lower(),
        manager_dn=canonical(values.one("manager")),
        locked_at=values.moment("pwdAccountLockedTime"),
        password_changed_at=values.moment("pwdChangedTime"),
        posts=tuple(posts_of(values)),
    )


def posts_of(values: Values) -> Iterable[PostEntry]:
    """The posts, one of them the main one; without intranetPost, departmentNumber and title make it."""
    unit, title = values.one("departmentNumber"), values.one("title")
    texts = sorted(values.all("intranetPost"))
    if not texts:
        return [PostEntry(unit, title, 1000, "member", is_main=True)] if unit else []
    posts = [post_of(text) for text in texts]
    main = next(
        (p for p in posts if (p.unit_code, p.title) == (unit, title)), min(posts, key=lambda p: p.rank)
    )
    return [PostEntry(**{**vars(post), "is_main": post is main}) for post in posts]


def post_of(text: str) -> PostEntry:
    """Read "KHTC$Vụ trưởng$100$head$2019-03-01$". Raises ValueError with the text."""
    parts = [part.strip() for part in text.split("$")]
    try:
        unit, title, rank, level, first, last, *_rest = [*parts, "", "", ""]
        if not unit or not title or level not in {"head", "deputy", "member"}:
            raise ValueError
        days = [date.fromisoformat(day) if day else None for day in (first, last)]
        return PostEntry(unit, title, int(rank or 1000), level, False, *days)
    except ValueError:
        raise ValueError(f"intranetPost {text!r} cannot be read") from None


def role_of(dn: str, values: Values) -> RoleEntry:
    return RoleEntry(
        key=UUID(values.must("entryUUID")),
        name=values.must("intranetRoleName").lower().replace("-", "_"),
        unit_code=values.one("intranetUnitCode"),
        member_dns=tuple(canonical(member) for member in values.all("member")),
    )


def canonical(dn: str) -> str:
    """Return ``dn`` in one spelling: lower case, without needless spaces and escapes. "" stays ""."""
    parts = ([(kind.lower(), nfc(value).casefold()) for kind, value, _flags in rdn] for rdn in str2dn(dn))
    return ",".join("+".join(f"{kind}={value!r}" for kind, value in rdn) for rdn in parts)


def parent_of(dn: str) -> str:
    return canonical(ldap.dn.dn2str(str2dn(dn)[1:]))
