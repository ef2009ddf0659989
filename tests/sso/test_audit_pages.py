"""The record as system admins see it: search, pages, export; and who else sees what."""

import csv
import io
import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django_redis.cache import RedisCache

from sso.models import Application, AuditEntry
from sso.services import audit, ensure_client
from sso.services.audit import Action, Cause, record, words_of, written
from sso.services.clients import what_is_told
from tests.factories import UserFactory, person_of, system_admin

pytestmark = pytest.mark.django_db
PAGES = ["audit", "audit-csv", "audit-jsonl"]


@pytest.fixture
def admin(signed_in):
    return signed_in(system_admin(username="quantri"))


@pytest.fixture
def ha():
    return UserFactory(username="ha", full_name="Nguyễn Thị Thu Hà")


def entry_at(at: datetime, **fields) -> AuditEntry:
    """An entry of another time than now; ``record`` leaves the time to the database."""
    return AuditEntry.objects.create(at=at, **({"action": Action.SIGNED_IN} | fields))


def entries_of(page) -> list[AuditEntry]:
    return [row["entry"] for row in page.context["rows"]]


def causes(browser, query) -> list[str]:
    """The causes of the entries on the page, which the tests use as names."""
    page = browser.get(reverse("audit"), query)
    assert page.status_code == 200
    return [entry.cause for entry in entries_of(page)]


# --- who may see what ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("who", "status"),
    [("system_admin", 200), ("unit_admin", 404), ("clerk", 404), ("person", 404), ("nobody", 302)],
)
def test_the_record_is_for_system_admins(client, signed_in, who, status, page):
    if who == "system_admin":
        signed_in(system_admin())
    elif who != "nobody":
        signed_in(person_of(role="" if who == "person" else who))

    assert client.get(reverse(page)).status_code == status
    assert client.post(reverse(page)).status_code == (405 if status == 200 else status)


def test_a_person_sees_what_concerns_the_own_account(ha):
    other = UserFactory()
    record(Action.SIGNED_IN, person=ha, cause="mine")
    record(Action.SIGNED_IN, person=other, cause="another's")
    record(Action.SYSTEM_CHANGED, by=ha, cause="done by me")

    assert [entry.cause for entry in AuditEntry.objects.visible_to(ha)] == ["mine"]
    assert AuditEntry.objects.visible_to(system_admin()).count() == 3


def test_the_menu_leads_system_admins_there(client, signed_in, ha):
    link = f'href="{reverse("audit")}"'

    assert link in signed_in(system_admin()).get(reverse("people")).content.decode()
    assert link not in signed_in(ha).get(reverse("people")).content.decode()


# --- what is shown -------------------------------------------------------------------------------


def test_an_entry_says_who_did_what_for_whom_where_and_why(admin, ha, rf):
    by, giver = UserFactory(full_name="Trần Anh Dũng"), UserFactory(full_name="Lê Văn Tám")
    wiki, _secret = ensure_client("Wiki nội bộ")
    request = rf.get("/", REMOTE_ADDR="10.1.2.3")
    record(
        Action.REFUSED, person=ha, by=by, for_whom=giver, client=wiki, request=request,
        cause=Cause.WRONG_PASSWORD, browser="Firefox <b>", scopes=["openid", "email"],
    )  # fmt: skip

    admin.cookies["django_language"] = "vi"
    page = admin.get(reverse("audit"), {"action": "refused"})

    text = page.content.decode()
    for words in (
        "Nguyễn Thị Thu Hà (ha)", "Trần Anh Dũng", "Lê Văn Tám", "Wiki nội bộ", "10.1.2.3", "openid, email",
        "Firefox &lt;b&gt;", "Nhật ký hệ thống", "Từ chối đăng nhập", "Sai mật khẩu",
    ):  # fmt: skip
        assert words in text, words


def test_every_act_and_cause_has_words(ha):
    from sso.services.revocation import Reason

    for value in [*Action, *Cause, *Reason]:
        told = words_of(AuditEntry(action=value, cause=value))
        assert capfirst(value.label) in told
    assert words_of(AuditEntry(action="of_old", cause="QĐ 12")) == ("of_old", "QĐ 12")


def test_what_is_told_of_a_system_is_in_the_words_of_its_form(admin):
    system = Application(name="Wiki", redirect_uris="https://wiki.example/a")
    told = written(what_is_told(system, ["name", "redirect_uris", "subject_group", "skip_authorization"]))
    entry_at(timezone.now(), action=Action.SYSTEM_REGISTERED, detail=told)
    changes = {
        "allowed_scopes": [["email"], ["openid"]],
        "required_acr": ["1", "2"],
        "algorithm": 7,
    }
    entry_at(timezone.now(), action=Action.SYSTEM_CHANGED, detail=written(changes))

    rows = {row["entry"].action: row["facts"] for row in admin.get(reverse("audit")).context["rows"]}

    assert rows == {
        Action.SYSTEM_REGISTERED: [
            ("Tên hệ thống", "Wiki"),
            ("Địa chỉ quay lại sau khi đăng nhập", "https://wiki.example/a"),
        ],
        Action.SYSTEM_CHANGED: [
            ("Thông tin hệ thống được biết", "Địa chỉ thư điện tử → Danh tính người đăng nhập"),
            ("Cách đăng nhập", "bằng mật khẩu → bằng mật khẩu và bước thứ hai, hoặc bằng khóa truy cập"),
            ("Cách ký mã truy cập", "7"),
        ],
    }


def test_an_empty_record_says_so(admin):
    admin.cookies["django_language"] = "en"

    assert "The record is empty" in admin.get(reverse("audit")).content.decode()
    assert "Nothing found" in admin.get(reverse("audit"), {"action": "refused"}).content.decode()


def test_the_page_says_up_to_when_it_is_sealed(admin):
    record(Action.SIGNED_IN)

    page = admin.get(reverse("audit"))

    assert page.context["sealed"].last == AuditEntry.objects.last().pk


# --- search --------------------------------------------------------------------------------------


@pytest.fixture
def some(ha, rf):
    """Entries of several people, systems, addresses and times, named by their causes."""
    dung = UserFactory(username="dung", full_name="Trần Anh Dũng")
    day = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.get_default_timezone())
    common = {"person_id": ha.pk, "client": "wiki", "address": "10.1.2.3"}
    entry_at(day, cause="a", **common)
    entry_at(day + timedelta(minutes=30), cause="b", **common | {"address": "10.1.20.9", "action": "refused"})
    entry_at(day + timedelta(hours=2), cause="c", by_id=ha.pk, person_id=dung.pk, address="10.1.2.30")
    entry_at(day + timedelta(days=1), cause="d", for_whom_id=ha.pk, by_id=dung.pk, client="mail")
    entry_at(day + timedelta(days=2), cause="e", person_id=dung.pk, address="2001:db8::1")
    ensure_client("Wiki", client_id="wiki")
    ensure_client("Mail", client_id="mail")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "ha"}, "dcba"),
        ({"person": "HA"}, "dcba"),
        ({"person": "thi ha"}, "dcba"),
        ({"person": "Dũng"}, "edc"),
        ({"person": "ha", "action": "refused"}, "b"),
        ({"client": "wiki", "until": "2026-03-09T00:00"}, "ba"),
        ({"address": "10.1.2.3"}, "a"),
        ({"address": "10.1.2."}, "ca"),
        ({"address": " 2001:DB8::1 "}, "e"),
        ({"person": "ha", "since": "2026-03-02T09:30", "until": "2026-03-02T11:00"}, "cb"),
        ({"since": "2026-03-03T00:00", "client": "mail", "action": "signed_in"}, "d"),
        (
            {"person": "ha", "since": "02/03/2026 09:30", "until": "02/03/2026 11:00"},
            "cb",
        ),  # as the field shows it
        ({"until": "2026-03-02T09:00"}, "a"),
    ],
)
def test_search_finds_what_is_asked_for(admin, some, query, found):
    assert "".join(causes(admin, query)) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"person": "nobody at all"}, "person"),
        ({"action": "made up"}, "action"),
        ({"client": "unknown"}, "client"),
        ({"since": "yesterday"}, "since"),
        ({"since": "01/01/0001 00:00"}, "since"),
        ({"until": "31/12/9999 23:59"}, "until"),
        ({"since": "2026-03-02T09:00", "until": "2026-03-01T09:00"}, "until"),
        ({"address": "x" * 46}, "address"),
        ({"person": "a\0b"}, "person"),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_wrong_questions_are_told_at_the_field(admin, query, field, page):
    answer = admin.get(reverse(page), query)

    assert answer.status_code == 422
    assert list(answer.context["search"].errors) == [field]
    assert "rows" not in answer.context


def test_a_name_of_too_many_people_is_no_question(admin):
    for _number in range(101):
        UserFactory()

    assert "person" in admin.get(reverse("audit"), {"person": "Nguyễn"}).context["search"].errors


# --- pages ---------------------------------------------------------------------------------------


def test_pages_stay_whole_while_entries_are_added(admin):
    same = timezone.now() - timedelta(days=1)
    for number in range(120):
        entry_at(same, cause=str(number))
    first = admin.get(reverse("audit"), {"action": "signed_in"})
    record(Action.SIGNED_IN, cause="new")

    seen, page = [entry.cause for entry in entries_of(first)], first
    while page.context["next"]:
        page = admin.get(reverse("audit"), {"action": "signed_in", "before": page.context["next"]})
        seen += [entry.cause for entry in entries_of(page)]

    assert seen == [str(number) for number in reversed(range(120))]


@pytest.mark.parametrize("before", ["0", "x", "-1", "1" * 30, "1' OR 1=1"])
def test_an_unknown_place_is_404(admin, before):
    assert admin.get(reverse("audit"), {"before": before}).status_code == 404


@pytest.mark.parametrize("count", [1, 50])
def test_one_and_many_entries_take_as_many_queries(admin, ha, count, django_assert_max_num_queries):
    for _number in range(count):
        record(Action.SIGNED_IN, person=ha)
    admin.get(reverse("audit"))

    with django_assert_max_num_queries(14):
        assert len(entries_of(admin.get(reverse("audit")))) == count


# --- export --------------------------------------------------------------------------------------


def body_of(response) -> str:
    return b"".join(response.streaming_content).decode()


def test_csv_holds_the_whole_search(admin, some):
    answer = admin.get(reverse("audit-csv"), {"person": "ha"})

    body = body_of(answer)
    rows = list(csv.DictReader(io.StringIO(body.removeprefix("\N{BYTE ORDER MARK}"))))
    assert body.startswith("\N{BYTE ORDER MARK}id,at,action,")
    assert [row["cause"] for row in rows] == list("dcba")
    assert rows[-1]["at"] == "2026-03-02T09:00:00+07:00"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["Content-Disposition"].endswith('.csv"')


def test_json_lines_hold_the_details(admin, ha):
    record(Action.SIGNED_IN, person=ha, cause="x", browser="Firefox", scopes=["a"])

    lines = [
        json.loads(line) for line in body_of(admin.get(reverse("audit-jsonl"), {"person": "ha"})).splitlines()
    ]

    assert [(line["person_name"], line["detail"]) for line in lines] == [
        ("Nguyễn Thị Thu Hà (ha)", {"browser": "Firefox", "scopes": ["a"]})
    ]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(admin, start):
    record(Action.SIGNED_IN, cause=f"{start}|calc")

    row = body_of(admin.get(reverse("audit-csv"), {"action": "signed_in"})).splitlines()[1]

    assert f"'{start}|calc" in row


def test_long_exports_are_read_in_parts(admin, ha, monkeypatch):
    monkeypatch.setattr("sso.views.audit.AT_ONCE", 7)
    for number in range(20):
        entry_at(timezone.now() - timedelta(hours=1), cause=str(number), person_id=ha.pk)

    lines = body_of(admin.get(reverse("audit-jsonl"), {"person": "ha"})).splitlines()

    assert [json.loads(line)["cause"] for line in lines] == [str(number) for number in reversed(range(20))]


def test_an_export_is_recorded(admin, some):
    body_of(admin.get(reverse("audit-csv") + "?" + urlencode({"person": "ha", "address": "10.1."})))

    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.facts) == (
        "record_read",
        {"form": "csv", "search": {"person": "ha", "address": "10.1."}},
    )
    assert entry.person_name.endswith("(quantri)")


# --- writing -------------------------------------------------------------------------------------


def test_a_request_without_a_plausible_address_is_recorded_without_one(rf, settings, caplog):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    record(Action.SIGNED_IN, request=rf.get("/", headers={"X-Forwarded-For": "1.2.3.4"}))

    assert AuditEntry.objects.get().address == ""
    assert "INTRANET_PROXIES" in caplog.text
    assert ImproperlyConfigured.__name__ not in caplog.text


def test_what_anybody_can_repeat_is_written_once_a_minute(rf, ha):
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        request = rf.get("/", REMOTE_ADDR=address)
        record(Action.REFUSED, person=ha, request=request, cause=Cause.TOO_MANY_TRIES)
        record(Action.REFUSED, person=ha, request=request, cause=Cause.WRONG_PASSWORD)

    told = list(AuditEntry.objects.order_by("pk").values_list("cause", "address"))
    assert told.count(("too_many_tries", "10.0.0.1")) == told.count(("too_many_tries", "10.0.0.2")) == 1
    assert told.count(("wrong_password", "10.0.0.1")) == 2


def test_while_the_cache_is_away_nothing_is_left_out(rf, ha, monkeypatch):
    away = RedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"IGNORE_EXCEPTIONS": True}})
    monkeypatch.setattr(audit, "cache", away)

    for _time in range(2):
        record(Action.REFUSED, person=ha, request=rf.get("/"), cause=Cause.WRONG_PASSKEY)

    assert AuditEntry.objects.filter(cause=Cause.WRONG_PASSKEY).count() == 2


def test_a_record_costs_one_query(ha, rf, django_assert_num_queries):
    with django_assert_num_queries(1):
        record(Action.SIGNED_IN, person=ha, by=ha, request=rf.get("/"), cause="x", browser="y")


def test_an_entry_goes_with_the_transaction_of_the_caller():
    with transaction.atomic():
        record(Action.SIGNED_IN)
        transaction.set_rollback(True)

    assert AuditEntry.objects.count() == 0


def test_entries_of_the_database_clock_are_paged_like_others():
    """SQLite compares times as texts: one with fewer digits would come twice or never."""
    for number in range(5):
        record(Action.SIGNED_IN, cause=str(number))
    entries, seen = AuditEntry.objects.newest_first(), []

    while len(seen) <= 5 and (
        page := list(entries.before(seen[-1].at, seen[-1].pk)[:1] if seen else entries[:1])
    ):
        seen += page

    assert [entry.cause for entry in seen] == list("43210")


@pytest.mark.parametrize("detail", ["x", "[1]", "7", "", '{"a"'])
def test_an_entry_whose_details_somebody_spoilt_closes_no_page(admin, detail):
    record(Action.SIGNED_OUT, cause="before")
    AuditEntry.objects.create(action=Action.SIGNED_IN, cause="spoilt", detail=detail)

    page = admin.get(reverse("audit"))

    assert [entry.cause for entry in entries_of(page)][:2] == ["spoilt", "before"]
    assert page.context["rows"][0]["facts"] == [("detail", detail)]
    for name in ("audit-csv", "audit-jsonl"):
        assert b"spoilt" in admin.get(reverse(name)).getvalue()
