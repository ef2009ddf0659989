"""Sealing while many write: no entry is left out or turns up late, and nobody waits for the sealer."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from sso.models import AuditEntry, AuditSeal
from sso.services.audit import Action, record
from sso.services.seals import DIGEST, seal, verify

pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
]


@contextmanager
def unfinished_entry():
    """An entry that is written and not committed before the block ends."""
    written, may_commit = Event(), Event()

    def write():
        with transaction.atomic():
            record(Action.SIGNED_IN, cause="slow")
            written.set()
            may_commit.wait(10)
        connection.close()

    writer = Thread(target=write)
    writer.start()
    assert written.wait(10)
    try:
        yield
    finally:
        may_commit.set()
        writer.join()


def test_an_earlier_key_that_commits_later_is_waited_for():
    with unfinished_entry():
        record(Action.SIGNED_IN, cause="quick")

        assert (AuditEntry.objects.count(), seal(patience=0.05)) == (1, 0)

    assert seal() == 2
    assert list(AuditEntry.objects.order_by("pk").values_list("cause", flat=True)) == ["slow", "quick"]
    assert verify().entries == 2


def test_nobody_waits_for_the_sealer():
    with unfinished_entry(), ThreadPoolExecutor(1) as pool:
        record(Action.SIGNED_IN)
        sealing = pool.submit(seal, patience=0.5)
        start = time.monotonic()
        while not sealing.done():
            record(Action.SIGNED_IN)
        passed, count = time.monotonic() - start, AuditEntry.objects.count()

    assert sealing.result() == 0
    assert count > 20 * passed


def test_an_entry_rolled_back_holds_nothing_up():
    with transaction.atomic():
        record(Action.SIGNED_IN)
        transaction.set_rollback(True)
    record(Action.SIGNED_IN)

    assert seal() == 1


def test_each_entry_is_sealed_once_whoever_writes_and_seals_when():
    writers, sealers, each, stop = 6, 2, 60, Event()

    def write(number):
        random = Random(number)
        for _round in range(each):
            with transaction.atomic():
                for _entry in range(random.randint(1, 3)):
                    record(Action.SIGNED_IN)
                time.sleep(random.choice([0, 0, 0, 0.002, 0.01]))
                if random.random() < 0.2:
                    transaction.set_rollback(True)
        connection.close()

    def keep_sealing(_number):
        while not stop.is_set():
            seal()
        connection.close()

    with ThreadPoolExecutor(writers + sealers) as pool:
        sealing = [pool.submit(keep_sealing, number) for number in range(sealers)]
        for one in [pool.submit(write, number) for number in range(writers)]:
            one.result()
        stop.set()
        for one in sealing:
            one.result()
    seal()

    seals = AuditSeal.objects.order_by("number")
    sealed = [key for made in seals for key, _digest in DIGEST.iter_unpack(bytes(made.digests))]
    assert sealed == list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    assert (verify().entries, verify().unsealed) == (len(sealed), 0)
    assert len(seals) > 5
