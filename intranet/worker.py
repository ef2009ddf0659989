"""The jobs of the suite, done one after the other. None is lost when its worker dies or the database is away."""

import logging
import socket
import time
from hashlib import sha256

from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

log = logging.getLogger(__name__)
WORDS = ("--queue-name=*", "--interval=0.2", "--no-startup-delay", "--no-reload")
AGAIN_SECONDS = 1  # after the database was away
TIMES = 3  # that a job is begun; it may be what kills its worker


class WorkerDied(Exception):
    """The process that did the job ended in the middle of it."""


def work() -> None:
    """Do what is to be done until SIGTERM; while the database is away, wait for it."""
    name, trouble = worker_name(), ""
    while True:
        try:
            take_back(name)
            if trouble:
                log.warning("The jobs go on.")
            trouble = ""
            call_command("db_worker", *WORDS, f"--worker-id={name}")
            return
        except Error as error:
            before, trouble = trouble, " ".join(str(error).split())
            if trouble != before:
                log.error("The jobs wait for the database: %s", trouble)
            connection.close()
            time.sleep(AGAIN_SECONDS)


def worker_name() -> str:
    """Return what names the worker of this installation on this machine, the same after each start."""
    place = sha256(str(settings.VAR_DIR.resolve()).encode()).hexdigest()[:12]
    return f"{socket.gethostname()[:50]}:{place}"


@transaction.atomic
def take_back(name: str) -> None:
    """Have the jobs done again in whose middle the worker ``name`` died; each may run twice."""
    for job in DBTaskResult.objects.running().select_for_update():
        if job.worker_ids[-1:] != [name]:
            continue
        if len(job.worker_ids) < TIMES:
            log.warning("The job %s was cut short and is done again.", job.task_path)
            DBTaskResult.objects.filter(pk=job.pk).update(status=TaskResultStatus.READY)
        else:
            log.error("The job %s was cut short %s times and is given up.", job.task_path, TIMES)
            job.set_failed(WorkerDied())
