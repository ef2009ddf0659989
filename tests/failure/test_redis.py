"""Redis is configured and stops: pages, sign-in and work go on, only without live updates."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from demo import programs
from demo.servers import HOST, free_port
from demo.suite import settings_of
from tests.failure.conftest import soon

PAGES = [
    "/",
    "/tasks/",
    "/documents/",
    "/calendar/leaders/",
    "/news/",
    "/people/",
    "/mail/",
    "/search/?q=van",
]


@pytest.fixture
def address(suite, redis, servers_folder):
    """A second suite over the same data, with Redis as its cache and channel layer."""
    port = free_port()
    variables = suite.servers["suite"].variables
    second = programs.suite(port, {**variables, **redis.environment}, servers_folder / "suite-with-redis")
    with ExitStack() as stack:
        with settings_of(Path(variables["INTRANET_VAR"])):  # without those of the tests
            stack.enter_context(second)
        yield f"http://{HOST}:{port}"
        assert second.is_running


def test_stopped_pages_sign_in_and_work_go_on(address, redis, stranger):
    before = stranger(address)
    before.sign_in("nhanvien")
    assert before.is_signed_in
    redis.stop()

    assert {page: before.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    newcomer = stranger(address)
    newcomer.sign_in("quantri.donvi")
    assert newcomer.is_signed_in
    wrong = stranger(address).sign_in("vanthu", "không phải mật khẩu")
    assert (wrong.status_code, "mật khẩu" in wrong.text) == (422, True)
    made = before.send_form("/tasks/new/", title="Việc khi Redis nghỉ", priority="0")
    assert (made.status_code, "Việc khi Redis nghỉ" in made.text) == (200, True)

    redis.start()
    assert soon(lambda: before.get("/").status_code == 200)
    assert newcomer.is_signed_in
