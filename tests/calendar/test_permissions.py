"""Who may do what: each act with each kind of person."""

from contextlib import nullcontext

import pytest
from django.core.exceptions import PermissionDenied

from apps.calendar import services
from apps.calendar.models import Attendance, Calendar, Event
from apps.calendar.weeks import Week
from sso.api import Post, Role
from tests.calendar.factories import (
    AttendanceFactory,
    EventFactory,
    at,
    deputy_minister,
    leaders_event,
    minister,
    office,
    office_clerk,
)
from tests.factories import DelegationFactory, PostFactory, UnitFactory, UserFactory, person_of, system_admin

pytestmark = pytest.mark.django_db

TIMES = {"starts_at": at("2026-11-30 08:00"), "ends_at": at("2026-11-30 09:00")}


def allowed_or_refused(allowed: bool):
    return nullcontext() if allowed else pytest.raises(PermissionDenied)


def secretary_of(person):
    return DelegationFactory(giver=person).receiver


LEADERS_ACTS = [
    ("office clerk", True),
    ("head of the office", True),
    ("the leader", True),
    ("secretary", True),
    ("secretary for tasks only", False),
    ("another leader", False),
    ("clerk of a department", False),
    ("officer", False),
    ("system admin", False),
]


def person_for_leaders(who: str, leader):
    unit = UnitFactory()
    return {
        "office clerk": office_clerk,
        "head of the office": lambda: person_of(office(), level=Post.Level.HEAD),
        "the leader": lambda: leader,
        "secretary": lambda: secretary_of(leader),
        "secretary for tasks only": lambda: DelegationFactory(giver=leader, apps=["tasks"]).receiver,
        "another leader": deputy_minister,
        "clerk of a department": lambda: person_of(unit, role=Role.CLERK),
        "officer": lambda: person_of(unit),
        "system admin": system_admin,
    }[who]()


@pytest.mark.parametrize(("who", "allowed"), LEADERS_ACTS)
def test_adding_to_the_leaders_calendar(who, allowed):
    leader = minister()
    person = person_for_leaders(who, leader)

    with allowed_or_refused(allowed):
        services.create_event(
            Calendar.objects.of_leaders(), by=person, leaders=[leader], summary="Họp", **TIMES
        )

    assert Event.objects.count() == allowed


@pytest.mark.parametrize(("who", "allowed"), LEADERS_ACTS)
def test_changing_and_cancelling_in_the_leaders_calendar(who, allowed):
    leader = minister()
    event = leaders_event(leader, summary="Họp")
    person = person_for_leaders(who, leader)

    with allowed_or_refused(allowed):
        services.change_event(event, by=person, location="P. 201")
    with allowed_or_refused(allowed):
        services.cancel_event(event, by=person, reason="Bận")

    event.refresh_from_db()
    assert (event.location, event.is_cancelled) == (("P. 201", True) if allowed else ("", False))


def test_secretary_does_not_change_what_concerns_another_leader_too():
    leader, other = minister(), deputy_minister()
    event = leaders_event(leader, other)

    with pytest.raises(PermissionDenied):
        services.change_event(event, by=secretary_of(leader), location="P. 201")


@pytest.mark.parametrize(
    ("who", "allowed"), [(who, allowed and "office" in who) for who, allowed in LEADERS_ACTS]
)
def test_publishing_a_week_is_for_the_office(who, allowed):
    person = person_for_leaders(who, minister())

    with allowed_or_refused(allowed):
        services.publish_week(Week.parse("2026-W49"), by=person)


@pytest.mark.parametrize(
    ("who", "sees"), [("office clerk", True), ("officer", False), ("another leader", False)]
)
def test_drafts_of_the_week_are_for_the_office(who, sees):
    leader = minister()
    event = leaders_event(leader, is_draft=True)
    person = person_for_leaders(who, leader)

    assert Event.objects.visible_to(person).filter(pk=event.pk).exists() == sees
    assert Event.objects.shown_to(person).filter(pk=event.pk).exists() == sees


UNIT_PEOPLE = [  # who, reads, changes
    ("unit admin", True, True),
    ("unit clerk", True, True),
    ("head", True, True),
    ("member", True, False),
    ("member of a sub-unit", True, False),
    ("minister", True, True),
    ("member of another unit", False, False),
    ("admin of another unit", False, False),
    ("system admin", False, False),
    ("guest", True, False),
    ("nobody", False, False),
]


def person_for_unit(who: str, unit, event):
    def guest():
        return AttendanceFactory(event=event).user

    return {
        "unit admin": lambda: person_of(unit, role=Role.UNIT_ADMIN),
        "unit clerk": lambda: person_of(unit, role=Role.CLERK),
        "head": lambda: person_of(unit, level=Post.Level.HEAD),
        "member": lambda: person_of(unit),
        "member of a sub-unit": lambda: person_of(UnitFactory(parent=unit)),
        "minister": minister,
        "member of another unit": lambda: person_of(UnitFactory()),
        "admin of another unit": lambda: person_of(UnitFactory(), role=Role.UNIT_ADMIN),
        "system admin": system_admin,
        "guest": guest,
        "nobody": UserFactory,
    }[who]()


@pytest.mark.parametrize(("who", "reads", "changes"), UNIT_PEOPLE)
def test_calendar_of_a_unit(who, reads, changes):
    unit = UnitFactory()
    event = EventFactory(calendar=Calendar.objects.of_unit(unit))
    person = person_for_unit(who, unit, event)

    with allowed_or_refused(changes):
        services.change_event(event, by=person, location="P. 305")

    assert Event.objects.visible_to(person).filter(pk=event.pk).exists() == reads


@pytest.mark.parametrize(
    ("who", "reads"), [("owner", True), ("secretary", True), ("officer", False), ("boss", False)]
)
def test_personal_calendar_is_for_its_owner_and_who_acts_for_them(who, reads):
    unit = UnitFactory()
    owner = person_of(unit)
    event = EventFactory(calendar=Calendar.objects.of_user(owner))
    person = {
        "owner": lambda: owner,
        "secretary": lambda: secretary_of(owner),
        "officer": lambda: person_of(unit),
        "boss": lambda: person_of(unit, level=Post.Level.HEAD),
    }[who]()

    with allowed_or_refused(reads):
        services.change_event(event, by=person, location="P. 305")

    assert Event.objects.visible_to(person).filter(pk=event.pk).exists() == reads


def test_private_event_is_only_busy_for_those_who_act_for_the_owner():
    owner = UserFactory()
    event = EventFactory(calendar=Calendar.objects.of_user(owner), is_private=True, location="Bệnh viện")
    secretary = secretary_of(owner)

    [shown] = Event.objects.shown_to(secretary)

    assert shown.is_hidden is True
    assert list(Event.objects.visible_to(secretary)) == []
    assert list(Event.objects.visible_to(owner)) == [event]
    assert [one.is_hidden for one in Event.objects.shown_to(owner)] == [False]


@pytest.mark.parametrize(
    ("who", "allowed"), [("invited", True), ("secretary", True), ("organizer", False), ("stranger", False)]
)
def test_answering_is_for_the_invited(who, allowed):
    row = AttendanceFactory(event__organizer=UserFactory())
    person = {
        "invited": lambda: row.user,
        "secretary": lambda: secretary_of(row.user),
        "organizer": lambda: row.event.organizer,
        "stranger": UserFactory,
    }[who]()

    with allowed_or_refused(allowed):
        services.answer_invitation(row, Attendance.Answer.DECLINED, by=person)

    row.refresh_from_db()
    assert (row.answer, row.answered_by) == (("DECLINED", person) if allowed else ("NEEDS-ACTION", None))


def test_one_who_left_the_office_no_longer_keeps_the_leaders_calendar():
    person = UserFactory()
    PostFactory(user=person, unit=office(), level=Post.Level.HEAD, valid_to=at("2020-01-01 00:00").date())
    event = leaders_event(minister())

    with pytest.raises(PermissionDenied):
        services.change_event(event, by=person, location="P. 201")
