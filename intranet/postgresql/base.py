"""Django's PostgreSQL, with a health check that costs nothing while all is well, and statements planned once."""

import select

from django.db.backends.postgresql import base

from intranet.postgresql.planned import PlannedCursor, PlannedStatements


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is kept between requests is looked at before it is used again.

    Django asks the server ``SELECT 1`` at every request, as much work as a small page's own queries. A server that
    ends, is restarted or throws us out says so: then there is something to read on the connection, and only then is
    it asked.
    """

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        self.planned = PlannedStatements(connection)
        # While tables are small the server may find planning anew each time worth it, and keep to that. No statement
        # of ours runs so long that compiling it would pay.
        connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
        connection.commit()
        return connection

    def planned_cursor(self):
        """Return a cursor for SQL that comes again and again with other values; an ordinary one while all is noted."""
        if self.queries_logged or self.execute_wrappers:
            return self.cursor()
        self.close_if_health_check_failed()
        self.ensure_connection()
        return PlannedCursor(self)

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
