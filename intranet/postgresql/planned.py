"""Statements that come again and again with other values: planned once in a connection, and run by libpq at once.

psycopg's cursor waits in Python for each part of an answer, so that it can be cancelled, streamed or shared by threads.
For a statement of a few rows that is 30 of its 35 microseconds, and each wait lets another thread take the interpreter.
Here psycopg adapts the values and the rows, and its libpq does the rest in one call.
"""

import re
from contextlib import contextmanager, suppress
from itertools import count

from psycopg import Connection, Error, OperationalError, errors, pq
from psycopg.adapt import PyFormat, Transformer

MOST_STATEMENTS = 400  # kept in one connection
PLACE = re.compile(r"%(s|%)")
DONE = {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}


class PlannedStatements:
    """The statements that one connection has planned."""

    def __init__(self, connection: Connection):
        self.connection, self.pgconn = connection, connection.pgconn
        self.adapting = Transformer(connection)
        self.names: dict[tuple, bytes] = {}

    def run(self, sql: str, values: list) -> tuple[list[tuple], int]:
        """Return the rows that ``sql`` gives with ``values`` for its ``%s``, and how many it found or changed."""
        adapting = self.adapting
        sent = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        statement = sql, adapting.types
        if not self.connection.autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            self.checked(self.pgconn.exec_(b"BEGIN"))
        name = self.names.get(statement)
        if name is None:
            with self.by_index():
                name = self.plan(*statement)
                result = self.checked(self.pgconn.exec_prepared(name, sent, adapting.formats))
        else:
            result = self.checked(self.pgconn.exec_prepared(name, sent, adapting.formats))
        adapting.set_pgresult(result)
        return adapting.load_rows(0, result.ntuples, tuple), result.command_tuples or 0

    def plan(self, sql: str, types: tuple[int, ...]) -> bytes:
        if len(self.names) >= MOST_STATEMENTS:
            self.checked(self.pgconn.exec_(b"DEALLOCATE ALL"))
            self.names.clear()
        name = b"planned_%d" % len(self.names)
        self.checked(self.pgconn.prepare(name, numbered(sql).encode(), types))
        self.names[sql, types] = name
        return name

    @contextmanager
    def by_index(self):
        """Have the server plan as for large tables: small ones it would read whole, and go on so while they grow."""
        self.checked(self.pgconn.exec_(b"SET enable_seqscan = off"))
        try:
            yield
        finally:
            with suppress(Error):  # in a transaction that has failed, whose end takes it back
                self.checked(self.pgconn.exec_(b"RESET enable_seqscan"))

    def checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        """Return ``result``. Raises psycopg's error for what the server refused, OperationalError when it is gone."""
        if result.status in DONE:
            return result
        if self.pgconn.status == pq.ConnStatus.BAD:
            raise OperationalError(self.pgconn.get_error_message())
        raise errors.error_from_result(result)


def numbered(sql: str) -> str:
    """Return ``sql`` with PostgreSQL's own ``$1``, ``$2``, … for Python's ``%s``."""
    numbers = count(1)
    return PLACE.sub(lambda found: "%" if found[1] == "%" else f"${next(numbers)}", sql)


class PlannedCursor:
    """What a planned statement needs of a cursor (PEP 249). ``connection`` is Django's."""

    def __init__(self, connection):
        self.connection = connection
        self.rows: list[tuple] = []
        self.rowcount = -1

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        pass

    def execute(self, sql: str, values: list) -> None:
        self.connection.validate_no_broken_transaction()
        with self.connection.wrap_database_errors:
            self.rows, self.rowcount = self.connection.planned.run(sql, values)

    def fetchone(self) -> tuple | None:
        """Return the first row."""
        return self.rows[0] if self.rows else None

    def fetchall(self) -> list[tuple]:
        return self.rows
