"""The health check of kept connections and statements planned once, against the real server."""

import threading

import pytest
from django.db import DataError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from sso.models import User
from sso.prepared import PreparedLookup
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.races,
]


def key_of_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end_from_elsewhere(pid: int) -> None:
    def end():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connections.close_all()

    other = threading.Thread(target=end)
    other.start()
    other.join()


def begin_request() -> None:
    connection.health_check_enabled = True
    connection.close_if_unusable_or_obsolete()


def test_server_that_is_gone_without_a_word_is_given_up_in_seconds():
    connection.ensure_connection()
    kept = {option.keyword.decode(): option.val for option in connection.connection.pgconn.info}

    assert [kept[name] for name in ("connect_timeout", "tcp_user_timeout", "keepalives_idle")] == [
        b"5",
        b"10000",
        b"10",
    ]


def test_connection_that_is_whole_is_used_without_a_question(monkeypatch):
    before, asked = key_of_server(), []
    monkeypatch.setattr(connection, "is_usable", lambda: asked.append(before) or True)

    begin_request()

    assert (key_of_server(), asked) == (before, [])


def test_connection_that_the_server_has_ended_is_made_anew():
    before = key_of_server()

    end_from_elsewhere(before)
    begin_request()

    assert key_of_server() != before


def test_statement_planned_in_a_connection_that_the_server_has_ended_is_asked_in_a_new_one():
    person = UserFactory()
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")
    lookup.first(person.username)

    end_from_elsewhere(key_of_server())
    begin_request()

    assert lookup.first(person.username).key == person.pk


def test_statement_is_planned_once_whatever_the_values_and_told_with_them():
    people = [UserFactory(), UserFactory()]
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")

    with CaptureQueriesContext(connection) as queries:
        found = [lookup.first(person.username).key for person in people]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            """ WHERE statement LIKE '%"username" = $1%'"""
        )
        assert (found, cursor.fetchall()) == ([person.pk for person in people], [(2, 0)])
    assert [person.username in query["sql"] for person, query in zip(people, queries, strict=True)] == [
        True,
        True,
    ]


def test_statement_planned_while_a_table_is_small_goes_by_the_index_when_it_has_grown():
    person = UserFactory()
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sso_user")
        lookup.first(person.username)
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%\"username\" = $1%'")
        [(name,)] = cursor.fetchall()
        cursor.execute(f"EXPLAIN EXECUTE {name}('x')")
        plan = " ".join(line for (line,) in cursor.fetchall())
        cursor.execute("SHOW enable_seqscan")
        after = cursor.fetchone()

    assert ("Index Scan" in plan, "Seq Scan" in plan, after) == (True, False, ("on",))


def test_statement_that_fails_the_first_time_leaves_the_connection_as_it_was():
    with pytest.raises(DataError), transaction.atomic(), connection.planned_cursor() as cursor:
        cursor.execute("SELECT 1 / %s::int", [0])

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
