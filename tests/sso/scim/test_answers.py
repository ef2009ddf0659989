"""Lists that are not whole, the live check, and whatever else a system may answer."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_machine import travel

from sso.models import ProvisionedAccount, ProvisionedGroup, ProvisioningTarget, User
from sso.scim import client as scim_client
from sso.scim.answers import Failed, words_of
from sso.scim.client import Client
from sso.services.provisioning.targets import try_target
from sso.services.provisioning.working import bring_up_to_date, provision
from tests.factories import person_of, system_admin
from tests.sso.scim.conftest import TOKEN, Odd, serving, states, target_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(db, shelf):
    return target_at(shelf.server.address)


@pytest.fixture
def ha():
    return person_of(username="ha")


@pytest.mark.parametrize(
    "page",
    [
        {"totalResults": 5, "Resources": [{"id": "k0", "userName": "a"}]},  # the same page for ever
        {"totalResults": 5, "Resources": []},
        {"totalResults": 5},
        {"totalResults": "5", "Resources": []},
        {"Resources": [{"userName": "a"}]},
        {"totalResults": 1, "Resources": [{"id": None}]},
        {"totalResults": 1, "Resources": {"id": "k0"}},
        [],
    ],
)
def test_nothing_is_concluded_from_a_list_that_is_not_whole(target, shelf, queue, ha, page):
    bring_up_to_date(target)
    assert states() == {"ha": "in_step"}
    shelf.odd = lambda method, path, body: (200, {}, page) if "startIndex" in path else None

    bring_up_to_date(target)

    target.refresh_from_db()
    assert (target.fault, states()) == ("garbled", {"ha": "in_step"})
    assert target.compare_at - timezone.now() < timedelta(minutes=31)


def test_list_with_pages_smaller_than_asked_for_is_read_to_its_end():
    rows = [{"id": f"k{number}", "userName": f"u{number}"} for number in range(25)]

    def answer(method, path, body):
        start = int(path.split("startIndex=")[1].split("&")[0])
        return 200, {}, {"totalResults": 25, "Resources": rows[start - 1 : start + 6]}

    with serving(Odd(answer)) as server:
        found = list(Client(server.address, TOKEN).all("Users"))

    assert found == rows


@pytest.mark.parametrize(
    ("odd", "found"),
    [
        (lambda *asked: None, [True, True]),
        (lambda method, path, body: (404, {}, b"") if "Config" in path else None, [True, True]),
        (lambda method, path, body: (200, {}, {}) if "Config" in path else None, [None, True]),
        (lambda method, path, body: (401, {}, b""), [False]),
        (lambda method, path, body: (200, {}, b"<html>"), [False]),
        (lambda method, path, body: (403, {}, b"") if "Users" in path else None, [True, False]),
    ],
)
def test_check_says_what_works(target, shelf, odd, found):
    shelf.odd = odd

    findings = try_target(target, by=system_admin())

    assert [finding.is_good for finding in findings] == found
    assert all(str(finding.words) for finding in findings)


# --- whatever it answers ---------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "Resources", "totalResults", "externalId", "userName", "active", "members", "value",
                         "emails", "name", "patch", "filter", "supported", "detail", "schemas",
                         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 405, 409, 412, 429, 500, 501, 503]),
    st.fixed_dictionaries({}, optional={"Retry-After": st.sampled_from(["0", "1", "-5", "x", "9" * 30])}),
    JSON | st.binary(max_size=30),
)


@pytest.mark.any_database
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=12))
def test_no_answer_breaks_anything_and_no_change_is_lost(target, shelf, queue, answers):
    """However odd its answers are: what it has not taken stays due, and it is in step once it answers as it should."""
    shelf.users.clear()
    ProvisionedAccount.objects.all().delete()
    ProvisioningTarget.objects.update(with_groups=True, can={}, faults=0, rests_until=None, busy_until=None)
    person = User.objects.filter(username="ha").first() or person_of(username="ha")
    left = list(answers)
    shelf.odd = lambda method, path, body: left.pop() if left else None
    with travel(timezone.now(), tick=False) as clock:
        bring_up_to_date(target)
        User.objects.filter(pk=person.pk).update(full_name="Tên Mới")
        provision(target.pk, [person.pk])
        assert not ProvisionedAccount.objects.filter(answer="internal").exists()
        left.clear()
        shelf.odd = lambda *asked: None
        ProvisioningTarget.objects.update(with_groups=False)
        DBTaskResult.objects.all().delete()
        clock.shift(timedelta(hours=7))
        bring_up_to_date(target)
        ProvisionedAccount.objects.exclude(due_at=None).update(due_at=timezone.now())
        provision(target.pk, None)

        row = ProvisionedAccount.objects.get()
        assert (row.answer, row.due_at, row.is_on) == ("", None, True)
        assert shelf.users[row.remote_id]["displayName"] == "Tên Mới"


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\u202e\n", "x" * 10_000, "<b>"])
def test_text_that_no_database_takes_is_read(target, shelf, queue, ha, text):
    bring_up_to_date(target)
    ProvisioningTarget.objects.update(with_groups=True)
    ProvisionedGroup.objects.create(target=target, unit=ha.unit, remote_id="g")
    key = ProvisionedAccount.objects.get().remote_id
    shelf.users[key] |= {"displayName": text, "emails": [{"value": text}], "schemas": [text]}
    shelf.users["k9"] = {"id": "k9", "userName": text, "externalId": text, "active": text}

    def groups(method, path, body):
        if method == "GET" and path.startswith("/Groups"):
            row = {"id": "g", "displayName": text, "externalId": text, "members": [{"value": text}]}
            return 200, {}, {"totalResults": 1, "Resources": [row]}
        return (204, {}, b"") if path.startswith("/Groups") else None

    shelf.odd = groups
    assert bring_up_to_date(target)

    target.refresh_from_db()
    assert (target.fault, states(), target.findings["unknown"]) == ("", {"ha": "in_step"}, 1)
    assert shelf.users[key]["displayName"] == ha.full_name
    assert shelf.users["k9"]["userName"] == text


def test_list_that_leaves_out_whoever_is_to_be_switched_off_changes_nothing(target, shelf, queue):
    """Else an account that waits for a yes would be forgotten, and stay open."""
    people = [person_of(username=f"n{number}") for number in range(5)]
    bring_up_to_date(target)
    User.objects.filter(pk__in=[person.pk for person in people[:3]]).update(is_active=False)
    shelf.odd = lambda method, path, body: (
        (200, {}, {"totalResults": 0, "Resources": []}) if "startIndex" in path else None
    )

    bring_up_to_date(target)

    assert states() == {
        "n0": "held", "n1": "held", "n2": "held", "n3": "in_step", "n4": "in_step",
    }  # fmt: skip
    assert len(shelf.users) == 5


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300))
def test_words_can_be_made_of_every_answer(text):
    assert isinstance(words_of(text), str)
    assert len(Failed(text).answer) <= 200


def test_words_are_in_the_readers_language():
    answer = SimpleNamespace(status=429, body=b'{"detail": "slow down"}', retry_after="")

    assert words_of(scim_client.failed(answer).answer) == "hệ thống yêu cầu chờ (HTTP 429: slow down)"
