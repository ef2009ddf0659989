"""Series as other programs write them: zones of their own, rules in words, exceptions of times that are no more."""

import pytest
from django.utils import translation

from apps.calendar import ical, mailed, services
from apps.calendar.models import Event
from apps.calendar.occurrences import occurrences
from apps.calendar.wording import repeats
from tests.calendar.factories import at
from tests.calendar.test_invitations import ORGANIZER, mail
from tests.calendar.test_mailed import ASKED, item

pytestmark = pytest.mark.django_db

# As Outlook writes a zone that it has no name for: clocks as in Central Europe.
OWN_ZONE = """\
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
""".replace("\n", "\r\n")


def times(person, since: str, until: str) -> list[str]:
    """Return when what stands in the person's calendar begins."""
    found = occurrences(Event.objects.filter(calendar__user=person), at(since), at(until))
    return [f"{one.first_day:%d/%m} {one.time_on(one.first_day)}" for one in found]


def test_a_series_in_a_zone_that_only_the_file_describes_keeps_that_clock(person):
    lines = (
        "UID:own@zone",
        "DTSTAMP:20261001T000000Z",
        "DTSTART;TZID=Customized Time Zone:20261020T090000",
        "DTEND;TZID=Customized Time Zone:20261020T100000",
        "RRULE:FREQ=WEEKLY;COUNT=2",
        "SUMMARY:Họp trực tuyến",
    )
    content = mail(*lines).replace(b"BEGIN:VEVENT", OWN_ZONE.encode() + b"BEGIN:VEVENT", 1)

    services.receive_invitation(person, content)

    assert times(person, "2026-10-19", "2026-11-01") == ["20/10 14h00", "27/10 15h00"]


def test_a_zone_whose_clock_never_changes_needs_no_name():
    zone = OWN_ZONE.replace("+0100", "+0900").replace("+0200", "+0900")
    lines = ("UID:a", "DTSTART;TZID=Customized Time Zone:20261020T090000", "SUMMARY:x")
    content = mail(*lines).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)

    [one] = ical.parse(content)[1]

    assert (one.fields["tzid"], one.fields["starts_at"]) == ("", at("2026-10-20 07:00"))


@pytest.mark.parametrize("name", ["Customized Time Zone", "SE Asia Standard Time"])
def test_the_zone_of_one_file_sets_no_clock_of_another(name):
    def starts_at(zone: str):
        lines = ("UID:a", f"DTSTART;TZID={name}:20261020T090000", "SUMMARY:x")
        content = mail(*lines).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
        return ical.parse(content)[1][0].fields["starts_at"]

    one = OWN_ZONE.replace("Customized Time Zone", name)
    other = one.replace("+0100", "+0700").replace("+0200", "+0700")

    assert [starts_at(zone) for zone in (one, other, one)] == [
        at("2026-10-20 14:00"),
        at("2026-10-20 09:00"),
        at("2026-10-20 14:00"),
    ]


def test_a_series_that_moves_leaves_no_occurrence_of_its_former_times_behind(person):
    services.receive_invitation(person, mail(*ASKED, "RRULE:FREQ=WEEKLY;COUNT=3"), sender=ORGANIZER)
    one = [line.replace("20261130T01", "20261208T06").replace("T02300", "T07300") for line in ASKED]
    one = [line.replace("20261130T07", "20261208T07") for line in one]
    services.receive_invitation(person, mail(*one, "RECURRENCE-ID:20261207T010000Z"), sender=ORGANIZER)
    before = times(person, "2026-11-30", "2026-12-20")

    moved = [line.replace("T010000Z", "T020000Z").replace("T023000Z", "T033000Z") for line in ASKED]
    again = mail(*moved, "RRULE:FREQ=WEEKLY;COUNT=3", "SEQUENCE:1")
    services.receive_invitation(person, again, sender=ORGANIZER)

    assert before == ["30/11 8h00", "08/12 13h00", "14/12 8h00"]
    assert times(person, "2026-11-30", "2026-12-20") == ["30/11 9h00", "07/12 9h00", "14/12 9h00"]


def test_a_series_whose_room_changes_keeps_its_moved_occurrence(person):
    services.receive_invitation(person, mail(*ASKED, "RRULE:FREQ=WEEKLY;COUNT=3"), sender=ORGANIZER)
    one = [line.replace("20261130T", "20261208T") for line in ASKED]
    services.receive_invitation(person, mail(*one, "RECURRENCE-ID:20261207T010000Z"), sender=ORGANIZER)

    room = [line.replace("Phòng 5", "Phòng 6") for line in ASKED]
    again = mail(*room, "RRULE:FREQ=WEEKLY;COUNT=3", "SEQUENCE:1")
    services.receive_invitation(person, again, sender=ORGANIZER)

    assert times(person, "2026-11-30", "2026-12-20") == ["30/11 8h00", "08/12 8h00", "14/12 8h00"]


def test_a_change_that_is_meant_for_all_following_says_what_is_taken_of_it(person):
    services.receive_invitation(person, mail(*ASKED, "RRULE:FREQ=WEEKLY;COUNT=3"), sender=ORGANIZER)
    one = [line.replace("20261130T", "20261207T") for line in ASKED]

    card = mailed.card(person, item(*one, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261207T010000Z", "SEQUENCE:1"))

    assert "áp dụng cho cả các buổi sau; ở đây chỉ buổi này" in card.context["state"].words
    assert card.context["state"].tone == "warning"


RULES = [
    ("FREQ=WEEKLY;BYDAY=MO,TH", "Hằng tuần vào Thứ Hai, Thứ Năm", "Every week on Monday, Thursday"),
    ("FREQ=MONTHLY", "Hằng tháng", "Every month"),
    (
        "FREQ=MONTHLY;BYDAY=2TU",
        "Hằng tháng vào Thứ Ba thứ 2 của tháng",
        "Every month on the second Tuesday of the month",
    ),
    (
        "FREQ=MONTHLY;BYDAY=-1FR",
        "Hằng tháng vào Thứ Sáu cuối cùng của tháng",
        "Every month on the last Friday of the month",
    ),
    (
        "FREQ=MONTHLY;BYMONTHDAY=15,30",
        "Hằng tháng vào các ngày 15, 30 của tháng",
        "Every month on the days 15, 30 of the month",
    ),
    (
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "Hằng tháng vào ngày cuối tháng",
        "Every month on the last day of the month",
    ),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "Hằng tháng vào ngày làm việc cuối cùng của tháng",
        "Every month on the last working day of the month",
    ),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2",
        "Hằng tháng theo quy tắc riêng",
        "Every month by a rule of its own",
    ),
    (
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "Hằng tháng theo quy tắc riêng",
        "Every month by a rule of its own",
    ),
    ("FREQ=YEARLY;INTERVAL=2", "2 năm một lần", "Every 2 years"),
]


@pytest.mark.parametrize(("rule", "vi", "en"), RULES)
def test_a_rule_in_words_says_no_other_days_than_it_has(rule, vi, en):
    said = []
    for language in ("vi", "en"):
        with translation.override(language):
            said.append(repeats(rule).replace("\xa0", " "))

    assert said == [vi, en]
