"""Django's PostgreSQL, with a health check that costs nothing while all is well, and statements planned once."""

import select
from contextlib import contextmanager, nullcontext, suppress

from django.db.backends.postgresql import base, operations
from psycopg import Error

MOST_STATEMENTS = 400  # kept in one connection


class PlannedCursor(base.ServerBindingCursor):
    """Sends the values beside the SQL, so that the server reads and plans each statement once in a connection."""

    def execute(self, query, params=None, **options):
        is_new = query not in self.connection.planned
        # For this one only: Django's own statements hold their values, so that none comes twice.
        self.connection.prepare_threshold = 0
        try:
            with by_index(self.connection) if is_new else nullcontext():
                answer = super().execute(query, params, prepare=True, **options)
        finally:
            self.connection.prepare_threshold = None
        self.connection.planned.add(query)
        return answer


@contextmanager
def by_index(connection):
    """Have the server plan as for large tables: small ones it would read whole, and go on so while they grow."""
    connection.execute("SET enable_seqscan = off", prepare=False)
    try:
        yield
    finally:
        with suppress(Error):  # in a transaction that has failed, whose end takes it back
            connection.execute("RESET enable_seqscan", prepare=False)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor, sql, params):
        """As Django has it where the values go beside the SQL."""
        return super().last_executed_query(cursor, sql, params) or self.compose_sql(sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is kept between requests is looked at before it is used again.

    Django asks the server ``SELECT 1`` at every request, as much work as a small page's own queries. A server that
    ends, is restarted or throws us out says so: then there is something to read on the connection, and only then is
    it asked.
    """

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = MOST_STATEMENTS
        connection.planned = set()
        # While tables are small the server may find planning anew each time worth it, and keep to that. No statement
        # of ours runs so long that compiling it would pay.
        connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
        connection.commit()
        return connection

    def planned_cursor(self):
        """Return a cursor for SQL that comes again and again with other values."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(PlannedCursor(self.connection))

    def close_if_health_check_failed(self):
        if self.connection is not None and not self.health_check_done and is_silent(self.connection):
            self.health_check_done = True
        super().close_if_health_check_failed()


def is_silent(connection) -> bool:
    """Say whether nothing has arrived on an idle ``connection``, not even its end."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
