"""The health check of kept connections and statements planned once, against the real server."""

import threading
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.types.json import Jsonb

from sso.models import User
from sso.prepared import PreparedLookup
from sso.writes import PreparedInsert, PreparedUpdate
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


def test_statement_is_planned_once_whatever_the_values():
    people = [UserFactory(), UserFactory()]
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")

    found = [lookup.first(person.username).key for person in people]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            """ WHERE statement LIKE '%"username" = $1%'"""
        )
        assert (found, cursor.fetchall()) == ([person.pk for person in people], [(2, 0)])


def test_statement_is_told_with_its_values_while_all_is_noted():
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")

    with CaptureQueriesContext(connection) as queries:
        lookup.first("nobody.of.this.name")

    assert ["nobody.of.this.name" in query["sql"] for query in queries] == [True]


def test_values_go_to_the_server_and_come_back_as_an_ordinary_cursor_has_them():
    now = timezone.now()
    values = ["Đỗ % $1 '", 7, 2**40, True, now, now.date(), uuid4(), [1, 2], None, Jsonb({"a": [None]})]
    kinds = ("text", "int", "bigint", "bool", "timestamptz", "date", "uuid", "int[]", "text", "jsonb")
    sql = f"SELECT {', '.join(f'%s::{kind}' for kind in kinds)}, 5 %% 3 WHERE 'a%%' LIKE 'a%%'"

    with connection.planned_cursor() as planned, connection.cursor() as cursor:
        planned.execute(sql, values)
        cursor.execute(sql, values)
        assert planned.fetchall() == [cursor.fetchone()]


def test_planned_statement_belongs_to_the_transaction_around_it():
    person, address = UserFactory(), "another@example.test"
    change = PreparedUpdate(lambda key: User.objects.filter(pk=key), "email")

    with transaction.atomic():
        assert change(person.pk, address) == 1
        transaction.set_rollback(True)

    assert User.objects.get(pk=person.pk).email == person.email
    assert change(person.pk, address) == 1
    assert User.objects.get(pk=person.pk).email == address


def test_refusals_of_the_server_are_the_errors_of_django():
    person, insert = UserFactory(), PreparedInsert(User)

    with pytest.raises(IntegrityError):
        insert(username=person.username, password="")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            insert(username="another", password="")


def test_connection_that_ends_beneath_a_statement_is_an_outage_and_given_up():
    person = UserFactory()
    lookup = PreparedLookup(lambda name: User.objects.filter(username=name), key="pk")
    lookup.first(person.username)

    connection.health_check_done = True  # as in the middle of a request
    end_from_elsewhere(key_of_server())
    with pytest.raises(OperationalError):
        lookup.first(person.username)
    begin_request()

    assert lookup.first(person.username).key == person.pk


def test_connection_keeps_so_many_statements_and_no_more(monkeypatch):
    monkeypatch.setattr("intranet.postgresql.planned.MOST_STATEMENTS", 3)

    with connection.planned_cursor() as cursor:
        for _turn in range(2):
            for number in range(5):
                cursor.execute(f"SELECT %s::int + {number}", [1])
                assert cursor.fetchone() == (1 + number,)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone()[0] <= 3


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
