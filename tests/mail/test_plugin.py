import pytest

from apps.mail.plugin import PLUGIN, new_mail, search, unread
from intranet.api import Place
from tests.factories import UserFactory
from tests.mail.conftest import letter

pytestmark = pytest.mark.servers


def test_the_widget_shows_the_newest_five(officer, deliver):
    deliver("nhanvien", *[letter(f"Thư {number}") for number in range(1, 8)])

    rows = new_mail(Place(user=officer))["rows"]

    assert [row.summary.subject for row in rows] == ["Thư 7", "Thư 6", "Thư 5", "Thư 4", "Thư 3"]


def test_the_badge_counts_unread_messages_of_the_inbox(officer, deliver):
    deliver("nhanvien", letter("Một"), letter("Hai"))

    assert unread(officer) == 2


def test_search_gives_hits_that_open(officer, deliver, signed_in):
    deliver("nhanvien", letter("Họp thẩm định"), letter("Khác"))

    [hit] = search(officer, "thẩm định", 5)

    assert (hit.title, hit.excerpt) == ("Họp thẩm định", "Lê Hà")
    assert signed_in(officer).get(hit.url).status_code == 200


def test_with_the_server_down_widget_and_badge_say_nothing_wrong(officer, mail):
    mail.dovecot.stop()

    widget, badge = new_mail(Place(user=officer)), unread(officer)

    assert (widget["is_down"], badge) == (True, 0)


@pytest.mark.parametrize(
    ("fields", "url", "allowed"),
    [
        ({}, "imap://x", True),
        ({}, "", False),
        ({"email": ""}, "imap://x", False),
        ({"is_active": False}, "imap://x", False),
    ],
)
@pytest.mark.django_db
def test_mail_is_for_active_people_with_an_address(fields, url, allowed, settings):
    settings.MAIL_IMAP_URL = url

    assert PLUGIN.may_use(UserFactory(**fields)) is allowed
