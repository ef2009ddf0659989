"""How many wrong passwords are let through to the directory, counted in the shared cache.

The numbers are settings.SIGN_IN_TRIES. The counts of an account end when it had no failure for WINDOW seconds, or with
the right password; that of an address, which a whole ministry may share, WINDOW seconds after it began.

An account is its entry in the directory, whatever spelling or address of it was typed. Its count is raised before the
password is looked at, so that many tries at once cannot pass it: it protects the mailbox, which the directory
would lock. What stands before the @ of the name that was typed is counted besides, whether such an account exists or
not: else tries by the account and then by its address would tell. Without a cache the directory's own limit remains.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

WINDOW = 300
LIMITS = {"pair": "pair", "name": "pair", "address": "address"}  # of what is counted after a wrong password


class TooManyTries(Exception):
    """No further password is looked at for now."""


@dataclass(frozen=True)
class Tries:
    """The tries for one account, from one address; ``typed`` is what it was called, "" for whoever is signed in."""

    account: str
    address: str
    typed: str = ""

    def begin(self) -> None:
        """Count a try before its outcome is known. Raises TooManyTries."""
        here = {self.key(name): settings.SIGN_IN_TRIES[limit] for name, limit in LIMITS.items()}
        if any(count >= here[key] for key, count in cache.get_many(here).items()):
            raise TooManyTries
        if count_up(self.key("account")) > settings.SIGN_IN_TRIES["account"]:
            raise TooManyTries

    def failed(self) -> None:
        for name in LIMITS:
            count_up(self.key(name))
        with suppress(RedisError):  # django-redis ignores the absence of Redis everywhere but here
            for name in ("pair", "name", "account"):
                cache.touch(self.key(name), WINDOW)

    def succeeded(self) -> None:
        cache.delete_many([self.key("pair"), self.key("name"), self.key("account")])

    def take_back(self) -> None:
        """The password was not looked at."""
        count_up(self.key("account"), -1)

    def key(self, name: str) -> str:
        here = network_of(self.address)
        parts = {
            "pair": f"{self.account} {here}",
            "name": f"{self.typed.partition('@')[0] or self.account} {here}",
            "account": self.account,
            "address": here,
        }
        return f"sso.tries.{name}.{sha256(parts[name].encode()).hexdigest()}"


@lru_cache(maxsize=1000)
def network_of(address: str) -> str:
    """Return ``address``, or what one computer has of IPv6: it takes another address of its /64 whenever it likes."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    known = getattr(known, "ipv4_mapped", None) or known
    return str(known if known.version == 4 else ip_network((known, 64), strict=False))


def count_up(key: str, by: int = 1) -> int:
    if cache.add(key, by, WINDOW):
        return by
    try:
        return cache.incr(key, by) or 0  # None: the cache is away
    except ValueError:  # it ended this moment
        return 0
