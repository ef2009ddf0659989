"""The record cannot be changed unseen: append-only tables, seals, and what ``verify_audit`` says of each tampering."""

import gzip
import json
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sso.models import AuditEntry, AuditSeal
from sso.services import seals
from sso.services.audit import Action, record
from sso.services.seals import Broken, seal, shorten, verify
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
TABLES = ["sso_auditentry", "sso_auditseal"]


@contextmanager
def triggers_off():
    """What somebody may do who owns the tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'sso_audit%'"
            )
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield cursor
            for _name, sql in triggers:
                cursor.execute(sql)


def some_entries(count: int = 3) -> list[int]:
    person = UserFactory(username=f"nguoi-{UserFactory.create().pk}")
    for number in range(count):
        record(Action.SIGNED_IN, person=person, client="wiki", cause=f"cause {number}", number=number)
    return list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[:count])[::-1]


@pytest.fixture
def sealed():
    """Three seals of three entries each; returns the keys of the entries."""
    keys = []
    for _round in range(3):
        keys += some_entries()
        assert seal() == 3
    return keys


# --- append-only ---------------------------------------------------------------------------------


REFUSED = [
    "UPDATE sso_auditentry SET cause = 'x'",
    "UPDATE sso_auditseal SET hash = 'x'",
    *(f"DELETE FROM {table}" for table in TABLES),  # noqa: S608
    *(f"TRUNCATE {table}" for table in TABLES if connection.vendor == "postgresql"),
]


@pytest.mark.parametrize("act", REFUSED)
def test_the_database_refuses_to_change_the_record(sealed, act):
    before = list(AuditEntry.objects.values()), list(AuditSeal.objects.values_list("hash"))

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(act)

    assert (list(AuditEntry.objects.values()), list(AuditSeal.objects.values_list("hash"))) == before


def test_the_orm_cannot_change_it_either(sealed):
    entry = AuditEntry.objects.last()
    entry.cause = "another"

    for act in (entry.save, entry.delete, AuditSeal.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


@pytest.mark.django_db(transaction=True)
def test_emptying_the_database_leaves_the_record():
    UserFactory()
    record(Action.SIGNED_IN)
    count = AuditEntry.objects.count()

    call_command("flush", interactive=False, verbosity=0)

    assert (AuditEntry.objects.count(), UserFactory._meta.model.objects.count()) == (count, 0)


def test_a_person_may_go_and_the_entry_stays(sealed):
    entry = AuditEntry.objects.get(pk=sealed[0])

    UserFactory._meta.model.objects.filter(pk=entry.person_id).delete()

    assert AuditEntry.objects.get(pk=sealed[0]).person_name == entry.person_name != ""
    assert verify().entries == 9


# --- the chain -----------------------------------------------------------------------------------


def test_an_untouched_record_is_intact(sealed):
    record(Action.SIGNED_OUT)

    verdict = verify()

    assert (verdict.seals, verdict.entries, verdict.removed, verdict.unsealed) == (3, 9, 0, 1)
    assert verdict.newest == AuditSeal.objects.get(number=3)


def test_nothing_to_seal_makes_no_seal(sealed):
    assert seal() == 0
    assert AuditSeal.objects.count() == 3


COLUMNS = {
    "at": "2020-01-01 00:00:00", "action": "signed_out", "person_id": 7, "person_name": "x", "by_id": 7,
    "by_name": "x", "for_whom_id": 7, "for_whom_name": "x", "client": "x", "client_name": "x", "address": "10.0.0.1",
    "cause": "x", "detail": '{"number":3}',
}  # fmt: skip


def test_the_table_above_names_every_column():
    assert {"id", *COLUMNS} == {field.column for field in AuditEntry._meta.concrete_fields}


@pytest.mark.parametrize(("name", "value"), COLUMNS.items())
def test_a_changed_column_is_found(sealed, name, value):
    with triggers_off() as cursor:
        cursor.execute(f"UPDATE sso_auditentry SET {name} = %s WHERE id = %s", [value, sealed[4]])  # noqa: S608

    with pytest.raises(Broken, match=f"^Entry {sealed[4]} was changed"):
        verify()


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_removed_entry_is_found(sealed, place):
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditentry WHERE id = %s", [sealed[place]])

    with pytest.raises(Broken, match=f"^Entry {sealed[place]} is missing"):
        verify()


def test_an_entry_put_in_afterwards_is_found(sealed):
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditentry WHERE id = %s", [sealed[4]])
        cursor.execute(
            "INSERT INTO sso_auditentry SELECT -1, at, action, person_id, person_name, by_id, by_name, for_whom_id, "
            "for_whom_name, client, client_name, address, cause, detail FROM sso_auditentry WHERE id = %s",
            [sealed[0]],
        )
        cursor.execute("UPDATE sso_auditentry SET id = %s WHERE id = -1", [sealed[4]])

    with pytest.raises(Broken, match=f"^Entry {sealed[4]} was changed"):
        verify()


def test_an_entry_in_a_gap_is_found(sealed):
    """Keys that a rolled back transaction took are gaps: nothing may turn up there later."""
    with transaction.atomic():
        some_entries(2)
        transaction.set_rollback(True)
    gap = sealed[-1] + 1
    record(Action.SIGNED_IN)
    newest = AuditEntry.objects.aggregate(last=Max("pk"))["last"]
    if newest == gap:  # SQLite gives the key again
        with connection.cursor() as cursor:
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + 5 WHERE name = 'sso_auditentry'")
        gap += 1
        record(Action.SIGNED_IN)
    seal()
    AuditEntry(pk=gap, action="signed_in").save(force_insert=True)

    with pytest.raises(Broken, match=f"^Entry {gap} was added after the sealing"):
        verify()


def test_a_removed_seal_is_found(sealed):
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditseal WHERE number = 2")

    with pytest.raises(Broken, match=r"^Seal 2 is missing"):
        verify()


SEAL_COLUMNS = {"made_at": "2020-01-01 00:00:00", "first": 0, "last": 10**6, "count": 9, "previous": "f" * 64,
                "hash": "f" * 64}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SEAL_COLUMNS.items())
def test_a_changed_seal_is_found(sealed, name, value):
    with triggers_off() as cursor:
        cursor.execute(f"UPDATE sso_auditseal SET {name} = %s WHERE number = 2", [value])  # noqa: S608

    with pytest.raises(Broken, match=r"^Seal 2 \(entries .*\) was changed"):
        verify()


@pytest.mark.parametrize("secret", ["guessed", None])
def test_who_has_the_database_alone_cannot_make_seals(sealed, settings, secret):
    """A whole chain written anew holds in itself, but only our key can sign it."""
    with triggers_off() as cursor:
        cursor.execute("UPDATE sso_auditentry SET cause = 'forged' WHERE id = %s", [sealed[4]])
        cursor.execute("DELETE FROM sso_auditseal")
        old = settings.SECRET_KEY
        settings.SECRET_KEY = secret or "guessed"
        seal()
        settings.SECRET_KEY = old
        if secret is None:  # claims to be signed with our key
            ours = seals.signing_keys()[0].public_key().public_bytes_raw().hex()
            cursor.execute("UPDATE sso_auditseal SET key = %s", [ours])

    with pytest.raises(
        Broken, match="key that is not ours" if secret else "The signature of seal 1 is wrong"
    ):
        verify()


def test_an_earlier_key_is_still_ours(sealed, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    record(Action.SIGNED_IN)
    seal()

    assert verify().seals == 4


def test_an_end_cut_off_is_found_with_an_anchor(sealed):
    anchor = AuditSeal.objects.get(number=3).hash
    assert verify(anchor=anchor).seals == 3

    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditseal WHERE number = 3")
        cursor.execute("DELETE FROM sso_auditentry WHERE id >= %s", [sealed[6]])

    assert verify().seals == 2  # by itself a shorter chain is a whole one
    with pytest.raises(Broken, match="the end of the record was cut off"):
        verify(anchor=anchor)


def test_part_of_the_chain_can_be_verified_alone(sealed):
    times = dict(AuditSeal.objects.values_list("number", "made_at"))
    with triggers_off() as cursor:
        cursor.execute("UPDATE sso_auditentry SET cause = 'x' WHERE id = %s", [sealed[0]])

    assert (verify(since=times[2]).seals, verify(since=times[3]).entries) == (2, 3)
    with pytest.raises(Broken, match=f"^Entry {sealed[0]} was changed"):
        verify(until=times[1])


def test_long_runs_are_sealed_in_parts(monkeypatch):
    monkeypatch.setattr(seals, "MOST_ENTRIES", 4)
    monkeypatch.setattr(seals, "PAGE", 3)
    some_entries(10)

    assert (seal(most=2), seal(), seal()) == (8, 2, 0)
    assert (verify().seals, verify().entries) == (3, 10)


TEXTS = st.text(st.characters(), max_size=80)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cause=TEXTS, name=TEXTS, detail=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8,
))  # fmt: skip
def test_whatever_is_recorded_is_stored_and_sealed(db, cause, name, detail):
    person = UserFactory.build(pk=5, full_name=name)

    record(Action.SIGNED_IN, person=person, client=name, cause=cause, detail_of=detail)

    assert set(AuditEntry.objects.order_by("-pk")[0].facts) == {"detail_of"}
    seal()
    assert verify().unsealed == 0


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


def test_a_broken_record_is_not_shortened(two_years):
    with triggers_off() as cursor:
        cursor.execute("UPDATE sso_auditentry SET cause = 'x' WHERE id = %s", [two_years[1]])

    with pytest.raises(Broken):
        shorten(timezone.now() - timedelta(days=400), "x", lambda line: None)

    assert AuditEntry.objects.count() == 9


def test_shortening_twice_removes_nothing_more(two_years):
    day = timezone.now() - timedelta(days=400)

    assert [shorten(day, "x", lambda line: None) for _time in range(2)] == [6, 0]
    assert verify().removed == 6
