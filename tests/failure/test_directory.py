"""The mail directory stops or hangs: those signed in go on, the sign-in page says what is wrong."""

import pytest

from tests.failure.conftest import soon

PAGES = ["/", "/tasks/", "/documents/", "/calendar/leaders/", "/news/", "/people/", "/search/?q=van"]
WITHIN = 10  # seconds: the directory's timeouts are 3 for the connection and 3 for the answer


@pytest.fixture
def hanging(suite):
    """slapd takes connections and answers nothing."""
    server = suite.servers["slapd"]
    server.pause()
    yield server
    server.resume()


def explains(answer):
    """Whether a sign-in page says that the directory is down, and since when, without blaming the person."""
    text = answer.text
    return (
        answer.status_code == 503 and "Danh bạ tài khoản không phản hồi từ" in text and "password" not in text
    )


def tells(person, words="Hiện chưa đăng nhập được bằng mật khẩu: danh bạ tài khoản không phản hồi từ"):
    """Whether the page itself says so, before anybody tries."""
    page = person.get("/sign-in/")
    assert page.status_code == 200
    return words in page.text


def test_stopped_the_sign_in_page_explains_and_the_others_work_on(stopped, officer, stranger):
    slapd = stopped("slapd")

    newcomer, foreigner = stranger(), stranger()
    foreigner.cookies.set("django_language", "en")
    assert soon(lambda: tells(newcomer))
    assert tells(foreigner, "Signing in with a password is not possible at the moment")
    refused = newcomer.sign_in("vanthu")
    assert explains(refused), refused.text
    assert refused.headers["Retry-After"]
    assert not newcomer.is_signed_in
    assert {page: officer.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)

    slapd.start()
    assert soon(lambda: not tells(newcomer))
    assert soon(lambda: newcomer.sign_in("vanthu").status_code == 200)
    assert newcomer.is_signed_in


def test_an_outage_counts_no_wrong_password(stopped, stranger):
    slapd = stopped("slapd")
    for _try in range(6):  # one more than wrong passwords are allowed
        assert explains(stranger().sign_in("lanhdao"))

    slapd.start()
    person = stranger()
    assert soon(lambda: person.sign_in("lanhdao").status_code == 200)
    assert person.is_signed_in


def test_hanging_an_answer_comes_within_the_timeouts(officer, hanging, stranger):
    newcomer = stranger()
    refused = newcomer.sign_in("vanthu")
    assert explains(refused), refused.text
    assert newcomer.took < WITHIN

    assert officer.get("/").status_code == 200
    assert officer.took < WITHIN / 2
    assert tells(stranger())
    hanging.resume()
    assert soon(lambda: not tells(stranger()))
    assert soon(lambda: newcomer.sign_in("vanthu").status_code == 200)
    assert newcomer.is_signed_in
