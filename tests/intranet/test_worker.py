"""Jobs outlive the worker that does them and the database's absence."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from demo.servers.process import wait_until
from intranet.worker import ORDINARY, TIMES, take_back, worker_name
from tests.databases import sqlite_copy


@pytest.fixture
def running(db):
    """A job that the worker here has begun."""
    job = DBTaskResult.objects.create(
        task_path="sso.jobs.send_logouts",
        args_kwargs={"args": [[]], "kwargs": {}},
        backend_name="default",
        run_after=timezone.now(),
    )
    job.claim(worker_name(ORDINARY))
    return job


def test_a_job_whose_worker_died_is_done_again(running, caplog):
    take_back(worker_name(ORDINARY))

    running.refresh_from_db()
    assert running.status == TaskResultStatus.READY
    assert "send_logouts was cut short and is done again." in caplog.text


def test_a_job_of_a_worker_elsewhere_is_left_to_it(running):
    take_back("elsewhere")

    running.refresh_from_db()
    assert running.status == TaskResultStatus.RUNNING


def test_a_job_that_kills_its_workers_is_given_up(running, caplog):
    for _time in range(TIMES - 1):
        take_back(worker_name(ORDINARY))
        running.refresh_from_db()
        running.claim(worker_name(ORDINARY))

    take_back(worker_name(ORDINARY))

    running.refresh_from_db()
    assert (running.status, running.exception_class_path) == (
        TaskResultStatus.FAILED,
        "intranet.worker.WorkerDied",
    )
    assert f"send_logouts was cut short {TIMES} times and is given up." in caplog.text


WORK = "import django; django.setup(); from intranet import worker; {}worker.work()"


@task()
def hang() -> None:
    time.sleep(600)


def working(folder: Path, database: Path, first: str = "") -> subprocess.Popen:
    """Return a worker, which tells what it does in the file "log" of ``folder``."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("INTRANET_")}
    environment |= {"DJANGO_SETTINGS_MODULE": "intranet.settings", "INTRANET_VAR": str(folder)}
    environment |= {"INTRANET_DATABASE_URL": f"sqlite:///{database}"}
    words = [sys.executable, "-c", WORK.format(first)]
    with (folder / "log").open("wb") as out:
        return subprocess.Popen(words, cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out)


@pytest.mark.any_database
def test_a_job_that_does_not_end_ends_its_worker(tmp_path):
    first = "worker.LONGEST_SECONDS = 1; from tests.intranet.test_worker import hang; hang.enqueue(); "
    worker = working(tmp_path, sqlite_copy(tmp_path), first)
    try:
        assert worker.wait(60) == 1
    finally:
        worker.kill()

    told = (tmp_path / "log").read_text()
    assert "ERROR intranet.service: The job tests.intranet.test_worker.hang has not ended within" in told
    assert re.search(r"test_worker\.py\", line \d+ in hang", told)


@pytest.mark.any_database
def test_while_the_database_is_away_the_worker_waits_for_it(tmp_path):
    log, place = tmp_path / "log", tmp_path / "not-there-yet"
    worker = working(tmp_path, place / "db.sqlite3")
    try:
        wait_until(lambda: "wait for the database: unable to open" in log.read_text(), 20)
        Path(sqlite_copy(tmp_path)).rename(tmp_path / "db.sqlite3")
        place.symlink_to(tmp_path)
        wait_until(lambda: log.read_text().count("The jobs go on.") == 2, 10)
    finally:
        worker.send_signal(signal.SIGTERM)

    assert worker.wait(10) == 0
    assert "Traceback" not in log.read_text()
