"""G13: without the directory systems go on, but those that want a strong sign-in for a quarter of an hour only."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sso.models import AuditEntry, DirectoryFollowed, User
from tests.factories import UserFactory
from tests.sso.conftest import ask, parameters_of
from tests.sso.test_provider_device import answer, begin, board, poll  # noqa: F401 (a fixture)
from tests.sso.test_step_up import inside

pytestmark = pytest.mark.django_db
LONG, SHORT = timedelta(minutes=16), timedelta(minutes=14)


@pytest.fixture
def heard():
    """A function that says how long ago the directory was heard; None: never, it is read by hand."""

    def note(ago: timedelta | None) -> None:
        DirectoryFollowed.load()
        DirectoryFollowed.objects.update(heard_at=ago and timezone.now() - ago)

    return note


def asked(system, acr: str, person=None, **more):
    system.required_acr = acr
    system.save()
    person = person or UserFactory(origin=User.Origin.DIRECTORY)
    return ask(inside(person, "password", "totp"), system, **more)


@pytest.mark.parametrize(
    ("acr", "ago", "is_let_in"),
    [
        ("2", LONG, False), ("2", SHORT, True), ("1", LONG, True), ("2", None, True),
    ],
)  # fmt: skip
def test_g13_a_strong_system_is_entered_for_a_quarter_of_an_hour_only(wiki, heard, acr, ago, is_let_in):
    heard(ago)

    response = asked(wiki[0], acr)

    if is_let_in:
        assert "code" in parameters_of(response)
        return
    since = timezone.localtime(DirectoryFollowed.load().heard_at)
    assert response.status_code == 503
    assert f"từ {since:%H:%M} ngày {since:%d/%m/%Y}" in response.content.decode()
    refused = AuditEntry.objects.get(action="entry_refused")
    assert (refused.cause, refused.client) == ("unheard", wiki[0].client_id)


def test_a_silent_request_is_told_to_come_again(wiki, heard):
    heard(LONG)

    told = parameters_of(asked(wiki[0], "2", prompt="none"))

    assert told["error"] == "temporarily_unavailable"


def test_a_yes_that_was_asked_for_before_lets_nobody_in_either(wiki, heard):
    wiki[0].skip_authorization = False
    wiki[0].required_acr = "2"
    wiki[0].save()
    browser = inside(UserFactory(origin=User.Origin.DIRECTORY), "password", "totp")
    heard(SHORT)
    page = ask(browser, wiki[0])
    assert page.status_code == 200
    heard(LONG)

    address = reverse("oauth-consent") + "?" + page.wsgi_request.META["QUERY_STRING"]

    assert browser.post(address, {"allow": "yes"}).status_code == 503


def test_accounts_that_are_not_of_the_directory_go_on(wiki, heard):
    heard(LONG)

    local = UserFactory(origin=User.Origin.LOCAL, entry_uuid=None)

    assert "code" in parameters_of(asked(wiki[0], "2", local))


def test_a_device_of_a_strong_system_is_let_in_by_nobody(heard, board):  # noqa: F811
    board.required_acr = "2"
    board.save()
    browser, codes = inside(UserFactory(origin=User.Origin.DIRECTORY), "password", "totp"), begin(board)
    heard(LONG)
    refused = answer(browser, codes)
    heard(SHORT)

    assert (refused.status_code, answer(browser, codes).status_code) == (503, 200)
    assert poll(board, codes).status_code == 200
