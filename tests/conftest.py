"""Fixtures that every part of the suite uses."""

import gc
import os
import time
import uuid
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from django.utils import translation

from demo.servers import Redis, ServerFailed, workspace
from demo.suite import running
from tests.databases import use_copy
from tests.demo_data import copy_demo

START_ANEW = pytest.StashKey()
TransactionTestCase._fixture_teardown = lambda case: None  # START_ANEW instead of emptying all tables


def pytest_collection_modifyitems(config, items):
    """What takes long begins first; races are run on PostgreSQL only, and there what uses the database."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    is_wanted = uses_database if connection.vendor == "postgresql" else is_no_race
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = [item for item in items if is_wanted(item)]


def is_no_race(item) -> bool:
    return item.get_closest_marker("races") is None


def uses_database(item) -> bool:
    return bool(
        item.get_closest_marker("django_db")
        or {"db", "transactional_db", "live_server"} & set(item.fixturenames)
    )


def pytest_collection():
    """Search for no garbage while all is imported: a quarter of the time."""
    gc.disable()


def pytest_collection_finish():
    """Leave all that was imported out of every later search for garbage, and search seldom: a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_setup(tmp_path_factory, django_db_blocker, request):
    """In place of pytest-django's: a copy of a migrated database instead of migrations."""
    folder = tmp_path_factory.mktemp("database")

    def start_anew():
        with django_db_blocker.unblock():
            use_copy(folder)

    start_anew()
    request.config.stash[START_ANEW] = start_anew


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """After a test with real transactions the next one finds what migrations wrote."""
    try:
        return (yield)
    finally:
        marker = item.get_closest_marker("django_db")
        is_real = {"transactional_db", "live_server"} & set(item.fixturenames)
        if is_real or (marker and marker.kwargs.get("transaction")):
            item.config.stash[START_ANEW]()


@contextmanager
def kept(blocker):
    """What is written at the beginning stays until the end, for all tests within: each is a savepoint then."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def empty_cache():
    """No test sees what another one has cached."""
    for one in caches.all():
        one.clear()


@pytest.fixture(autouse=True)
def vietnamese():
    """No test goes on in the language in which another one ended."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def sessions_like_ours(monkeypatch):
    """``force_login`` leaves in the session what our sign-in leaves there; without it the session is ended."""
    log_in = Client._login

    def recorded(browser, person, backend=None):
        log_in(browser, person, backend)
        record_sign_in(browser, person)

    monkeypatch.setattr(Client, "_login", recorded)


def record_sign_in(browser, person, age: float = 0) -> None:
    """Write into the session of ``browser`` that ``person`` signed in by password ``age`` seconds ago."""
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
    session["account_authentication_methods_user"] = str(person.pk)
    session["sid"] = uuid.uuid4().hex
    session.save()


@pytest.fixture
def signed_in(client):
    """Return a function that signs a person in and returns the client: ``signed_in(person).get("/")``."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def missing(what: str) -> None:
    """Skip because ``what`` is not there; fail instead when INTRANET_TEST_ALL=yes, as in `make test`."""
    if os.environ.get("INTRANET_TEST_ALL") == "yes":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def started(server):
    """Return ``server`` of ``demo.servers``, started; see ``missing`` for one that is not installed."""
    try:
        return server.start()
    except ServerFailed as error:
        if "is not installed" not in str(error):
            raise
        missing(str(error))


@pytest.fixture(scope="session")
def servers_folder():
    """A folder that the unprivileged user of the servers may enter, removed at the end."""
    with workspace() as folder:
        yield folder


@pytest.fixture
def redis(servers_folder):
    """A real Redis of the test's own, so that it may be stopped."""
    server = started(Redis(servers_folder / "redis"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def suite():
    """The whole demo as `make run` starts it, in a folder of its own."""
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        try:
            copy_demo(folder)
            whole = stack.enter_context(running(folder))
        except ServerFailed as error:
            missing(str(error))
        yield whole
