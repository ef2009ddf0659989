"""Background work of the shell. `manage.py delete_old_notices` enqueues it once a day."""

import logging

from django_tasks import task

from intranet import services

log = logging.getLogger(__name__)


@task()
def delete_old_notices() -> int:
    """Delete the notices nobody needs any more; running twice does no harm."""
    count = services.delete_old_notices()
    log.info("Deleted %s old notices.", count)
    return count
