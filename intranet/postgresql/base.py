"""Django's PostgreSQL, with a health check that costs nothing while all is well."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is kept between requests is looked at before it is used again.

    Django asks the server ``SELECT 1`` at every request, as much work as a small page's own queries. A server that
    ends, is restarted or throws us out says so: then there is something to read on the connection, and only then is
    it asked.
    """

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
