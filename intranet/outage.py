"""The database away, full or for reading only: what time mends, and not our code."""

from django.db.utils import Error, InterfaceError, OperationalError

READ_ONLY = "25006"  # SQLSTATE: PostgreSQL while another machine takes over


def is_outage(error: BaseException | None) -> bool:
    """Say whether ``error`` means that the database cannot serve at the moment."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, Error) and getattr(error.__cause__, "sqlstate", None) == READ_ONLY
