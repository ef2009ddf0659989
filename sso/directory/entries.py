"""What entries of the directory mean, as docs/directory.md describes them."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar
from uuid import UUID

import ldap
from ldap.dn import dn2str, str2dn

from sso.text import nfc, one_line

Facts = dict[str, list[str]]  # attributes by the names below
UID = re.compile(r"[\w.@+-]{1,150}", re.ASCII)
# With nothing that could make two of it.
ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"]+@[^\s@<>()\[\]\\,;:"]+""")
# Taken as they are: what is left of one without the marks that nobody sees may be another's.
NAMES_OF_ENTRIES = {"uid", "member", "manager"}
TIME = re.compile(r"(\d{8})(\d{2})?(\d{2})?(\d{2})?(?:[.,](\d{1,6})\d*)?(Z|[+-]\d{2}(?:\d{2})?)?", re.ASCII)
MOST = 2**31 - 1  # of a number
LONGEST_DN = 600
FOR_EVER = "0000"  # how a pwdAccountLockedTime begins that no time ends: 000001010000Z


class Kind(StrEnum):
    UNIT = "unit"
    PERSON = "person"
    ROLE = "role"


FILTER = (
    "(|(objectClass=intranetUnit)(objectClass=inetOrgPerson)"
    "(&(objectClass=groupOfNames)(objectClass=intranetRole)))"
)
CLASSES = {"intranetunit": Kind.UNIT, "intranetrole": Kind.ROLE, "inetorgperson": Kind.PERSON}
ATTRIBUTES = {
    Kind.UNIT: [
        "ou", "intranetUnitCode", "intranetUnitName", "intranetUnitNameEnglish", "intranetUnitKind",
        "intranetOrder", "intranetOrganId", "intranetValidFrom", "intranetValidTo",
    ],
    Kind.PERSON: [
        "uid", "cn", "displayName", "mail", "telephoneNumber", "mobile", "roomNumber", "title",
        "departmentNumber", "intranetPost", "manager", "preferredLanguage", "pwdAccountLockedTime",
        "pwdChangedTime", "pwdStartTime", "pwdEndTime", "shadowExpire",
    ],
    Kind.ROLE: ["intranetRoleName", "intranetUnitCode", "member"],
}  # fmt: skip
SPELLING = {kind: {name.lower(): name for name in names} for kind, names in ATTRIBUTES.items()}
# Said of an entry besides: what it is, and what may explain a change in which nothing of the above changes.
ABOUT = ["objectClass", "entryUUID", "entryCSN", "pwdFailureTime", "pwdLastSuccess"]
WANTED = sorted({*ABOUT, *(name for names in ATTRIBUTES.values() for name in names)})


class Unreadable(ValueError):
    """An entry that means nothing to us, and why; ``entry`` is what can be told of it, if anything."""

    def __init__(self, why: object, entry: "Unread | None" = None):
        super().__init__(str(why))
        self.entry = entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``dn`` is canonical; ``csn`` says which change of the directory it shows; ``facts`` is what it was made from."""

    sort: ClassVar[Kind]
    key: UUID
    dn: str
    csn: str = ""
    facts: Facts = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread(Entry):
    """An entry that is left as it was read before; ``is_shut`` says that it is locked at least."""

    sort: Kind
    is_shut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry(Entry):
    sort = Kind.UNIT
    parent_dn: str
    code: str
    name_vi: str
    name_en: str
    kind: str
    order: int
    organ_id: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PostEntry:
    unit_code: str
    title: str
    rank: int
    level: str
    is_main: bool
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEntry(Entry):
    """``posts`` is None when they cannot be read; ``complaint`` then says why."""

    sort = Kind.PERSON

    uid: str
    name: str
    mail: str
    phone: str
    mobile: str
    room: str
    language: str
    manager_dn: str
    locked_at: datetime | None
    is_locked: bool
    begins_at: datetime | None
    ends_at: datetime | None
    password_changed_at: datetime | None
    posts: tuple[PostEntry, ...] | None
    complaint: str = ""
    hints_at_password: bool = False  # see ``may_hide_a_password``

    def is_open(self, moment: datetime) -> bool:
        """Say whether the directory lets the person in at ``moment``; wrong passwords lock the password only."""
        return not (
            self.is_locked
            or (self.begins_at and moment < self.begins_at)
            or (self.ends_at and moment >= self.ends_at)
        )

    def turns_at(self, moment: datetime) -> datetime | None:
        """When ``is_open`` changes next by the clock alone."""
        return min((t for t in (self.begins_at, self.ends_at) if t and t > moment), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEntry(Entry):
    sort = Kind.ROLE
    name: str
    unit_code: str
    member_dns: tuple[str, ...]


# --- reading one ----------------------------------------------------------------------------------


class Values:
    """The attributes of one entry as texts; what people read is in NFC and one line without needless blanks."""

    def __init__(self, facts: Facts):
        self.facts = facts

    def all(self, name: str) -> list[str]:
        return self.facts.get(name, [])

    def one(self, name: str, most: int = 200) -> str:
        """The first value, "" when there is none. Raises ValueError when it is longer than ``most``."""
        value = next(iter(self.all(name)), "")
        return within(value, most, name)

    def must(self, name: str, most: int = 200) -> str:
        """The value of an attribute without which the entry means nothing. Raises ValueError."""
        value = self.one(name, most)
        if not value:
            raise ValueError(f"{name} is missing")
        return value

    def number(self, name: str) -> int:
        return whole(self.one(name) or "0", name)

    def day(self, name: str) -> date | None:
        moment = self.moment(name)
        return moment.date() if moment else None

    def moment(self, name: str) -> datetime | None:
        return moment_of(self.one(name))


def moment_of(text: str) -> datetime | None:
    """Read a GeneralizedTime (RFC 4517 §3.3.13), in UTC where it names no zone.

    None for "" and for a mark like 000001010000Z. Raises ValueError for a time that no clock of ours shows.
    """
    found = TIME.match(text)
    if not found or text.startswith(FOR_EVER):
        return None
    day, hour, minute, second, part, zone = found.groups()
    clock = "".join(digits or "00" for digits in (hour, minute, second))
    zone = f"{zone}00"[:5] if zone and zone != "Z" else "+0000"
    moment = datetime.strptime(f"{day}{clock}{zone}", "%Y%m%d%H%M%S%z")
    if part:  # of the smallest unit that is named
        unit = timedelta(seconds=1) if second else timedelta(minutes=1) if minute else timedelta(hours=1)
        moment += unit * float(f"0.{part}")
    if not 1900 <= moment.year < 9000:
        raise ValueError(f"the time {text} is out of range")
    return moment.astimezone(UTC)


def within(value: str, most: int, name: str) -> str:
    if len(value) > most:
        raise ValueError(f"{name} is longer than {most} characters")
    return value


def whole(text: str, name: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST:
        raise ValueError(f"{name} is {text[:20]}")
    return number


def read(dn: str, raw: dict[str, list[bytes]], key: UUID | None = None) -> Entry:
    """Return what the entry means. Raises Unreadable."""
    raw = {name.lower(): values for name, values in raw.items()}
    known = None
    try:
        key, csn = key or UUID(first(raw, "entryuuid")), first(raw, "entrycsn")[:64]
        classes = {name.lower() for name in texts(raw, "objectclass")}
        kind = next(kind for name, kind in (*CLASSES.items(), ("", None)) if name in classes or not kind)
        if kind is None:
            raise ValueError("objectClass is missing")
        is_shut = first(raw, "pwdaccountlockedtime").startswith(FOR_EVER)
        known = Unread(key=key, dn=dn[:LONGEST_DN], csn=csn, sort=kind, is_shut=is_shut)
        spelling = SPELLING[kind]
        facts = {spelling[name]: found for name in raw if name in spelling and (found := texts(raw, name))}
        entry = made(kind, facts, key=key, dn=canonical(dn), csn=csn)
        if kind == Kind.PERSON and may_hide_a_password(entry, raw):
            return replace(entry, hints_at_password=True)
    except ValueError as error:
        raise Unreadable(error, known) from error
    return entry


def first(raw: dict[str, list[bytes]], name: str) -> str:
    return next(iter(texts(raw, name)), "")


def texts(raw: dict[str, list[bytes]], name: str) -> list[str]:
    found = [value.decode() for value in raw.get(name, [])]
    if any("\0" in text for text in found):
        raise ValueError(f"{name} has a NUL in it")
    clean = str.strip if name in NAMES_OF_ENTRIES else one_line
    return [text for text in map(clean, found) if text]


def made(kind: str, facts: Facts, **about) -> Entry:
    """Return the entry that ``facts`` describe. Raises ValueError."""
    return MAKERS[kind](Values(facts), **about, facts=facts)


def unit_of(values: Values, **about) -> UnitEntry:
    return UnitEntry(
        **about,
        parent_dn=above(about["dn"]),
        code=values.one("intranetUnitCode", 40) or values.must("ou", 40),
        name_vi=values.must("intranetUnitName", 250),
        name_en=values.one("intranetUnitNameEnglish", 250),
        kind=values.one("intranetUnitKind", 20),
        order=values.number("intranetOrder"),
        organ_id=values.one("intranetOrganId"),
        valid_from=values.day("intranetValidFrom"),
        valid_to=values.day("intranetValidTo"),
    )


def person_of(values: Values, **about) -> PersonEntry:
    uid = (named_by(about["dn"]) or values.must("uid")).lower()
    if not UID.fullmatch(uid):
        raise ValueError(f"uid {uid!r} is no account name")
    lock = values.one("pwdAccountLockedTime")
    mail = values.one("mail", 254).lower()
    posts, complaint = readable_posts(values)
    return PersonEntry(
        **about,
        uid=uid,
        name=values.one("displayName") or values.must("cn"),
        mail=mail if ADDRESS.fullmatch(mail) else "",
        phone=values.one("telephoneNumber", 40),
        mobile=values.one("mobile", 40),
        room=values.one("roomNumber", 60),
        language=values.one("preferredLanguage")[:2].lower(),
        manager_dn=canonical(values.one("manager", LONGEST_DN)),
        locked_at=values.moment("pwdAccountLockedTime"),
        is_locked=lock.startswith(FOR_EVER),
        begins_at=values.moment("pwdStartTime"),
        ends_at=end_of(values),
        password_changed_at=values.moment("pwdChangedTime"),
        posts=posts,
        complaint=complaint,
    )


def end_of(values: Values) -> datetime | None:
    """When the account expires: pwdEndTime, or shadowExpire in days since 1970, whichever comes first."""
    days = values.one("shadowExpire")
    ends = [values.moment("pwdEndTime")]
    if days and 0 < int(days) < 2_500_000:
        ends.append(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(days)))
    return min(filter(None, ends), default=None)


def may_hide_a_password(entry: PersonEntry, raw: dict[str, list[bytes]]) -> bool:
    """Say whether the change may be a second new password within one second, which pwdChangedTime cannot tell.

    slapd reads it off a clock that is late by some milliseconds: a second just begun is still the one before. Wrong
    passwords and sign-ins change the entry too, but show by which attribute.
    """
    changed_at, made_at = entry.password_changed_at, moment_of(entry.csn)
    if changed_at is None or made_at is None or "pwdfailuretime" in raw:
        return False
    signed_in = raw.get("pwdlastsuccess", [b""])[0][:14].decode()
    is_sign_in = signed_in in {f"{moment:%Y%m%d%H%M%S}" for moment in (changed_at, made_at)}
    return timedelta() <= made_at - changed_at < timedelta(seconds=1.02) and not is_sign_in


def readable_posts(values: Values) -> tuple[tuple[PostEntry, ...] | None, str]:
    try:
        return tuple(posts_of(values)), ""
    except ValueError as error:
        return None, str(error)


def posts_of(values: Values) -> list[PostEntry]:
    """The posts, one of them the main one; without intranetPost, departmentNumber and title make it."""
    unit, title = values.one("departmentNumber", 40), values.one("title")
    written = sorted(set(values.all("intranetPost")))
    if not written:
        return [PostEntry(unit, title, 1000, "member", is_main=True)] if unit else []
    posts = [post_of(text) for text in written]
    main = next(
        (p for p in posts if (p.unit_code, p.title) == (unit, title)), min(posts, key=lambda p: p.rank)
    )
    return [
        PostEntry(p.unit_code, p.title, p.rank, p.level, p is main, p.valid_from, p.valid_to) for p in posts
    ]


def post_of(text: str) -> PostEntry:
    """Read "KHTC$Vụ trưởng$100$head$2019-03-01$". Raises ValueError with the text."""
    parts = [part.strip() for part in text.split("$")]
    try:
        unit, title, rank, level, first, last, *_rest = [*parts, "", "", ""]
        if not unit or not title or level not in {"head", "deputy", "member"}:
            raise ValueError
        unit, title, rank = within(unit, 40, ""), within(title, 200, ""), whole(rank or "1000", "")
        days = [date.fromisoformat(day) if day else None for day in (first, last)]
        if None not in days and days[1] < days[0]:
            raise ValueError
        return PostEntry(unit, title, rank, level, False, *days)
    except ValueError:
        raise ValueError(f"intranetPost {text[:100]!r} cannot be read") from None


def role_of(values: Values, **about) -> RoleEntry:
    return RoleEntry(
        **about,
        name=values.must("intranetRoleName", 60).lower().replace("-", "_"),
        unit_code=values.one("intranetUnitCode", 40),
        member_dns=tuple(dict.fromkeys(canonical(member) for member in values.all("member"))),
    )


MAKERS = {Kind.UNIT: unit_of, Kind.PERSON: person_of, Kind.ROLE: role_of}


@lru_cache(maxsize=50_000)  # superiors and members are named again and again, of a group all at each change
def canonical(dn: str) -> str:
    """Return ``dn`` in one spelling: lower case, no needless blanks and escapes. "" stays "". Raises ValueError.

    Two names that the directory tells apart, if only by a mark that nobody sees, stay two.
    """
    try:
        parts = str2dn(dn)
        if any("\0" in value for rdn in parts for _kind, value, _flags in rdn):
            raise ValueError(f"{dn[:100]!r} has a NUL in it")
        rdns = [
            sorted((kind.lower(), " ".join(nfc(value).split()).casefold(), 1) for kind, value, _flags in rdn)
            for rdn in parts
        ]
        return within(dn2str(rdns), LONGEST_DN, "DN")
    except ldap.LDAPError as error:
        raise ValueError(f"{dn[:100]!r} is no DN") from error


def named_by(dn: str) -> str:
    """The uid in the entry's own name, which is the account where there are several; "" when there is none in it."""
    rdn = str2dn(dn)[:1]
    return next((value for names in rdn for kind, value, _flags in names if kind == "uid"), "")


def above(dn: str) -> str:
    """The DN of the entry above ``dn``, both canonical."""
    return dn2str(str2dn(dn)[1:])
