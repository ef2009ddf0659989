"""What the log leaves out."""

import logging

QUIET_SECONDS = 60


class OncePerMinute(logging.Filter):
    """Lets one line a minute pass, with the reason instead of the traceback: of a cache that is away every call
    would tell the same.
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
            record.msg, record.args = f"{record.getMessage()}: {type(reason).__name__}: {reason}", ()
            record.exc_info = record.exc_text = None
        return True
