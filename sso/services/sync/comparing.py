"""Comparing all of the directory with our copy of it: what it does not tell a follower.

A container that is renamed changes the DNs of all below it, and other rights change what we are shown, but no entry:
neither is an event of syncrepl (RFC 4533).
"""

import logging
from uuid import UUID

from django.db import transaction

from sso.directory import Snapshot, read_directory, read_entries
from sso.models import DirectoryEntry
from sso.services.sync.guard import refuse_incomplete
from sso.services.sync.keys import refuse_new_keys
from sso.services.sync.work import Report, apply, one_writer

log = logging.getLogger(__name__)


def compare_directory() -> Report:
    """Bring in what the directory says otherwise than our copy, and return what changed.

    The follower goes on while all is read; what differs is read again while nobody else brings changes in, so that
    nothing has grown old. Too many who would be put out wait for a yes, as always. Raises as ``read_directory``.
    """
    read = read_directory()
    refuse_incomplete(read)
    refuse_new_keys(read, keys_in(read))
    if not differing(read):
        return Report()
    with transaction.atomic():
        one_writer()
        keys = differing(
            read
        )  # without what the follower has brought in meanwhile, such as all of it at a first start
        if not keys:
            return Report()
        said = read_entries(keys, with_csn=True)
        report = apply(said, keys - keys_in(said))
    log.warning("The directory had changed without telling: %s", dict(report.counts) or "nothing that counts")
    return report


def keys_in(said: Snapshot) -> set[UUID]:
    return {entry.key for entry in (*said.entries(), *said.unread)}


def differing(read: Snapshot) -> set[UUID]:
    """Return the keys of what is shown otherwise than it is known, and of what is not shown any more.

    What changed after everything that ``read`` shows is left to the follower: a directory in reserve lags behind.
    """
    shown = {entry.key: entry for entry in read.entries()}
    unread = {entry.key for entry in read.unread}
    newest = max((entry.csn for entry in shown.values()), default="")
    found, known = set(), set()
    for row in DirectoryEntry.objects.iterator():
        known.add(row.key)
        entry = shown.get(row.key)
        if entry is None:
            if row.gone_at is None and row.key not in unread and row.csn <= newest:
                found.add(row.key)
        elif (row.dn, row.facts, row.gone_at) != (entry.dn, entry.facts, None) and row.csn <= entry.csn:
            found.add(row.key)
    return found | (shown.keys() - known)
