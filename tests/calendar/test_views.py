import json
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.calendar.models import Attendance, Calendar, Event, PublishedWeek
from sso.api import Role
from tests.calendar.factories import (
    AttendanceFactory,
    EventFactory,
    at,
    deputy_minister,
    leaders_event,
    minister,
    office_clerk,
)
from tests.factories import UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db

WEEK = "2026-W49"


def words(response) -> str:
    """Return the page's text with single spaces."""
    page = re.sub(r"(?s)<(script|style|template).*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def many_events(kind: str, count: int, person):
    for number in range(count):
        if kind == "leaders":
            event = leaders_event(deputy_minister(), chair=UserFactory(), preparing_unit=UnitFactory())
        elif kind == "unit":
            event = EventFactory(calendar=Calendar.objects.of_unit(person.unit), chair=UserFactory())
        else:
            event = EventFactory(calendar=Calendar.objects.of_user(person), chair=UserFactory())
        event.rrule = "FREQ=DAILY" if number % 2 else ""
        event.save()
        AttendanceFactory(event=event)
        AttendanceFactory(event=event, user=person)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("leaders", "/calendar/leaders/?week=2026-W49"),
        ("leaders", "/calendar/leaders/?week=2026-W49&layout=list"),
        ("unit", "/calendar/units/{unit}/?day=2026-11-30"),
        ("mine", "/calendar/?day=2026-11-30&view=week"),
        ("mine", "/calendar/?day=2026-11-30&view=month"),
        ("mine", "/calendar/invitations/"),
    ],
)
def test_pages_ask_as_many_queries_for_any_length(signed_in, kind, address, time_machine):
    time_machine.move_to(at("2026-11-25 08:00"))
    minister()
    person = person_of(UnitFactory())
    client = signed_in(person)
    address = address.format(unit=person.unit.pk)
    asked = []
    for count in (1, 4):
        many_events(kind, count, person)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("now", "query", "week"),
    [
        ("2026-11-27 17:00", "", "2026-W48"),  # a Friday
        ("2026-11-28 08:00", "", "2026-W49"),
        ("2026-11-29 23:00", "", "2026-W49"),
        ("2026-11-28 08:00", "?week=2026-W48", "2026-W48"),
    ],
)
def test_leaders_week_is_the_coming_one_from_saturday_on(signed_in, time_machine, now, query, week):
    time_machine.move_to(at(now))

    page = signed_in(person_of()).get(f"/calendar/leaders/{query}")

    assert str(page.context["week"]) == week
    assert week == "2026-W48" or 'href="?week=2026-W48"' in page.content.decode()


def test_leaders_week_shows_who_what_when_where(signed_in):
    leader = minister(full_name="Huỳnh Ơn")
    leaders_event(
        leader,
        summary="Họp giao ban",
        location="P. 201",
        chair=UserFactory(full_name="Lê An"),
        participants_text="Chánh Văn phòng",
        preparing_unit=UnitFactory(name_vi="Vụ Pháp chế"),
    )

    text = words(signed_in(person_of()).get(f"/calendar/leaders/?week={WEEK}"))

    assert "Tuần 49 (từ ngày 30/11/2026 đến ngày 06/12/2026)" in text
    assert "Bộ trưởng Huỳnh Ơn" in text
    assert "8h00 : Họp giao ban (P. 201)" in text
    assert "Chủ trì: Lê An" in text
    assert "Thành phần: Chánh Văn phòng" in text
    assert "Chuẩn bị: Vụ Pháp chế" in text


def test_event_of_several_days_stands_on_each(signed_in):
    leaders_event(
        minister(), summary="Đi Đà Nẵng", starts_at=at("2026-12-01 14:00"), ends_at=at("2026-12-03 11:00")
    )

    response = signed_in(person_of()).get(f"/calendar/leaders/?week={WEEK}")

    board = response.context["board"]
    cells = [[[item["time"] for item in row["cells"][0]] for row in day["sessions"]] for day in board["days"]]
    assert cells[:4] == [[[], []], [[], ["14h00"]], [[""], [""]], [[""], []]]


def test_private_item_of_a_leader_is_busy_and_its_page_absent(signed_in):
    event = leaders_event(minister(), summary="Khám bệnh", location="Bệnh viện", is_private=True)
    client = signed_in(person_of())

    page = client.get(f"/calendar/leaders/?week={WEEK}").content.decode()

    assert "Bận" in page
    assert "Khám bệnh" not in page
    assert "Bệnh viện" not in page
    assert client.get(event.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("week", ["rubbish", "2026-W99", "", "9999-W01", "%00"])
def test_garbage_week_is_this_week(signed_in, week, time_machine):
    time_machine.move_to(at("2026-11-25 12:00"))

    response = signed_in(person_of()).get(f"/calendar/leaders/?week={week}")

    assert (response.status_code, str(response.context["week"])) == (200, "2026-W48")


@pytest.mark.parametrize(
    "query",
    ["view=rubbish", "day=2026-13-45", "day=0001-01-01", "view=month&day=x", "of=99999999999999999999"],
)
def test_garbage_day_is_today(signed_in, query, time_machine):
    time_machine.move_to(at("2026-11-25 12:00"))

    response = signed_in(person_of()).get(f"/calendar/?{query}")

    assert (response.status_code, response.context["day"]) == (200, date(2026, 11, 25))


STRANGER_SEES_NOTHING = ["event", "change", "cancel"]


@pytest.mark.parametrize("name", STRANGER_SEES_NOTHING)
def test_stranger_gets_404_for_an_event_of_another(signed_in, name):
    event = EventFactory()
    address = reverse(f"calendar:{name}", args=[event.pk])

    assert signed_in(person_of()).get(address).status_code == 404
    assert signed_in(event.calendar.user).get(address).status_code == 200


def test_stranger_gets_404_for_an_invitation_of_another(signed_in):
    row = AttendanceFactory()
    address = reverse("calendar:answer", args=[row.pk, "accept"])

    assert signed_in(person_of()).post(address).status_code == 404
    assert signed_in(row.user).post(address).status_code == 302
    row.refresh_from_db()
    assert row.answer == Attendance.Answer.ACCEPTED


def test_unit_of_others_is_404(signed_in):
    unit = UnitFactory()
    address = reverse("calendar:unit", args=[unit.pk])

    assert signed_in(person_of()).get(address).status_code == 404
    assert signed_in(person_of(unit)).get(address).status_code == 200


@pytest.mark.parametrize(
    "name", ["leaders", "unit-{other}", "user-{other}", "rubbish", "unit-x", "user-99999999999999999999"]
)
def test_no_event_is_made_in_a_calendar_of_others(signed_in, name):
    name = name.format(other=UserFactory().pk)

    response = signed_in(person_of()).post(f"/calendar/events/new/?calendar={name}", form_data())

    assert response.status_code in {403, 404}
    assert not Event.objects.exists()


def form_data(**changed) -> dict:
    data = {"summary": "Họp tổ công tác", "start_day": "2026-11-30", "start_time": "08:00", "kind": "meeting"}
    return {**data, **changed}


def test_event_is_made(signed_in):
    person, guest = person_of(), UserFactory(full_name="Đặng Thuỷ Hoà", username="hoadt")
    data = form_data(
        end_time="09:30",
        people_typed="dang thuy hoa",
        repeat="WEEKLY",
        weekdays=["MO", "TH"],
        repeat_count="6",
    )

    response = signed_in(person).post("/calendar/events/new/", data)

    event = Event.objects.get()
    assert (response.status_code, response.url) == (302, event.get_absolute_url())
    assert (event.calendar.user, event.summary, event.rrule) == (
        person,
        "Họp tổ công tác",
        "FREQ=WEEKLY;COUNT=6;BYDAY=MO,TH",
    )
    assert (event.starts_at, event.ends_at) == (at("2026-11-30 08:00"), at("2026-11-30 09:30"))
    assert [row.user for row in event.attendances.all()] == [guest]


BAD = [
    ({"summary": ""}, "summary"),
    ({"summary": "x" * 300}, "summary"),
    ({"start_day": "31/02/2026"}, "start_day"),
    ({"start_day": "rubbish"}, "start_day"),
    ({"start_day": "0001-01-01"}, "start_day"),
    ({"start_time": "25:99"}, "start_time"),
    ({"start_time": ""}, "start_time"),
    ({"end_time": "07:00"}, "end_time"),
    ({"end_day": "2026-11-29"}, "end_day"),
    ({"location": "x" * 300}, "location"),
    ({"kind": "rubbish"}, "kind"),
    ({"people_typed": "Không Có Ai"}, "people"),
    ({"people": ["rubbish", "²", "99999999999999999999"], "people_typed": "' OR 1=1 --"}, "people"),
    ({"repeat": "SECONDLY"}, "repeat"),
    ({"repeat": "DAILY", "repeat_until": "2026-11-01"}, "repeat_until"),
    ({"repeat": "DAILY", "repeat_count": "100000"}, "repeat_count"),
    ({"repeat": "DAILY", "repeat_count": "3", "repeat_until": "2026-12-31"}, "repeat_count"),
    ({"weekdays": ["XX"], "repeat": "WEEKLY"}, "weekdays"),
]


@pytest.mark.parametrize(
    ("changed", "field"), BAD, ids=[f"{field}-{number}" for number, (_d, field) in enumerate(BAD)]
)
def test_bad_input_is_told_at_its_field_and_kept(signed_in, changed, field):
    response = signed_in(person_of()).post(
        "/calendar/events/new/", form_data(note="Mang theo tài liệu", **changed)
    )

    page = response.content.decode()
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert 'value="Mang theo tài liệu"' in page
    assert f'id="field-{field}"' in page
    assert 'class="field-error"' in page
    assert not Event.objects.exists()
    for value in changed.values():
        if isinstance(value, str) and value and field not in {"kind", "repeat"}:
            assert value in page.replace("&#x27;", "'")


def test_people_of_one_name_are_offered_to_choose(signed_in):
    people = UserFactory.create_batch(2, full_name="Trần Thị Hoa")

    response = signed_in(person_of()).post("/calendar/events/new/", form_data(people_typed="Trần Thị Hoa"))

    page = response.content.decode()
    assert response.status_code == 422
    assert all(f'name="people" value="{person.pk}"' in page for person in people)


def test_item_of_leaders_needs_a_leader(signed_in):
    leader = minister()
    client = signed_in(office_clerk())
    address = "/calendar/events/new/?calendar=leaders"

    assert list(client.post(address, form_data()).context["form"].errors) == ["leaders"]
    assert client.post(address, form_data(leaders=[leader.pk])).status_code == 302
    assert [row.user for row in Event.objects.get().attendances.all()] == [leader]


def test_overlap_is_a_warning_not_a_refusal(signed_in):
    person = person_of()
    EventFactory(calendar=Calendar.objects.of_user(person), summary="Khác", location="P. 201")

    response = signed_in(person).post("/calendar/events/new/", form_data(location="P. 201"), follow=True)

    assert Event.objects.count() == 2
    assert words(response).count("Trùng lịch") == 1


def test_one_occurrence_is_changed_by_its_page(signed_in):
    person = person_of()
    event = EventFactory(
        calendar=Calendar.objects.of_user(person), summary="Giao ban", rrule="FREQ=WEEKLY;COUNT=4"
    )
    client = signed_in(person)
    address = f"/calendar/events/{event.pk}/change/?part=one&on=20261207T010000Z"

    assert client.get(address).context["form"].initial["start_day"] == date(2026, 12, 7)
    client.post(address, form_data(summary="Giao ban", start_day="2026-12-08"))

    one = Event.objects.get(series=event)
    assert (one.starts_at, one.recurrence_at) == (at("2026-12-08 08:00"), at("2026-12-07 08:00"))


def test_form_of_a_series_shows_it_as_it_is(signed_in):
    person = person_of()
    event = EventFactory(
        calendar=Calendar.objects.of_user(person), rrule="FREQ=WEEKLY;UNTIL=20261231T165959Z;BYDAY=MO,TH"
    )
    client = signed_in(person)
    address = f"/calendar/events/{event.pk}/change/"
    initial = client.get(address).context["form"].initial

    data = {
        key: value
        for key, value in initial.items()
        if key in {"summary", "start_day", "end_day", "kind", "repeat", "weekdays", "repeat_until"}
    }
    client.post(address, {**data, "start_time": "08:00", "end_time": "09:00", "people_typed": ""})

    event.refresh_from_db()
    assert (event.rrule, event.sequence) == ("FREQ=WEEKLY;UNTIL=20261231T165959Z;BYDAY=MO,TH", 0)


@pytest.mark.parametrize("on", ["rubbish", "20261208T010000Z", "99991231T235959Z"])
def test_occurrence_that_never_takes_place_is_404(signed_in, on):
    event = EventFactory(rrule="FREQ=WEEKLY;COUNT=4")

    assert signed_in(event.calendar.user).get(f"{event.get_absolute_url()}?on={on}").status_code == 404


def test_cancelling_needs_a_reason(signed_in):
    event = EventFactory()
    client = signed_in(event.calendar.user)
    address = reverse("calendar:cancel", args=[event.pk])

    assert client.post(address, {}).status_code == 422
    client.post(address, {"reason": "Bận việc khác"})

    event.refresh_from_db()
    assert (event.is_cancelled, event.reason) == (True, "Bận việc khác")
    assert "is-off" in client.get(event.get_absolute_url()).content.decode()


def test_week_is_published_from_its_page(signed_in):
    leaders_event(minister(), is_draft=True)

    assert signed_in(person_of()).post(reverse("calendar:publish"), {"week": WEEK}).status_code == 403
    signed_in(office_clerk()).post(reverse("calendar:publish"), {"week": WEEK})

    assert [str(week) for week in PublishedWeek.objects.all()] == [WEEK]
    assert not Event.objects.get().is_draft


def test_name_that_would_be_script_stays_text(signed_in):
    event = EventFactory(summary="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")

    page = signed_in(event.calendar.user).get(event.get_absolute_url()).content.decode()

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_unit_admin_makes_an_event_of_the_unit(signed_in):
    unit = UnitFactory()
    admin = person_of(unit, role=Role.UNIT_ADMIN)

    signed_in(admin).post(f"/calendar/events/new/?calendar=unit-{unit.pk}", form_data())

    assert Event.objects.get().calendar == Calendar.objects.of_unit(unit)


def test_suggestions_find_people_without_accents(signed_in):
    person = UserFactory(full_name="Đặng Thuỷ Hoà")

    page = signed_in(person_of()).get("/calendar/people/?people_typed=Lê An, dang th").content.decode()

    assert f'value="{person.pk}"' in page
    assert json.dumps(page).count("checkbox") == 1


@pytest.mark.parametrize(("language", "words"), [("vi", "Tháng 11/2026"), ("en", "November 2026")])
def test_the_month_is_named_as_its_reader_does(signed_in, language, words):
    browser = signed_in(person_of())
    browser.cookies["django_language"] = language

    page = browser.get("/calendar/?day=2026-11-15&view=month").content.decode()

    assert f'<h2 class="calendar-period">{words}</h2>' in page
