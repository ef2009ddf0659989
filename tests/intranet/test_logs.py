"""A cache that is away is told once a minute, in one line; jobs that are done and links are not told."""

import logging
from time import time

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError

from intranet.logs import OncePerMinute
from sso import watch
from tests.factories import person_of


@pytest.fixture
def logger(caplog):
    logger = logging.getLogger("tests.away")
    silence = OncePerMinute()
    logger.addFilter(silence)
    yield logger
    logger.removeFilter(silence)


def fail(logger, reason):
    try:
        raise ConnectionError(reason)
    except ConnectionError:
        logger.exception("Exception ignored")


def test_outage_is_one_line_a_minute_with_the_reason(logger, caplog, time_machine):
    time_machine.move_to("2026-11-23 08:00", tick=False)
    for reason in ("first", "second"):
        fail(logger, reason)
    time_machine.shift(61)
    fail(logger, "third")

    lines = [(record.getMessage(), record.exc_info) for record in caplog.records]

    assert lines == [
        ("Exception ignored: ConnectionError: first", None),
        ("Exception ignored: ConnectionError: third", None),
    ]


def test_a_database_that_is_away_is_one_line_a_minute(db, signed_in, caplog, monkeypatch, time_machine):
    time_machine.move_to(time() + 7200, tick=False)  # whatever other tests were told
    browser = signed_in(person_of())
    browser.raise_request_exception = False
    errors = [OperationalError("it closed\nthe connection"), InterfaceError("closed"), ValueError("ours")]
    monkeypatch.setattr("intranet.views.home.dashboard_of", lambda request: raise_(errors.pop(0)))
    for _request in range(3):
        browser.get("/")

    told = [record for record in caplog.records if record.name == "django.request"]

    assert [(record.getMessage(), bool(record.exc_info)) for record in told] == [
        ("Service Unavailable: /: OperationalError: it closed the connection", False),
        ("Internal Server Error: /", True),
    ]


def test_the_watch_of_each_process_tells_it_once(caplog, monkeypatch):
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.001)
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.001)
    looking = watch.Watch()
    turns = [None, *[OperationalError("it closed\nthe connection")] * 3, None, OperationalError("again")]

    def look(*, tell=True):
        if len(turns) == 1:
            looking.ended.set()
        if error := turns.pop(0):
            raise error

    monkeypatch.setattr(looking, "look", look)
    looking.start()
    looking.join(5)

    assert [record.getMessage() for record in caplog.records] == [
        "What ended elsewhere cannot be read: it closed the connection",
        "What ended elsewhere cannot be read: again",
    ]


def raise_(error):
    raise error


def test_the_cache_of_redis_is_told_so():
    assert settings.LOGGING["loggers"]["django_redis.cache"]["filters"] == ["once_per_minute"]


def test_whoever_asks_for_another_host_or_sends_a_thousand_fields_fills_no_log(client, caplog, time_machine):
    time_machine.move_to(time() + 3600, tick=False)  # whatever other tests have been refused
    for _try in range(5):
        assert client.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400
        assert client.post("/oauth/token/", {str(number): "" for number in range(1001)}).status_code == 400

    told = [record for record in caplog.records if record.name.startswith("django.security.")]

    assert [(record.name, record.exc_info) for record in told] == [("django.security.DisallowedHost", None)]


def test_a_worker_tells_of_jobs_that_fail_only(caplog):
    worker = logging.getLogger("django_tasks")
    caplog.set_level(logging.INFO)  # as an operator may choose

    worker.info("Task id=1 state=SUCCESSFUL")
    worker.error("Task id=2 state=FAILED")

    assert [record.getMessage() for record in caplog.records] == ["Task id=2 state=FAILED"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/sign-in/invitation/Ny5FUIzSmM_cEHY3TV-Xej9ysQ29K7nOqQp14UPxb3M/", "/sign-in/invitation/…/"),
        ("/calendar/feed/Ny5FUIzSmM_cEHY3TV-Xej9ysQ29K7nOqQp14UPxb3M.ics", "/calendar/feed/….ics"),
        ("/news/2026-quyet-dinh-ve-chuyen-doi-so-trong-co-quan/", None),
        ("/units/PTTH&TTĐT/", None),
    ],
)
@pytest.mark.parametrize("name", ["django.request", "django.security.csrf"])
def test_a_link_that_opens_something_is_not_told(caplog, name, path, told):
    logging.getLogger(name).warning("%s: %s", "Unprocessable Entity", path)

    assert [record.getMessage() for record in caplog.records] == [f"Unprocessable Entity: {told or path}"]
