"""Background work. `manage.py remind_of_deadlines` enqueues it every hour."""

import logging

from django.utils import timezone
from django_tasks import task

from apps.tasks import services

log = logging.getLogger(__name__)
FIRST_HOUR = 7  # who is reminded is at work, or on the way


@task()
def remind_of_deadlines() -> int:
    """Remind those who carry out a task the last working day before it is due and on the day; each time once."""
    if timezone.localtime().hour < FIRST_HOUR:
        return 0
    count = services.remind_of_deadlines()
    if count:
        log.info("Reminded of %s deadlines.", count)
    return count
