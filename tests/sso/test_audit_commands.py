"""The commands of the record: verifying, sealing, and removing what is too old."""

import errno
import gzip
import json
from datetime import timedelta
from io import StringIO
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from sso.models import AuditEntry, AuditSeal
from sso.services import seals
from sso.services.audit import Action, record
from sso.services.seals import Broken, seal, shorten, verify
from tests.sso.record import some_entries, triggers_off

pytestmark = pytest.mark.django_db


# --- the commands --------------------------------------------------------------------------------


def output_of(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_verify_audit_seals_and_says_intact(sealed):
    record(Action.SIGNED_IN)

    said = output_of("verify_audit")

    newest = AuditSeal.objects.get(number=4)
    assert "Intact: 10 entries in 4 seals, 0 removed by shorten_audit, 0 not sealed yet." in said
    assert f"Newest seal: 4 up to entry {newest.last}, {newest.hash}" in said
    assert "in 4 seals" in output_of("verify_audit", "--anchor", newest.hash)
    assert "in 4 seals" in output_of("verify_audit", "--from", "2020-01-01", "--to", "2999-01-01T08:00")
    assert "Intact: 0 entries" in output_of("verify_audit", "--from", "2999-01-01")


def test_verify_audit_names_the_broken_entry_and_fails(sealed):
    with triggers_off() as cursor:
        cursor.execute("UPDATE sso_auditentry SET cause = 'x' WHERE id = %s", [sealed[5]])

    with pytest.raises(CommandError, match=f"^Entry {sealed[5]} was changed"):
        call_command("verify_audit")


def test_seal_audit_prints_the_anchor():
    keys = some_entries()

    said = output_of("seal_audit")

    newest = AuditSeal.objects.get()
    assert said.split() == ["1", str(keys[-1]), newest.hash]


def test_an_hours_first_seal_is_logged(caplog):
    keys = some_entries()

    with caplog.at_level("INFO", "sso"):
        seal()

    assert f"Record sealed to entry {keys[-1]}: seal 1, {AuditSeal.objects.get().hash}" in caplog.text


# --- removing what is too old --------------------------------------------------------------------


@pytest.fixture
def two_years(monkeypatch):
    """Seals of two years ago (three entries), of a year and a half ago (three), of today (three)."""
    keys, now = [], timezone.now()
    for days in (730, 550, 0):
        keys += some_entries()
        monkeypatch.setattr(seals.timezone, "now", lambda days=days: now - timedelta(days=days))
        seal()
    monkeypatch.undo()
    return keys


def test_old_entries_go_into_a_file_and_the_rest_stays_verifiable(two_years, tmp_path):
    day = (timezone.now() - timedelta(days=400)).date().isoformat()

    said = output_of(
        "shorten_audit", "--before", day, "--into", str(tmp_path / "old.gz"), "--cause", "QĐ 12/QĐ"
    )

    with gzip.open(tmp_path / "old.gz", "rt", encoding="utf-8") as file:
        kept = [json.loads(line) for line in file]
    assert [row[0] for row in kept] == two_years[:6]
    assert "6 entries removed." in said
    note = AuditEntry.objects.order_by("-pk")[0]
    assert (note.action, note.cause, note.facts["entries"]) == ("record_shortened", "QĐ 12/QĐ", 6)
    assert list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True)) == [*two_years[6:], note.pk]
    verdict = verify()
    assert (verdict.seals, verdict.removed, verdict.entries, verdict.unsealed) == (3, 6, 3, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_what_is_younger_than_a_year_stays(two_years, tmp_path):
    day = timezone.now().date().isoformat()

    with pytest.raises(CommandError, match="a year at least"):
        output_of("shorten_audit", "--before", day, "--into", str(tmp_path / "old.gz"), "--cause", "x")

    assert AuditEntry.objects.count() == 9
    assert not (tmp_path / "old.gz").exists()  # so that another day can be said with the same name


def test_entries_stay_when_their_file_cannot_be_written_to_its_end(two_years, tmp_path, monkeypatch):
    day = (timezone.now() - timedelta(days=400)).date().isoformat()
    monkeypatch.setattr("os.fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))

    with pytest.raises(CommandError, match="No space left"):
        output_of("shorten_audit", "--before", day, "--into", str(tmp_path / "old.gz"), "--cause", "x")

    assert AuditEntry.objects.count() == 9
    assert not (tmp_path / "old.gz").exists()


def test_a_file_that_is_there_already_is_not_touched(two_years, tmp_path):
    day = (timezone.now() - timedelta(days=400)).date().isoformat()
    (tmp_path / "old.gz").write_text("of the year before")

    with pytest.raises(CommandError, match="File exists"):
        output_of("shorten_audit", "--before", day, "--into", str(tmp_path / "old.gz"), "--cause", "x")

    assert AuditEntry.objects.count() == 9
    assert (tmp_path / "old.gz").read_text() == "of the year before"


def test_a_broken_record_is_not_shortened(two_years):
    with triggers_off() as cursor:
        cursor.execute("UPDATE sso_auditentry SET cause = 'x' WHERE id = %s", [two_years[1]])

    with pytest.raises(Broken):
        shorten(timezone.now() - timedelta(days=400), "x", lambda entries: None)

    assert AuditEntry.objects.count() == 9


def test_shortening_twice_removes_nothing_more(two_years):
    day = timezone.now() - timedelta(days=400)

    assert [shorten(day, "x", lambda entries: None) for _time in range(2)] == [6, 0]
    assert verify().removed == 6
