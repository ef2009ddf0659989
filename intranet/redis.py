"""The client of the cache. A Redis that hangs costs a page one wait, not one for each of its questions."""

import time

from redis import ConnectionError, Redis, TimeoutError

REST_SECONDS = 2

rests_until = 0.0  # by time.monotonic(), for all threads of this process


class PatientRedis(Redis):
    """Asks nothing for a moment after there was no answer: django-redis takes that for a miss, as any other failure."""

    def execute_command(self, *args, **options):
        global rests_until
        refuse_while_it_rests()
        try:
            return super().execute_command(*args, **options)
        except (ConnectionError, TimeoutError):
            rests_until = time.monotonic() + REST_SECONDS
            raise

    def pipeline(self, *args, **options):
        refuse_while_it_rests()
        return super().pipeline(*args, **options)


def refuse_while_it_rests() -> None:
    """Raises ConnectionError."""
    if time.monotonic() < rests_until:
        raise ConnectionError("it did not answer a moment ago")
