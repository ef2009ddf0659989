"""The mail directory (LDAP): connections to it, what it says, and passwords in it."""

from sso.directory.connection import (
    OUTAGES,
    DirectoryIncomplete,
    DirectoryUnavailable,
    LineBroken,
    connection,
    known_since,
    note_answer,
    note_outage,
    reason_of,
    refuse_during_pause,
)
from sso.directory.entries import PersonEntry, PostEntry, RoleEntry, UnitEntry, canonical, post_of
from sso.directory.passwords import PasswordRefused
from sso.directory.reading import Snapshot, read_directory, read_entries

__all__ = [
    "OUTAGES",
    "DirectoryIncomplete",
    "DirectoryUnavailable",
    "LineBroken",
    "PasswordRefused",
    "PersonEntry",
    "PostEntry",
    "RoleEntry",
    "Snapshot",
    "UnitEntry",
    "canonical",
    "connection",
    "known_since",
    "note_answer",
    "note_outage",
    "post_of",
    "read_directory",
    "read_entries",
    "reason_of",
    "refuse_during_pause",
]
