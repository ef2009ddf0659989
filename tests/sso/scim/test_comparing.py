"""Every night the system's own list is read: what drifted is mended, what is not ours is told and left alone."""

import pytest

from sso.models import AuditEntry, ProvisionedAccount, User
from sso.scim.representation import ENTERPRISE
from sso.services.audit import Action
from sso.services.provisioning.working import bring_up_to_date
from tests.factories import person_of
from tests.sso.scim.conftest import Foreign, Odd, body, serving, states, target_at
from tests.sso.scim.shelf import Shelf

pytestmark = pytest.mark.django_db
NONE = {"adopted": 0, "drifted": 0, "stubborn": 0, "missing": 0, "unknown": 0, "names": []}


@pytest.fixture
def ha():
    return person_of(username="ha", phone="024 1")


@pytest.fixture
def kept(target, foreign, ha):
    bring_up_to_date(target)
    foreign.writes()
    return target


def compared(target) -> dict:
    assert bring_up_to_date(target)
    target.refresh_from_db()
    return target.findings


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"active": False}, ("active", True)),
        ({"displayName": "Ai đó"}, ("displayName", None)),
        ({"userName": "khac"}, ("userName", "ha")),
        ({"externalId": None}, ("externalId", None)),
        ({"emails": []}, ("emails", None)),
        ({"phoneNumbers": [{"value": "1"}]}, ("phoneNumbers", None)),
        ({"name": {"familyName": "X"}}, ("name", None)),
        ({ENTERPRISE: {"department": "Khác"}}, (ENTERPRISE, None)),
    ],
    ids=lambda value: next(iter(value), "")[:12] if isinstance(value, dict) else "",
)
def test_drift_is_mended(kept, foreign, change, shown):
    before = foreign.users()["ha"]
    foreign.set("ha", **change)
    assert [user for user in foreign.all() if user.get(shown[0]) == before[shown[0]]] == []

    assert compared(kept) == NONE | {"there": 1, "drifted": 1}

    assert foreign.users()["ha"][shown[0]] == before[shown[0]]
    assert [method for method, _path in foreign.writes()] == ["PATCH"]
    assert compared(kept) == NONE | {"there": 1}
    assert foreign.writes() == []


def test_what_the_system_keeps_besides_is_its_own(kept, foreign):
    """It may add addresses, write names in its own way, and keep things that we know nothing of."""
    user = foreign.users()["ha"]
    more = [*user["emails"], {"value": "ha@kho.example", "type": "other"}]
    foreign.set("ha", nickName="Hà", emails=more, userName="HA", roles=[{"value": "thủ kho"}])

    assert compared(kept) == NONE | {"there": 1}

    assert foreign.writes() == []


def test_account_switched_on_there_is_switched_off_again(kept, foreign, ha):
    User.objects.filter(pk=ha.pk).update(is_active=False)
    bring_up_to_date(kept)
    foreign.set("ha", active=True)

    assert compared(kept) == NONE | {"there": 1, "drifted": 1}

    assert foreign.users()["ha"]["active"] is False
    assert states() == {"ha": "off"}


def test_account_switched_off_there_already_need_not_be(kept, foreign, ha):
    foreign.set("ha", active=False)
    User.objects.filter(pk=ha.pk).update(is_active=False)

    bring_up_to_date(kept)

    assert states() == {"ha": "off"}


def test_unknown_accounts_are_told_and_left_alone(kept, foreign):
    for name in ("quan.tri", "dịch.vụ"):
        foreign.act("POST", "/Users", body(name, active=True))
    before = foreign.all()

    found = compared(kept)
    assert found | {"names": []} == NONE | {"there": 3, "unknown": 2}
    assert sorted(found["names"]) == ["dịch.vụ", "quan.tri"]

    assert foreign.all() == before
    assert foreign.writes() == []
    told = AuditEntry.objects.filter(action=Action.ACCOUNTS_COMPARED).latest("pk").facts
    assert told == {"there": 3, "adopted": 0, "drifted": 0, "stubborn": 0, "missing": 0, "unknown": 2}


def test_missing_account_is_made_again(kept, foreign, ha):
    foreign.act("DELETE", f"/Users/{foreign.users()['ha']['id']}")

    assert compared(kept) == NONE | {"there": 0, "missing": 1}

    assert foreign.users()["ha"]["active"] is True
    assert states() == {"ha": "in_step"}


def test_second_account_with_our_identifier_is_unknown(kept, foreign, ha):
    twin = foreign.act("POST", "/Users", body("ha.2", externalId=str(ha.subject)))

    assert compared(kept) == NONE | {"there": 2, "unknown": 1, "names": ["ha.2"]}

    assert next(user for user in foreign.all() if user["id"] == twin["id"])["userName"] == "ha.2"


def test_accounts_that_are_right_already_are_only_noted(db, foreign, ha):
    """Set up anew, nothing that is there is sent again."""
    first = target_at(foreign.address)
    bring_up_to_date(first)
    first.delete()
    foreign.writes()
    again = target_at(foreign.address)

    assert compared(again) == NONE | {"there": 1, "adopted": 1}

    assert foreign.writes() == []
    assert states() == {"ha": "in_step"}


def test_what_the_system_cannot_keep_is_not_sent_every_night(db, ha):
    """Some know no second name or language; once mending was in vain, it is told and left so. Not so for ``active``."""
    shelf = Shelf()

    def forgets(method, path, body):
        if method == "GET" and "startIndex" in path:
            rows = [
                {k: v for k, v in user.items() if k not in {"locale", "title"}}
                for user in shelf.users.values()
            ]
            return 200, {}, {"totalResults": len(rows), "Resources": rows}

    shelf.odd = forgets
    with serving(Odd(shelf)) as server:
        target = target_at(server.address)
        bring_up_to_date(target)
        first, second = compared(target), compared(target)
        sent = [method for method, _path in server.asked if method != "GET"]
        row = ProvisionedAccount.objects.get()
        shelf.users[row.remote_id]["active"] = False
        third = compared(target)

    assert (first["drifted"], second["drifted"], second["stubborn"]) == (1, 0, 1)
    assert sent == ["POST", "PATCH"]
    assert third["drifted"] == 1
    assert shelf.users[row.remote_id]["active"] is True


@pytest.mark.parametrize("count", [2, 30])
def test_comparing_takes_as_many_queries_for_any_number(
    db, foreign, ha, count, django_assert_max_num_queries
):
    for number in range(count):
        person_of(username=f"n{number}")
    target = target_at(foreign.address)
    bring_up_to_date(target)

    with django_assert_max_num_queries(45):
        bring_up_to_date(target)


def test_long_list_is_read_page_by_page(db, ha):
    with serving(Foreign()) as server:
        for number in range(230):
            server.act("POST", "/Users", body(f"la{number}"))
        target = target_at(server.address)

        found = compared(target)

        pages = [path for _method, path in server.asked if "startIndex" in path]
    assert (found["there"], found["unknown"], len(found["names"])) == (230, 230, 50)
    assert pages == [f"/Users?startIndex={start}&count=100" for start in (1, 101, 201)]
