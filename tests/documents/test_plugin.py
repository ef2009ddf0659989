from datetime import datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.utils import timezone

from apps.documents.models import Attachment
from apps.documents.plugin import PLUGIN
from intranet.api import Place
from tests.documents.factories import a_document, a_register, pdf_bytes, routed
from tests.factories import UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db


def day(days):
    return timezone.localdate() + timedelta(days=days)


def test_duties_are_those_that_wait_soonest_first():
    person = UserFactory()
    for subject, due_on in (("Không hạn", None), ("Sau", day(3)), ("Trước", day(1))):
        routed(a_document(subject=subject), person, due_on=due_on)
    routed(a_document(subject="Để biết"), person, role="information")

    found = [(duty.title, duty.due) for duty in PLUGIN.duties(person)]

    assert found == [("Trước", day(1)), ("Sau", day(3)), ("Không hạn", None)]


def test_what_is_given_to_a_unit_is_a_duty_of_its_desk():
    unit = UnitFactory()
    head, officer = person_of(unit, level="head"), person_of(unit)
    routed(a_document(), unit, due_on=day(1))

    assert (len(PLUGIN.duties(head)), len(PLUGIN.duties(officer)), PLUGIN.badge(head)) == (1, 0, 1)


def test_leaders_of_the_ministry_owe_only_what_is_given_to_them():
    unit = UnitFactory()
    leader = person_of(unit.parent, level="deputy")
    routed(a_document(), unit)

    assert (PLUGIN.badge(leader), PLUGIN.duties(leader)) == (0, [])


def test_deadlines_stand_in_the_agenda_of_their_day():
    person = UserFactory()
    routed(a_document(subject="Trả lời"), person, due_on=day(1))
    morning = timezone.make_aware(datetime.combine(day(1), time.min))

    on_the_day = PLUGIN.agenda(person, morning, morning + timedelta(days=1))
    before = PLUGIN.agenda(person, morning - timedelta(days=1), morning)

    assert ([hit.title for hit in on_the_day], before) == (["Hạn: Trả lời"], [])


def test_search_finds_numbers_first_and_leaks_nothing():
    register = a_register()
    document = a_document(register, code_number="12", symbol="QĐ-BTC", subject="Kế hoạch")

    assert [hit.url for hit in PLUGIN.search(register.clerk, "12 qd", 5)] == [document.get_absolute_url()]
    assert [hit.url for hit in PLUGIN.search(register.clerk, "ke hoach", 5)] == [document.get_absolute_url()]
    assert [list(PLUGIN.search(UserFactory(), query, 5)) for query in ("12 qd", "ke hoach")] == [[], []]


@pytest.mark.parametrize("count", [1, 30])
def test_the_home_page_asks_as_many_queries_for_any_length(django_assert_num_queries, count):
    unit = UnitFactory()
    person = person_of(unit, level="head")
    for _each in range(count):
        document = a_document()
        routed(document, person, due_on=day(0))
        routed(document, unit, role="cooperating")
    person = type(person).objects.get(pk=person.pk)
    assert person.current_posts
    assert person.current_roles == []

    with django_assert_num_queries(1 + 4):  # who lets them act; badge, widget, duties, agenda
        PLUGIN.badge(person)
        render_to_string("documents/_widget.html", PLUGIN.widgets[0].context(Place(user=person)))
        PLUGIN.duties(person)
        PLUGIN.agenda(person, timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))


def test_the_widget_of_a_unit_shows_only_what_the_reader_may_see():
    unit = UnitFactory()
    routed(a_document(subject="Của đơn vị"), unit)
    context = PLUGIN.widgets[1].context

    seen = [d.subject for d in context(Place(user=person_of(unit, level="head"), unit=unit))["documents"]]
    hidden = list(context(Place(user=UserFactory(), unit=unit))["documents"])

    assert (seen, hidden) == (["Của đơn vị"], [])


def test_a_pdf_from_another_app_waits_in_the_registration_form(client):
    clerk = a_register().clerk
    receiver = PLUGIN.receives[0]

    url = receiver.receive(clerk, "Công văn 12.pdf", pdf_bytes(), "application/pdf")

    client.force_login(clerk)
    page = client.get(url).content.decode()
    assert "Công văn 12.pdf" in page
    assert "Công văn 12</textarea>" in page


def test_only_clerks_receive():
    with pytest.raises(PermissionDenied):
        PLUGIN.receives[0].receive(UserFactory(), "a.pdf", pdf_bytes(), "application/pdf")

    assert Attachment.objects.count() == 0
