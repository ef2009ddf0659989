from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from apps.tasks.models import Task
from apps.tasks.plugin import PLUGIN
from intranet.plugins import Place
from sso.api import User
from tests.factories import UnitFactory, UserFactory, person_of
from tests.tasks.factories import TaskFactory, task_of_unit

pytestmark = pytest.mark.django_db
State = Task.State
WIDGETS = {widget.slug: widget for widget in PLUGIN.widgets}
(RECEIVER,) = PLUGIN.receives


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def month(days):
    now = timezone.now()
    return now - timedelta(days=days), now + timedelta(days=days)


PARTS = {
    "badge": PLUGIN.badge,
    "duties": lambda user: list(PLUGIN.duties(user)),
    "agenda": lambda user: list(PLUGIN.agenda(user, *month(30))),
    "search": lambda user: list(PLUGIN.search(user, "bao cao", 10)),
    "mine": lambda user: render(WIDGETS["mine"], Place(user=user)),
    "unit": lambda user: render(WIDGETS["unit"], Place(user=user, unit=user.unit)),
}


def render(widget, place):
    return render_to_string(widget.template, widget.context(place))


@pytest.mark.parametrize("part", PARTS)
def test_part_asks_one_query_for_any_number_of_tasks(part, django_assert_num_queries):
    person = person_of(level="head")

    def ask():
        user = User.objects.get(pk=person.pk)
        Task.objects.needing(user).visible_to(user).exists()  # what a page asks once, for all parts
        with CaptureQueriesContext(connection) as captured:
            PARTS[part](user)
        return len(captured)

    TaskFactory(assignee=person, due=in_days(1))
    one = ask()
    for _ in range(3):
        TaskFactory(assignee=person, due=in_days(1))
        TaskFactory(creator=person, state=State.REPORTED, finished=in_days(0))
        task_of_unit(person.unit)

    assert (one, ask()) == (1, 1)


def test_badge_counts_what_needs_the_person():
    person = UserFactory()
    TaskFactory(assignee=person)
    TaskFactory(creator=person, state=State.REPORTED, finished=in_days(0))
    TaskFactory(creator=person)

    assert PLUGIN.badge(person) == 2


def test_own_to_do_is_finished_in_place_and_others_are_opened(signed_in):
    person = UserFactory()
    own = TaskFactory(creator=person, assignee=person, due=in_days(0))
    given = TaskFactory(assignee=person)

    first, second = PLUGIN.duties(person)
    signed_in(person).post(first.act_url)

    assert (first.url, first.due, second.act_url) == (own.get_absolute_url(), in_days(0), "")
    assert second.source == str(given.creator)
    assert Task.objects.get(pk=own.pk).state == State.DONE


def test_duty_of_the_giver_says_what_to_do():
    task = TaskFactory(title="Lập dự toán", state=State.REPORTED, finished=in_days(0))

    with translation.override("vi"):
        (duty,) = PLUGIN.duties(task.creator)

    assert (duty.title, duty.source) == ("Xác nhận: Lập dự toán", str(task.assignee))


def test_what_was_reported_in_time_and_waits_for_a_yes_is_not_late():
    task = TaskFactory(state=State.REPORTED, due=in_days(-2), finished=in_days(-3))

    (duty,) = PLUGIN.duties(task.creator)

    assert (duty.due, duty.waits_since) == (None, in_days(-3))


def test_agenda_holds_the_deadlines_of_the_days_asked_for():
    person = UserFactory()
    for days in (-1, 0, 1, 2):
        TaskFactory(assignee=person, due=in_days(days), title=f"Ngày {days}")
    starts = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)

    hits = list(PLUGIN.agenda(person, starts, starts + timedelta(days=2)))

    assert [hit.title.rpartition(": ")[2] for hit in hits] == ["Ngày 0", "Ngày 1"]
    assert (hits[0].starts, hits[0].ends) == (starts, starts + timedelta(days=1))


def test_search_puts_exact_spelling_first_and_leaks_nothing():
    person = UserFactory()
    TaskFactory(assignee=person, title="Hoà giải tranh chấp")
    TaskFactory(assignee=person, title="Họp hoa kiểng")
    TaskFactory(title="Hoa của người khác")

    titles = [hit.title for hit in PLUGIN.search(person, "hoa", 10)]

    assert titles == ["Họp hoa kiểng", "Hoà giải tranh chấp"]


def test_unit_widget_counts_for_the_unit_and_says_nothing_to_others():
    unit = UnitFactory()
    task_of_unit(unit, due=in_days(-1))
    task_of_unit(UnitFactory(parent=unit), due=in_days(1))

    inside = WIDGETS["unit"].context(Place(user=person_of(unit), unit=unit))["counts"]
    outside = WIDGETS["unit"].context(Place(user=person_of(), unit=unit))["counts"]

    assert inside == {"open_in_time": 1, "open_late": 1, "done_in_time": 0, "done_late": 0}
    assert outside is None


def mail(html=False):
    message = EmailMessage()
    message["Subject"] = "Đề nghị gửi số liệu\n quý IV".replace("\n", "")
    message["From"] = "Văn phòng <vp@mic.example>"
    if html:
        message.set_content("<p>Kính gửi <b>anh</b> &amp; chị</p>", subtype="html")
    else:
        message.set_content("Kính gửi anh chị")
    return message.as_bytes()


def odd(charset, body):
    return (
        f"Subject: =?utf-8?b?Vmnhu4dj?=\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
        + body
    )


RECEIVED = [
    ("", mail(), "message/rfc822", "Đề nghị gửi số liệu quý IV", "Kính gửi anh chị"),
    ("", mail(html=True), "message/rfc822", "Đề nghị gửi số liệu quý IV", "Kính gửi anh & chị"),
    ("Tên khác", mail(), "message/rfc822", "Tên khác", "Kính gửi"),
    ("", "Gọi điện cho Cục".encode(), "text/plain", "Gọi điện cho Cục", "Gọi điện"),
    ("x" * 400, b"\xff\xfe", "text/plain", "x" * 249 + "…", ""),
    ("", b"", "message/rfc822", None, ""),
    ("a\0b", b"c\0d", "text/plain", "ab", "cd"),
    ("", odd("foo", b"Ha Noi \xff"), "message/rfc822", "Việc", "Ha Noi"),
    ("", odd("unicode-escape", b"Ha Noi \\ud800"), "message/rfc822", "Việc", "Ha Noi ?"),
    ("", odd("punycode", b"\xff\xff Ha Noi"), "message/rfc822", "Việc", "Ha Noi"),
    ("", b"Subject: =?utf-8?q?a=00b?=\r\n\r\nc\0d", "message/rfc822", "ab", "cd"),
]


@pytest.mark.parametrize(("title", "content", "content_type", "expected", "words"), RECEIVED)
def test_mail_becomes_an_own_to_do(title, content, content_type, expected, words):
    person = person_of()

    url = RECEIVER.receive(person, title, content, content_type)

    task = Task.objects.get()
    assert (task.creator, task.assignee, task.get_absolute_url()) == (person, person, url)
    assert words in task.description
    assert task.title == expected or expected is None
