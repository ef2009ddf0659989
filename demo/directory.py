"""The demo ministry as LDIF (RFC 2849), in the shape that docs/directory.md describes."""

import base64
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator

from ldap.dn import escape_dn_chars

from demo.people import DOMAIN, PASSWORD, Person, Post, people, second_admin
from demo.units import Unit, by_code, units

SUFFIX = ",".join(f"dc={label}" for label in DOMAIN.split("."))
PEOPLE = f"ou=people,{SUFFIX}"
UNITS = f"ou=units,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
SERVICES = f"ou=services,{SUFFIX}"
SERVICE = f"cn=intranet,{SERVICES}"  # the account that the suite reads with
POLICY = f"cn=default,ou=policies,{SUFFIX}"
# Lasting keys of the demo's entries stay the same when its directory is made anew.
KEYS = uuid.uuid5(uuid.NAMESPACE_DNS, DOMAIN)

Attributes = Iterable[tuple[str, str]]


def ldif(service_password: str) -> str:
    """The whole directory. ``service_password`` is that of the account the suite reads with."""
    return "\n".join(
        [base(service_password), *map(unit_entry, units()), *map(person_entry, people()), *groups()]
    )


def base(service_password: str) -> str:
    """What stands above and beside people and units."""
    top = SUFFIX.removeprefix("dc=").partition(",")[0]
    branches = [
        entry(f"ou={name},{SUFFIX}", [("objectClass", "organizationalUnit"), ("ou", name)])
        for name in ("units", "people", "groups", "services", "policies")
    ]
    return "\n".join(
        [
            entry(
                SUFFIX,
                [("objectClass", "dcObject"), ("objectClass", "organization"), ("dc", top), ("o", DOMAIN)],
            ),
            *branches,
            entry(
                SERVICE,
                [
                    ("objectClass", "organizationalRole"),
                    ("objectClass", "simpleSecurityObject"),
                    ("cn", "intranet"),
                    ("userPassword", hashed(service_password)),
                ],
            ),
            entry(POLICY, POLICY_ATTRIBUTES),
        ]
    )


POLICY_ATTRIBUTES = [
    ("objectClass", "applicationProcess"),
    ("objectClass", "pwdPolicy"),
    ("cn", "default"),
    ("pwdAttribute", "userPassword"),
    ("pwdAllowUserChange", "TRUE"),
    ("pwdSafeModify", "TRUE"),
    ("pwdMustChange", "TRUE"),
    ("pwdMinLength", "8"),
    ("pwdMaxLength", "128"),
    ("pwdCheckQuality", "1"),
    ("pwdInHistory", "5"),
    ("pwdMaxAge", "15552000"),  # 180 days
    ("pwdExpireWarning", "1209600"),  # 14 days
    ("pwdGraceAuthNLimit", "5"),
    ("pwdLockout", "TRUE"),
    ("pwdMaxFailure", "10"),
    ("pwdFailureCountInterval", "300"),
    ("pwdLockoutDuration", "300"),
]


def unit_entry(unit: Unit) -> str:
    attributes = [
        ("objectClass", "organizationalUnit"),
        ("objectClass", "intranetUnit"),
        ("ou", unit.code),
        ("intranetUnitCode", unit.code),
        ("intranetUnitName", unit.name),
        ("intranetUnitNameEnglish", unit.english),
        ("intranetUnitKind", unit.kind),
        ("intranetOrder", str(unit.order)),
        ("intranetOrganId", unit.organ_id),
    ]
    return entry(unit_dn(unit), attributes)


def person_entry(person: Person) -> str:
    main = person.posts[0]
    attributes = [
        ("objectClass", "inetOrgPerson"),
        ("objectClass", "intranetPerson"),
        ("uid", person.uid),
        ("cn", person.name),
        ("displayName", person.name),
        ("sn", person.name.split()[0]),
        ("givenName", person.name.split()[-1]),
        ("mail", person.mail),
        ("title", main.title),
        ("departmentNumber", main.unit),
        *(("intranetPost", post_value(post)) for post in person.posts),
        ("manager", person_dn(person.manager) if person.manager else ""),
        ("telephoneNumber", person.telephone),
        ("mobile", person.mobile),
        ("roomNumber", person.room),
        ("employeeNumber", person.number),
        ("employeeType", person.employment),
        ("preferredLanguage", "vi"),
        ("userPassword", hashed(PASSWORD)),
    ]
    return entry(person_dn(person.uid), attributes)


def groups() -> Iterator[str]:
    """The role groups: system admins, and per unit its admin and its clerk."""
    yield group("system-admin", "system-admin", "", ["quantri", second_admin()])
    everybody = people()
    for unit in units():
        if unit.kind in {"bo", "phong"}:
            continue
        inside = [p for p in everybody if unit.code in (code := p.posts[0].unit, by_code()[code].parent)]
        clerks = [person.uid for person in inside if person.posts[0].title == "Văn thư"]
        yield group(f"clerk.{unit.code}", "clerk", unit.code, clerks)
        yield group(f"unit-admin.{unit.code}", "unit-admin", unit.code, [unit_admin(inside)])


def unit_admin(inside: list[Person]) -> str:
    """The account of the officer who looks after computers beside another job."""
    accounts = {person.uid for person in inside}
    if "quantri.donvi" in accounts:
        return "quantri.donvi"
    return next(person.uid for person in inside if person.posts[0].rank in {310, 320})


def group(name: str, role: str, unit: str, members: list[str]) -> str:
    attributes = [
        ("objectClass", "groupOfNames"),
        ("objectClass", "intranetRole"),
        ("cn", name),
        ("intranetRoleName", role),
        ("intranetUnitCode", unit),
        *(("member", person_dn(uid)) for uid in members),
    ]
    return entry(f"cn={escape_dn_chars(name)},{GROUPS}", attributes)


def unit_dn(unit: Unit) -> str:
    above = unit_dn(by_code()[unit.parent]) if unit.parent else UNITS
    return f"ou={escape_dn_chars(unit.code)},{above}"


def person_dn(uid: str) -> str:
    return f"uid={escape_dn_chars(uid)},{PEOPLE}"


def post_value(post: Post) -> str:
    return "$".join([post.unit, post.title, str(post.rank), post.place, post.since])


def entry(dn: str, attributes: Attributes) -> str:
    key = uuid.uuid5(KEYS, dn)
    lines = [
        line("dn", dn),
        *(line(name, value) for name, value in attributes if value),
        line("entryUUID", str(key)),
    ]
    return "\n".join(lines) + "\n"


def line(name: str, value: str) -> str:
    """One attribute, in base64 where RFC 2849 asks for it."""
    if value.isascii() and value.isprintable() and value[0] not in " :<" and not value.endswith(" "):
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"


def hashed(password: str) -> str:
    """``{SSHA}``, the salted hash that OpenLDAP brings without a module."""
    salt = os.urandom(8)
    digest = hashlib.sha1(password.encode() + salt).digest()  # noqa: S324
    return "{SSHA}" + base64.b64encode(digest + salt).decode()
