"""How many wrong passwords are let through to the directory, counted in the shared cache.

The numbers are settings.SIGN_IN_TRIES. The counts of an account end when it had no failure for WINDOW seconds, or with
the right password; that of an address, which a whole ministry may share, WINDOW seconds after it began.

An account is its entry in the directory, whatever spelling or address of it was typed. Its count is raised before the
password is looked at, so that many tries at once cannot pass it: it protects the mailbox, which the directory
would lock. Without a cache the directory's own limit remains.
"""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

WINDOW = 300


class TooManyTries(Exception):
    """No further password is looked at for now."""


@dataclass(frozen=True)
class Tries:
    """The tries for one account from one address."""

    account: str
    address: str

    def begin(self) -> None:
        """Count a try before its outcome is known. Raises TooManyTries."""
        here = {self.key("pair"): "pair", self.key("address"): "address"}
        for key, count in cache.get_many(here).items():
            if count >= settings.SIGN_IN_TRIES[here[key]]:
                raise TooManyTries
        if count_up(self.key("account")) > settings.SIGN_IN_TRIES["account"]:
            raise TooManyTries

    def failed(self) -> None:
        for name in ("pair", "address"):
            count_up(self.key(name))
        with suppress(RedisError):  # django-redis ignores the absence of Redis everywhere but here
            for name in ("pair", "account"):
                cache.touch(self.key(name), WINDOW)

    def succeeded(self) -> None:
        cache.delete_many([self.key("pair"), self.key("account")])

    def take_back(self) -> None:
        """The password was not looked at."""
        count_up(self.key("account"), -1)

    def key(self, name: str) -> str:
        parts = {"pair": f"{self.account} {self.address}", "account": self.account, "address": self.address}
        return f"sso.tries.{name}.{sha256(parts[name].encode()).hexdigest()}"


def count_up(key: str, by: int = 1) -> int:
    if cache.add(key, by, WINDOW):
        return by
    try:
        return cache.incr(key, by) or 0  # None: the cache is away
    except ValueError:  # it ended this moment
        return 0
