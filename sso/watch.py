"""How every process hears within half a second of what ended in another, and lets go of what it holds besides.

Sessions and tokens need none of it, because each use asks the database. This is for what stays open: sockets, mailbox
connections. It goes through the database, so it works on SQLite and PostgreSQL, with Redis and without.
"""

import logging
import threading
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import Error, close_old_connections, connection
from django.utils import timezone

from sso.models import Revocation
from sso.prepared import prepared
from sso.signals import access_ended

log = logging.getLogger(__name__)
EVERY_SECONDS = 0.4
PAUSE_SECONDS = 5  # while the database is away
WINDOW = timedelta(minutes=15)  # no transaction that ends access takes longer; rows are seen when it commits


@prepared
def _since(at: datetime):
    return Revocation.objects.filter(at__gt=at).order_by("pk")


class Watch(threading.Thread):
    """Look again and again, and send ``access_ended`` once for each row that is new."""

    def __init__(self):
        super().__init__(name="sso.watch", daemon=True)
        self.seen: set[int] = set()
        self.ended = threading.Event()

    def run(self):
        with suppress(Error):
            self.look(tell=False)  # what ended before this process began concerns nothing that it holds
        is_away = False
        while not self.ended.wait(EVERY_SECONDS):
            try:
                close_old_connections()
                self.look()
                is_away = False
            except Error as error:  # what ended meanwhile is still in the table when the database is back
                if not is_away:
                    log.warning("What ended elsewhere cannot be read: %s", " ".join(str(error).split()))
                is_away = True
                self.ended.wait(PAUSE_SECONDS)
        connection.close()

    def look(self, *, tell: bool = True) -> None:
        rows = _since(timezone.now() - WINDOW)
        new = [row for row in rows if row.pk not in self.seen]
        self.seen = {row.pk for row in rows}
        for row in new if tell else ():
            facts = {"user_id": row.user_id, "epoch": row.epoch, "sid": row.sid, "kept": row.kept}
            for receiver, answer in access_ended.send_robust(Watch, **facts):
                if isinstance(answer, Exception):
                    log.error("%s did not let go.", receiver, exc_info=answer)

    def stop(self) -> None:
        self.ended.set()
        self.join(5)


def watch() -> Watch:
    """Begin to watch in this process, for as long as it lives."""
    started = Watch()
    started.start()
    return started
