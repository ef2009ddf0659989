"""What the calendar offers the shell."""

import pytest
from django.template.loader import render_to_string

from apps.calendar import services
from apps.calendar.models import Attendance, Calendar
from apps.calendar.plugin import PLUGIN, agenda, duties, leaders_days, search, unit_days
from intranet.api import Place
from sso.api import User
from tests.calendar.factories import (
    AttendanceFactory,
    EventFactory,
    at,
    leaders_event,
    minister,
    office_clerk,
)
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db

DAY = at("2026-11-30 00:00"), at("2026-12-01 00:00")


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(at("2026-11-30 07:00"))


def again(user):
    """Return the person as the next request loads them, with nothing kept."""
    return User.objects.get(pk=user.pk)


def test_agenda_is_what_i_take_part_in():
    person = person_of()
    mine = EventFactory(calendar=Calendar.objects.of_user(person), summary="Của tôi", location="P. 201")
    invited = AttendanceFactory(
        event__summary="Được mời", event__starts_at=at("2026-11-30 10:00"), user=person
    ).event
    AttendanceFactory(event__summary="Từ chối", user=person, answer=Attendance.Answer.DECLINED)
    EventFactory(calendar=mine.calendar, summary="Hủy", status="CANCELLED")
    EventFactory(calendar=mine.calendar, summary="Hôm sau", starts_at=at("2026-12-01 00:00"))
    EventFactory(summary="Của người khác")

    hits = list(agenda(person, *DAY))

    assert [(hit.title, hit.url, hit.excerpt, hit.starts) for hit in hits] == [
        ("Của tôi", mine.get_absolute_url(), "P. 201", mine.starts_at),
        ("Được mời", invited.get_absolute_url(), "", invited.starts_at),
    ]


@pytest.mark.parametrize("count", [1, 4])
def test_agenda_is_one_query(django_assert_num_queries, count):
    person = person_of()
    EventFactory.create_batch(
        count, calendar=Calendar.objects.of_user(person), rrule="FREQ=DAILY", chair=person
    )

    with django_assert_num_queries(1):
        assert len(list(agenda(person, *DAY))) == count


def test_duties_are_unanswered_invitations_of_mine_and_of_those_i_act_for():
    boss = UserFactory(full_name="Lê An")
    secretary = DelegationFactory(giver=boss).receiver
    unit = Calendar.objects.of_unit(UnitFactory(name_vi="Vụ Pháp chế"))
    own = AttendanceFactory(event__calendar=unit, event__summary="Họp Vụ", user=secretary)
    his = AttendanceFactory(
        event__calendar=unit, event__summary="Họp Bộ", event__starts_at=at("2026-12-01 08:00"), user=boss
    )
    AttendanceFactory(user=secretary, answer=Attendance.Answer.ACCEPTED)
    AttendanceFactory(user=secretary, event__starts_at=at("2026-11-29 08:00"))
    AttendanceFactory(user=secretary, event__status="CANCELLED")
    AttendanceFactory(event__calendar=unit)

    found = duties(secretary)

    assert [(duty.title, duty.source, duty.due, duty.act_url) for duty in found] == [
        ("Họp Vụ", "Vụ Pháp chế", own.event.starts_at, f"/calendar/invitations/{own.pk}/accept/"),
        (
            "Họp Bộ",
            "Vụ Pháp chế · thay Lê An",
            his.event.starts_at,
            f"/calendar/invitations/{his.pk}/accept/",
        ),
    ]


@pytest.mark.parametrize("count", [1, 4])
def test_duties_are_two_queries(django_assert_num_queries, count):
    person = person_of()
    AttendanceFactory.create_batch(count, user=person)

    with django_assert_num_queries(2):
        assert len(duties(person)) == count


def test_duty_is_done_where_it_stands(signed_in):
    row = AttendanceFactory()
    [duty] = duties(row.user)

    signed_in(row.user).post(duty.act_url)

    assert duties(again(row.user)) == []


def test_search_is_folded_exact_first_and_within_rights():
    person = person_of()
    calendar = Calendar.objects.of_user(person)
    folded = EventFactory(calendar=calendar, summary="Hop voi Cuc Tan so", starts_at=at("2026-12-05 08:00"))
    exact = EventFactory(calendar=calendar, summary="Họp với Cục Tần số")
    EventFactory(summary="Họp với Cục Tần số, kín")

    assert [hit.url for hit in search(person, "Họp với Cục", 5)] == [
        exact.get_absolute_url(),
        folded.get_absolute_url(),
    ]
    assert len(list(search(person, "hop cuc", 1))) == 1


def draw(widget: str, context: dict) -> str:
    [template] = [one.template for one in PLUGIN.widgets if one.slug == widget]
    return render_to_string(template, context)


def test_leaders_widget_shows_two_days_and_no_drafts():
    leader = minister(full_name="Huỳnh Ơn")
    leaders_event(leader, summary="Họp giao ban")
    leaders_event(
        leader, summary="Ngày mai", starts_at=at("2026-12-01 08:00"), status="CANCELLED", mark="postponed"
    )
    leaders_event(leader, summary="Ngày kia", starts_at=at("2026-12-02 08:00"))
    leaders_event(leader, summary="Bản thảo", is_draft=True)
    leaders_event(leader, summary="Riêng", is_private=True)

    html = draw("leaders", leaders_days(Place(user=person_of())))

    shown = {
        word: word in html
        for word in ("Họp giao ban", "Ngày mai", "(hoãn)", "Bận", "Ngày kia", "Bản thảo", "Riêng")
    }
    assert shown == {
        "Họp giao ban": True, "Ngày mai": True, "(hoãn)": True, "Bận": True,
        "Ngày kia": False, "Bản thảo": False, "Riêng": False,
    }  # fmt: skip


def test_leaders_widget_is_one_query_and_follows_a_change(django_assert_num_queries):
    clerk, leader = office_clerk(), minister()
    event = leaders_event(leader, summary="Họp giao ban", location="P. 201")
    place = Place(user=clerk)
    draw("leaders", leaders_days(place))

    with django_assert_num_queries(1):
        assert "P.\N{NO-BREAK SPACE}201" in draw("leaders", leaders_days(place))
    services.change_event(event, by=clerk, location="P. 305")

    assert "P.\N{NO-BREAK SPACE}305" in draw("leaders", leaders_days(place))


@pytest.mark.parametrize("count", [1, 4])
def test_unit_widget_is_one_query_and_for_the_unit(django_assert_num_queries, count):
    unit = UnitFactory()
    member, stranger = person_of(unit), person_of()
    EventFactory.create_batch(count, calendar=Calendar.objects.of_unit(unit), summary="Giao ban Vụ")
    for person in (member, stranger):
        unit_days(Place(user=person, unit=unit))

    with django_assert_num_queries(1):
        context = unit_days(Place(user=member, unit=unit))
    with django_assert_num_queries(0):
        closed = unit_days(Place(user=stranger, unit=unit))

    assert len(context["lines"]) == count
    assert "Giao ban Vụ" in draw("unit", context)
    assert "Giao ban Vụ" not in draw("unit", closed)


def test_widgets_of_an_empty_ministry_say_so():
    place = Place(user=UserFactory(), unit=UnitFactory())

    assert "Không có lịch" in draw("leaders", leaders_days(place))
    assert "Lịch này dành cho người trong đơn vị." in draw("unit", unit_days(place))
    assert list(agenda(place.user, *DAY)) == duties(place.user) == []
