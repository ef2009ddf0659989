"""Dovecot stops or hangs: mail says so where mail is, everything else is whole."""

import re

import pytest

from tests.failure.conftest import soon

SAID = "Máy chủ thư hiện không phản hồi"
WIDGET = re.compile(r'hx-get="(/widgets/mail/[^"]+)"')
OTHERS = ["/tasks/", "/documents/", "/calendar/leaders/", "/news/", "/people/"]


@pytest.fixture
def hanging(suite):
    server = suite.servers["dovecot"]
    server.pause()
    yield server
    server.resume()


def widget_of(person):
    """The address of the mail card, as the home page names it."""
    return WIDGET.search(person.get("/").text)[1].replace("&amp;", "&")


def sees_letters(person):
    return "mail-row" in person.get("/mail/").text


def test_stopped_mail_explains_and_the_home_page_is_whole(stopped, officer):
    assert sees_letters(officer)
    dovecot = stopped("dovecot")

    home = officer.get("/")
    assert home.status_code == 200
    assert 'id="duties"' in home.text
    card = officer.get(widget_of(officer))
    assert (card.status_code, SAID in card.text) == (200, True)
    page = officer.get("/mail/")
    assert (page.status_code, SAID in page.text) == (503, True)
    assert "rail" in page.text
    assert {other: officer.get(other).status_code for other in OTHERS} == dict.fromkeys(OTHERS, 200)

    dovecot.start()
    assert soon(lambda: sees_letters(officer))
    assert SAID not in officer.get(widget_of(officer)).text


def test_stopped_a_letter_being_written_is_kept(stopped, officer):
    dovecot = stopped("dovecot")
    written = {
        "to": "vanthu@mic.example.gov.vn",
        "subject": "Đã soạn",
        "text": "Nội dung dài đã soạn.",
        "act": "save",
    }

    answer = officer.send_form("/mail/compose/", **written)

    assert (answer.status_code, "Đã soạn" in answer.text, written["text"] in answer.text) == (503, True, True)
    dovecot.start()
    assert soon(lambda: officer.send_form("/mail/compose/", **written).status_code == 200)


def test_hanging_nobody_waits_for_long(officer, hanging):
    card = officer.get(widget_of(officer))
    assert SAID in card.text
    assert officer.took < 10
    page = officer.get("/mail/")
    assert SAID in page.text
    assert officer.took < 15
    assert officer.get("/").status_code == 200
    assert officer.took < 5

    hanging.resume()
    assert soon(lambda: sees_letters(officer), seconds=40)
