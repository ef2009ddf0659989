"""Bringing the directory's units, people, posts and roles in. Everything is matched by entryUUID.

Nobody and no unit is ever deleted: who has left or is locked is disabled, a unit or post that has gone ends yesterday.
``sync`` takes the whole directory, ``apply`` what has changed in it; both go the same way (``work``).
"""

from sso.services.sync.guard import NeedsConfirmation
from sso.services.sync.work import Report, apply, sync, sync_now

__all__ = ["NeedsConfirmation", "Report", "apply", "sync", "sync_now"]
