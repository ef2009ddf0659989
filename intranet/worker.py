"""The jobs of the suite, in two lanes: what nobody may wait for is done beside whatever takes long.

No job is lost when its worker dies or the database is away.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.conf import settings
from django.db import Error, connection, transaction
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from intranet.service import time_limit

log = logging.getLogger(__name__)
ORDINARY, URGENT = "default", "urgent"  # the queues of settings.TASKS
EVERY_SECONDS = 0.2
AGAIN_SECONDS = 1  # after the database was away
LONGEST_SECONDS = 900  # of a job; a hanging system or a large file takes half a minute
LAST_SECONDS = 8  # for the urgent job in hand when the process ends
TIMES = 3  # that a job is begun; it may be what kills its worker


class WorkerDied(Exception):
    """The process that did the job ended in the middle of it."""


class OurWorker(Worker):
    """Does the jobs of ``queue``, one after the other; its process ends with one that does not end."""

    def __init__(self, queue: str):
        super().__init__(
            queue_names=[queue],
            interval=EVERY_SECONDS,
            batch=False,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_name(queue),
        )

    def run_task(self, job: DBTaskResult) -> None:
        with time_limit(LONGEST_SECONDS, f"The job {job.task_path}"):
            super().run_task(job)


def work() -> None:
    """Do all jobs until SIGTERM."""
    worker = OurWorker(ORDINARY)
    worker.configure_signals()
    with lane(URGENT):
        keep_at(worker)


@contextmanager
def lane(queue: str) -> Iterator[None]:
    """Do the jobs of ``queue`` in a thread, until the end of the block."""
    worker = OurWorker(queue)
    thread = threading.Thread(target=keep_at, args=[worker], name=f"jobs.{queue}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.running = False
        thread.join(LAST_SECONDS)


def keep_at(worker: OurWorker) -> None:
    """Have ``worker`` do its jobs until it ends; while the database is away, wait for it."""
    trouble = ""
    while worker.running:
        try:
            take_back(worker.worker_id)
            if trouble:
                log.warning("The jobs go on.")
            trouble = ""
            worker.run()
        except Error as error:
            before, trouble = trouble, " ".join(str(error).split())
            if trouble != before:
                log.error("The jobs wait for the database: %s", trouble)
            connection.close()
            time.sleep(AGAIN_SECONDS)
    connection.close()


def worker_name(queue: str) -> str:
    """Return what names the worker of this installation on this machine, the same after each start."""
    place = sha256(str(settings.VAR_DIR.resolve()).encode()).hexdigest()[:12]
    return f"{socket.gethostname()[:40]}:{place}:{queue}"


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
