"""What is logged, and what is left out."""

import logging
import re
from typing import Any

from intranet.outage import is_outage

QUIET_SECONDS = 60
# In an address, as secrets.token_urlsafe makes it: of an invitation, of a calendar's feed.
TOKEN = re.compile(r"(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{32,}", re.ASCII)

# What Django refuses of anybody's request before a page is asked, and tells with a traceback.
REFUSALS = ["DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent"]


def configuration(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: all on the console, other packages from ``level`` on, our own code from INFO."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "filters": {
            "once_per_minute": {"()": OncePerMinute},
            "outages_once_per_minute": {"()": OutagesOncePerMinute},
            "refusals_once_per_minute": {"()": OncePerMinute},
            "no_tokens": {"()": NoTokens},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "WARNING"},
            "django.request": {"filters": ["no_tokens", "outages_once_per_minute"]},
            "django.security.csrf": {"filters": ["no_tokens"]},
            **{f"django.security.{name}": {"filters": ["refusals_once_per_minute"]} for name in REFUSALS},
            "django_auth_ldap": {"level": "WARNING"},  # below it writes down what was typed as the account
            "django_redis.cache": {"filters": ["once_per_minute"]},
            "django_tasks": {"level": "WARNING"},  # below it are two lines for each job
            "intranet": {"level": "INFO"},
            "sso": {"level": "INFO"},
            "apps": {"level": "INFO"},
        },
    }


class OncePerMinute(logging.Filter):
    """Lets one line a minute pass, with the reason instead of the traceback: of a cache that is away every call would
    tell the same, and for a host that is not ours anybody may ask as often as they like.
    """

    def __init__(self):
        super().__init__()
        self.quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.created < self.quiet_until:
            return False
        self.quiet_until = record.created + QUIET_SECONDS
        if record.exc_info:
            error = record.exc_info[1]
            reason = error.__cause__ or error
            text = " ".join(str(reason).split())  # a server may say it in several lines
            record.msg, record.args = f"{record.getMessage()}: {type(reason).__name__}: {text}", ()
            record.exc_info = record.exc_text = None
        return True


class OutagesOncePerMinute(OncePerMinute):
    """Lets all pass but that the database is away: every request would tell it, with a traceback of a hundred lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and is_outage(record.exc_info[1])) or super().filter(record)


class NoTokens(logging.Filter):
    """Leaves out of an address what opens something by itself: whoever reads the log could follow it."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if TOKEN.search(text):
            record.msg, record.args = TOKEN.sub("…", text), ()
        return True
