"""Following the directory step by step, and changing it as its administrator does."""

from contextlib import contextmanager

import ldap

from demo.directory import person_dn
from sso.api import User
from sso.directory.following import Feed, line
from sso.services.following import Follower, followed_now

FOR_EVER = "000001010000Z"


class Ear:
    """What ``follow_directory`` does, step by step: ``hear()`` applies what has happened."""

    def __init__(self, server):
        self.follower = Follower()
        self.feed = Feed(server, followed_now().cookie)
        self.follower.take(self.feed.missed())

    def hear(self) -> None:
        changes = self.feed.next(5)
        assert changes is not None, "the directory told nothing"
        while changes is not None:
            self.follower.take(changes)
            changes = self.feed.next(0.05)


@contextmanager
def listening():
    with line() as server:
        yield Ear(server)


class Admin:
    """The directory's administrator."""

    def __init__(self, server):
        self.server = server

    def set(self, dn: str, **values: str | list[str] | None) -> None:
        def encoded(value):
            return (
                None
                if value is None
                else [v.encode() for v in ([value] if isinstance(value, str) else value)]
            )

        self.server.modify_s(dn, [(ldap.MOD_REPLACE, name, encoded(value)) for name, value in values.items()])

    def person(self, uid: str, **values) -> None:
        self.set(person_dn(uid), **values)

    def add_unit(self, code: str, above: str, name: str = "") -> None:
        self.add(f"ou={code},{above}", ["organizationalUnit", "intranetUnit"], ou=code,
                 intranetUnitCode=code, intranetUnitName=name or f"Đơn vị {code}")  # fmt: skip

    def add_person(self, uid: str, name: str = "Lê Thị Mới", unit: str = "KHTC", **more: str) -> None:
        self.add(person_dn(uid), ["inetOrgPerson", "intranetPerson"], uid=uid, cn=name, sn=name.split()[0],
                 mail=f"{uid}@mic.example.gov.vn", departmentNumber=unit, title="Chuyên viên", **more)  # fmt: skip

    def add(self, dn: str, classes: list[str], **values: str) -> None:
        entry = [(name, [value.encode()]) for name, value in values.items()]
        self.server.add_s(dn, [("objectClass", [name.encode() for name in classes]), *entry])

    def rename(self, dn: str, rdn: str, above: str | None = None) -> None:
        self.server.rename_s(dn, rdn, above, delold=1)

    def delete(self, dn: str) -> None:
        self.server.delete_s(dn)


def person(uid: str) -> User:
    return User.objects.get(username=uid)


def lines(caplog) -> str:
    return "\n".join(record.getMessage() for record in caplog.records)
