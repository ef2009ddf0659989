"""What a plug-in offers is asked for behind a guard: when it breaks, the rest of the page stays whole."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from intranet.plugins import Plugin

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
Other = TypeVar("Other")


def guarded(plugin: "Plugin", part: str, ask: Callable[[], Answer], otherwise: Other) -> Answer | Other:
    """Return what ``ask`` returns; when it fails, write a line into the log and return ``otherwise``."""
    try:
        return ask()
    except Exception:
        log.exception("%s of %s is broken.", part, plugin.slug)
        return otherwise
