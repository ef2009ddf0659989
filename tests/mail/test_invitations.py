"""Invitations between two mailboxes: read, answered by mail, and the answer read again."""

from base64 import b64encode
from email import message_from_bytes
from email.message import EmailMessage

import pytest

from apps.calendar.models import Attendance, Event
from apps.mail.connections import POOL
from tests.calendar.factories import AttendanceFactory, EventFactory, at
from tests.mail.conftest import DOMAIN, url
from tests.mail.test_writing import stored

pytestmark = pytest.mark.servers

CLERK, OFFICER = f"vanthu@{DOMAIN}", f"nhanvien@{DOMAIN}"


def invitation(method="REQUEST", *more: str, sender=CLERK, subtype="calendar") -> bytes:
    """Return a mail with an invitation of ``sender`` as programs write it: twice, as text and as a file."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//other//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        "UID:7@elsewhere.example",
        "DTSTAMP:20261101T000000Z",
        "DTSTART:20261130T010000Z",
        "DTEND:20261130T023000Z",
        "SUMMARY:Họp liên ngành",
        f"ORGANIZER;CN=Nhạn:mailto:{CLERK}",
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{OFFICER}",
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Nhạn <{sender}>", OFFICER, "Giấy mời"
    mail.set_content("Mời họp")
    mail.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": method})
    mail.add_attachment("\r\n".join(lines).encode(), "application", "ics", filename="invite.ics")
    return mail.as_bytes()


def press(client, uid: int, act: str, part: str = "1.2", receiver: str = "calendar.0"):
    data = {"part": part, "receiver": receiver, "act": act}
    return client.post(url("hand_over", "INBOX", uid), data, follow=True)


def said(page) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in page.context["messages"]]


def test_an_answer_reaches_the_organiser_and_the_calendar(signed_in, officer, clerk, deliver, mail):
    [uid] = deliver("nhanvien", invitation())
    client = signed_in(officer)

    page = client.get(url("message", "INBOX", uid))
    after = press(client, uid, "accept")

    assert [act.name for act in page.context["card"].acts] == ["accept", "perhaps", "decline", "add"]
    assert page.content.decode().count("Thêm vào lịch của tôi") == 1
    assert said(after) == [("success", "Đã gửi câu trả lời về “Họp liên ngành” cho người tổ chức.")]
    assert after.context["card"].done == "accept"
    [got] = stored(mail, "vanthu")
    plain, reply = got.get_payload()
    assert (got["From"], got["To"], got["Subject"]) == (
        f"Tạ Hoàng Nguyên Vỹ <{OFFICER}>",
        CLERK,
        "Tham dự: Họp liên ngành",
    )
    assert (got.get_content_type(), plain.get_content_type(), reply.get_content_type()) == (
        "multipart/alternative",
        "text/plain",
        "text/calendar",
    )
    assert reply.get_param("method") == "REPLY"
    assert "PARTSTAT=ACCEPTED" in reply.get_content().replace("\r\n ", "").replace("\n ", "")
    event = Event.objects.of_person(officer).get()
    assert (event.starts_at, event.attendances.get().answer) == (at("2026-11-30 08:00"), "ACCEPTED")
    assert [one["Subject"] for one in stored(mail, "nhanvien", "Sent")] == ["Tham dự: Họp liên ngành"]


def test_an_answer_to_our_own_event_comes_back_and_is_noted(signed_in, officer, clerk, deliver):
    event = EventFactory(uid="7@elsewhere.example", organizer=clerk)
    AttendanceFactory(event=event, user=officer)
    reply = invitation("REPLY", sender=OFFICER).replace(b"NEEDS-ACTION", b"TENTATIVE")
    [uid] = deliver("vanthu", reply)

    page = signed_in(clerk).get(url("message", "INBOX", uid))

    assert Attendance.objects.get().answer == "TENTATIVE"
    assert "Câu trả lời đã được ghi vào lịch." in page.content.decode()


@pytest.mark.parametrize("sender", [f"ke.xau@{DOMAIN}", f"ke.xau@{DOMAIN}>, Nhạn <{CLERK}"])
def test_nobody_but_the_organiser_calls_off(sender, signed_in, officer, clerk, deliver):
    first, forged, true = deliver(
        "nhanvien",
        invitation(),
        invitation("CANCEL", "SEQUENCE:1", sender=sender),
        invitation("CANCEL", "SEQUENCE:1"),
    )
    client = signed_in(officer)
    press(client, first, "add")

    refused = press(client, forged, "cancel")
    still = Event.objects.get().is_cancelled
    done = press(client, true, "cancel")

    assert ([tag for tag, _text in said(refused)], still) == (["error"], False)
    assert (said(done), Event.objects.get().is_cancelled) == (
        [("success", "Đã hủy “Họp liên ngành”.")],
        True,
    )


@pytest.mark.parametrize("content", [b"", b"BEGIN:VCALENDAR", b"\xff\xfe", b"METHOD:REQUEST\n"])
def test_a_bad_file_is_a_sentence(content, signed_in, officer, deliver):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = CLERK, "x"
    mail.set_content("Mời họp")
    mail.add_attachment(content, "text", "calendar", filename="x.ics")
    [uid] = deliver("nhanvien", mail.as_bytes())
    client = signed_in(officer)

    page = client.get(url("message", "INBOX", uid))
    pressed = press(client, uid, "accept", part="2")

    assert (page.status_code, page.context["card"].acts) == (200, ())
    assert [tag for tag, _text in said(pressed)] == ["error"]


def test_an_act_of_a_receiver_that_is_none_is_not_found(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", invitation())
    client = signed_in(officer)

    assert press(client, uid, "accept", receiver="tasks.0").status_code == 404
    assert press(client, uid, "accept", part="9").status_code == 404


def test_no_answer_stands_that_could_not_be_sent(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", invitation())
    client = signed_in(officer)
    mail.handover.stop()
    try:
        page = press(client, uid, "accept")
    finally:
        mail.handover.start()
        POOL.clear()

    assert [tag for tag, _text in said(page)] == ["error"]
    assert Attendance.objects.get().answer == "NEEDS-ACTION"


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-download"])
def test_an_invitation_is_known_by_its_name_where_its_kind_says_nothing(
    kind, signed_in, officer, clerk, deliver
):
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = CLERK, OFFICER, "Giấy mời"
    written.set_content("Mời họp")
    [file] = [part for part in message_from_bytes(invitation()).walk() if part.get_filename()]
    written.add_attachment(file.get_payload(decode=True), *kind.split("/"), filename="Giấy mời.ICS")
    [uid] = deliver("nhanvien", written.as_bytes())

    page = signed_in(officer).get(url("message", "INBOX", uid))

    assert [act.name for act in page.context["card"].acts] == ["accept", "perhaps", "decline", "add"]


def test_an_invitation_is_read_in_the_charset_it_is_sent_in(signed_in, officer, clerk, deliver):
    raw = invitation().decode().partition("--==")[0]
    words = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:8@x\r\nDTSTART:20261130T010000Z\r\n"
        "SUMMARY:Réunion à Huế\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    head = raw.partition("Content-Type:")[0]
    body = b64encode(words.encode("utf-16")).decode()
    [uid] = deliver(
        "nhanvien",
        f"{head}Content-Type: text/calendar; charset=utf-16; method=REQUEST\n"
        f"Content-Transfer-Encoding: base64\n\n{body}\n",
    )

    page = signed_in(officer).get(url("message", "INBOX", uid))

    assert "Réunion à Huế" in page.context["card"].body
