"""Kept IMAP connections: signing in to a mailbox costs ten times what a list of its messages costs."""

import logging
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from apps.mail.imap import CONNECT_SECONDS, Connection, Missing, NotAllowed
from sso.api import User, access_ended, look_up, mail_token

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5  # after a failure nobody asks again for so long
BUSY_SECONDS = 1
HELLO_SECONDS = 0.5


class MailServerDown(Exception):
    """The mail server does not answer; from ``retry_at`` on it is worth asking again."""

    def __init__(self, retry_at: datetime):
        super().__init__(f"The mail server is not available before {retry_at:%H:%M:%S}.")
        self.retry_at = retry_at


class SignInRefused(MailServerDown):
    """The mail server answers, but does not let this person in."""


class BrokeOff(MailServerDown):
    """The mail server ended this one connection, as it does when another program has deleted the open folder.

    Or it refused what nobody expected it to refuse.
    """


class Pool:
    """The connections of this process, each of one person. Threads never share one at the same time."""

    def __init__(self):
        self._lock = threading.Lock()
        self._idle: list[tuple[tuple, float, Connection]] = []  # whose, since when; the longest unused first
        self._openings = threading.BoundedSemaphore(settings.MAIL_OPENINGS)
        # Threads that wait for their turn are not free to answer the mail server either.
        self._room = threading.BoundedSemaphore(settings.MAIL_OPENINGS * 3 // 2)
        self._closed_until: dict[tuple | None, tuple[float, type[MailServerDown]]] = {}
        self._sweeper: threading.Timer | None = None
        self._epochs: dict[int, int] = {}  # of those whose access has ended: older connections are not kept

    def take(self, user: User) -> Connection:
        """Return a connection that only the caller uses, until it is given back or dropped."""
        key = key_of(user)
        while (connection := self._pop(key)) is not None:
            if connection.is_alive():
                return connection
            connection.drop()
        return self._open(user, key)

    def give(self, user: User, connection: Connection) -> None:
        """Keep ``connection`` for the next page of ``user``, unless their access has ended meanwhile."""
        with self._lock:
            if user.security_epoch < self._epochs.get(user.pk, 0):
                connection.drop()
                return
            self._idle.append((key_of(user), time.monotonic(), connection))
            superfluous = self._idle[: -settings.MAIL_CONNECTIONS]
            del self._idle[: len(superfluous)]
            self._plan_sweep()
        drop_all(superfluous)

    def pause(self, seconds: float, key: tuple | None = None, error: type[MailServerDown] = MailServerDown):
        """Answer ``error`` at once for ``seconds``: to the person of ``key``, or to everybody."""
        with self._lock:
            self._closed_until[key] = (time.monotonic() + seconds, error)
        return error(timezone.now() + timedelta(seconds=seconds))

    def let_go(self, user_id: int, epoch: int) -> None:
        """Close what was opened for the person before ``epoch``; what is in use now is closed when it is given back."""
        with self._lock:
            self._epochs[user_id] = max(epoch, self._epochs.get(user_id, 0))
            ended = [entry for entry in self._idle if entry[0][0] == user_id and entry[0][1] < epoch]
            self._idle = [entry for entry in self._idle if entry not in ended]
        drop_all(ended)

    def clear(self) -> None:
        """Close every unused connection and forget every failure."""
        with self._lock:
            dropped, self._idle = self._idle, []
            self._closed_until.clear()
            self._epochs.clear()
            if self._sweeper:
                self._sweeper.cancel()
                self._sweeper = None
        drop_all(dropped)

    def _pop(self, key: tuple) -> Connection | None:
        with self._lock:
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index][0] == key:
                    return self._idle.pop(index)[2]
        return None

    def _open(self, user: User, key: tuple) -> Connection:
        self._refuse_while_paused(key)
        if not self._room.acquire(blocking=False):
            raise MailServerDown(timezone.now() + timedelta(seconds=BUSY_SECONDS))
        try:
            if not self._openings.acquire(timeout=CONNECT_SECONDS):
                raise MailServerDown(timezone.now() + timedelta(seconds=BUSY_SECONDS))
            try:
                return Connection(settings.MAIL_IMAP_URL, user.username, mail_token(user))
            except LoginError as error:
                log.warning("The mail server refused the sign-in of %s: %s", user.username, error)
                raise self.pause(PAUSE_SECONDS, key, SignInRefused) from error
            except (OSError, IMAPClientError) as error:
                log.warning("The mail server does not answer: %s", error)
                raise self.pause(PAUSE_SECONDS) from error
            finally:
                self._openings.release()
        finally:
            self._room.release()

    def _refuse_while_paused(self, key: tuple) -> None:
        now = time.monotonic()
        with self._lock:
            for name in (None, key):
                until, error = self._closed_until.get(name, (0, MailServerDown))
                if until > now:
                    raise error(timezone.now() + timedelta(seconds=until - now))
                self._closed_until.pop(name, None)

    def _plan_sweep(self) -> None:
        if self._sweeper is None and self._idle:
            self._sweeper = threading.Timer(settings.MAIL_IDLE_SECONDS, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        """Close what nobody has used for MAIL_IDLE_SECONDS."""
        oldest = time.monotonic() - settings.MAIL_IDLE_SECONDS
        with self._lock:
            dropped = [entry for entry in self._idle if entry[1] <= oldest]
            self._idle = [entry for entry in self._idle if entry[1] > oldest]
            self._sweeper = None
            self._plan_sweep()
        drop_all(dropped)


def key_of(user: User) -> tuple:
    """Return whose a connection is: raising the person's epoch leaves the old ones unused."""
    return (user.pk, user.security_epoch)


def greets(url: str) -> bool:
    """Whether the mail server says hello to somebody else, and soon."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "imaps"
    context = ssl.create_default_context() if is_tls else None
    patience = SocketTimeout(HELLO_SECONDS, HELLO_SECONDS)
    try:
        look_up(parts.hostname, parts.port or 0, HELLO_SECONDS)
        IMAPClient(parts.hostname, parts.port, ssl=is_tls, ssl_context=context, timeout=patience).shutdown()
    except (OSError, IMAPClientError):
        return False
    return True


def drop_all(entries) -> None:
    for _, _, connection in entries:
        connection.drop()


POOL = Pool()


@receiver(access_ended)
def let_go(sender, user_id, epoch, sid, **kwargs):
    """A session that ended leaves the mailbox to the person's other ones; all else closes it."""
    if not sid:
        POOL.let_go(user_id, epoch)


@contextmanager
def mailbox_of(user: User) -> Iterator[Connection]:
    """Lend a connection to the mailbox of ``user``. Raises MailServerDown.

    A connection is kept only after an orderly end: what stopped in the middle of an answer is dropped.
    """
    connection = POOL.take(user)
    connection.is_fresh = False
    try:
        yield connection
    except (Missing, NotAllowed):
        POOL.give(user, connection)
        raise
    except (OSError, IMAPClientAbortError) as error:
        connection.drop()
        log.warning("The mail server broke off for %s: %s", user.username, error)
        # A folder that is gone, or a search that takes too long, is no reason to keep everybody else out.
        if not greets(settings.MAIL_IMAP_URL):
            raise POOL.pause(PAUSE_SECONDS) from error
        if isinstance(error, TimeoutError):
            raise POOL.pause(PAUSE_SECONDS, key_of(user)) from error
        raise BrokeOff(timezone.now()) from error
    except IMAPClientError as error:
        connection.drop()
        log.warning("The mail server would not do something for %s: %s", user.username, error)
        raise BrokeOff(timezone.now()) from error
    except BaseException:
        connection.drop()
        raise
    POOL.give(user, connection)
