"""What is asked once, and the home page that is kept."""

import pytest
from django.test import Client

from intranet.api import kept, notify, peek
from intranet.look import CSRF_MARK, begin_look
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeping(settings):
    settings.HOME_KEPT_SECONDS = 30


def test_kept_asks_once_while_a_page_is_drawn():
    person, asked = UserFactory(), []

    def ask():
        asked.append(1)
        return len(asked)

    before = [kept(person, "notes.open", ask), kept(person, "notes.open", ask), peek(person, "notes.open")]
    begin_look(person)
    during = [kept(person, "notes.open", ask), kept(person, "notes.open", ask), peek(person, "notes.open")]

    assert (before, during) == ([1, 2, None], [3, 3, 3])


def test_kept_home_page_takes_the_session_and_the_account_only(keeping, signed_in, django_assert_num_queries):
    client = signed_in(UserFactory())
    client.get("/")

    with django_assert_num_queries(1):
        answer = client.get("/")

    assert answer.status_code == 200


def test_kept_home_page_has_the_token_of_each_browser(keeping):
    person = UserFactory()
    answers = []
    for _number in range(2):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(person)
        answers.append((browser, browser.get("/").content.decode()))

    pages = [text for _browser, text in answers]
    assert [CSRF_MARK in text for text in pages] == [False, False]
    for browser, text in answers:
        token = text.split('"X-CSRFToken": "')[1].split('"')[0]
        assert browser.post("/theme/", {"theme": "dark"}, headers={"X-CSRFToken": token}).status_code == 302


def test_notice_shows_at_once(keeping, signed_in, django_capture_on_commit_callbacks):
    person = UserFactory()
    client = signed_in(person)
    before = client.get("/").content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        notify("tasks.assigned", to=[person], title="Việc mới", url="/")

    after = client.get("/").content.decode()
    assert before != after


def test_own_change_shows_at_once(keeping, signed_in):
    person = UserFactory()
    client = signed_in(person)
    client.get("/")
    person.full_name = "Trần Minh Anh"
    person.save()

    client.post("/theme/", {"theme": "auto"})

    assert "Trần Minh Anh" in client.get("/").content.decode()


def test_nobody_gets_the_page_of_another(keeping, client):
    one, other = UserFactory(full_name="Trần Minh Anh"), UserFactory(full_name="Lê Thu Hà")
    client.force_login(one)
    client.get("/")

    client.force_login(other)

    assert "Trần Minh Anh" not in client.get("/").content.decode()
