"""The record cannot be changed unseen: append-only tables, seals, and what ``verify`` says of each tampering."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sso.models import AuditEntry, AuditSeal
from sso.services import seals
from sso.services.audit import Action, record
from sso.services.seals import Broken, seal, verify
from tests.factories import UserFactory
from tests.sso.record import TABLES, some_entries, triggers_off

pytestmark = pytest.mark.django_db


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


COPY = (
    "INSERT INTO sso_auditentry SELECT %s, at, action, person_id, person_name, by_id, by_name, for_whom_id, "
    "for_whom_name, client, client_name, address, cause, detail FROM sso_auditentry WHERE id = %s"
)


def test_an_entry_before_the_first_is_found(sealed):
    """A key below all that were given is one that nobody seals; putting it in needs no more than INSERT."""
    with connection.cursor() as cursor:
        cursor.execute(COPY, [-5, sealed[0]])

    with pytest.raises(Broken, match=r"^Entry -5 was added after the sealing"):
        verify()


def test_an_entry_that_calls_itself_removed_is_found(sealed):
    """Else one entry made into "old part removed" would hide that itself and all before it were changed."""
    with triggers_off() as cursor:
        changed = (
            "UPDATE sso_auditentry SET action = 'record_shortened', detail = '{\"seal\":2}' WHERE id = %s"
        )
        cursor.execute(changed, [sealed[1]])

    with pytest.raises(Broken, match=f"^Entry {AuditEntry.objects.first().pk} is there, although"):
        verify()


@pytest.mark.parametrize("detail", ["{}", "[]", "x", '{"seal":null}'])
def test_a_removal_that_says_nothing_is_found(sealed, detail):
    AuditEntry.objects.create(action="record_shortened", detail=detail)

    with pytest.raises(Broken, match=r"^Entry \d+ does not say what was removed"):
        verify()


UNREADABLE = {"at": "infinity"} if connection.vendor == "postgresql" else {"at": "x", "person_name": b"\xff"}


@pytest.mark.parametrize("place", [0, 4, 8])
@pytest.mark.parametrize(("name", "value"), UNREADABLE.items())
def test_an_entry_that_cannot_be_read_any_more_is_named(sealed, name, value, place):
    with triggers_off() as cursor:
        cursor.execute(f"UPDATE sso_auditentry SET {name} = %s WHERE id = %s", [value, sealed[place]])  # noqa: S608

    with pytest.raises(Broken, match=f"^Entry {sealed[place]} was changed"):
        verify()


@pytest.mark.parametrize(("at", "is_odd"), [("2020-01-01", True), ("2100-01-01", True), (None, False)])
def test_an_entry_dated_otherwise_than_its_sealing_is_pointed_out(sealed, capsys, at, is_odd):
    with connection.cursor() as cursor:
        cursor.execute(COPY, [sealed[-1] + 1, sealed[0]])
        if at:
            cursor.execute(
                COPY.replace(" at,", " %s,"), [sealed[-1] + 2, f"{at} 00:00:00.000001+00", sealed[0]]
            )

    call_command("verify_audit")

    assert verify().misdated == ([sealed[-1] + 2] if is_odd else [])
    assert (f"Look at 1 entries that were not sealed at the time that they say: {sealed[-1] + 2}\n"
            in capsys.readouterr().out) == is_odd  # fmt: skip


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


@pytest.fixture
def anchor(settings, tmp_path):
    settings.AUDIT_ANCHOR = tmp_path / "audit.anchor"
    return settings.AUDIT_ANCHOR


@pytest.mark.parametrize("kept", [0, 2])
def test_who_throws_seals_away_does_not_get_a_changed_record_sealed_anew(anchor, sealed, kept):
    assert anchor.read_text() == AuditSeal.objects.get(number=3).hash
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditseal WHERE number > %s", [kept])
        cursor.execute("UPDATE sso_auditentry SET cause = 'x' WHERE id = %s", [sealed[-1]])

    assert seal() == (9 - 3 * kept)

    with pytest.raises(Broken, match=f"^There is no seal {anchor.read_text()}, which {anchor} names"):
        verify()


def test_the_newest_seal_is_noted_also_when_there_is_nothing_to_seal(sealed, settings, tmp_path):
    settings.AUDIT_ANCHOR = tmp_path / "audit.anchor"

    assert seal() == 0

    assert settings.AUDIT_ANCHOR.read_text() == AuditSeal.objects.get(number=3).hash


def test_an_older_database_that_was_restored_is_verified_once_the_note_is_gone(anchor, sealed):
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditseal WHERE number = 3")
        cursor.execute("DELETE FROM sso_auditentry WHERE id > %s", [sealed[5]])
    anchor.unlink()
    record(Action.SIGNED_IN)

    seal()

    assert verify().entries == 7
    assert anchor.read_text() == AuditSeal.objects.get(number=3).hash


def test_a_record_sealed_anew_long_after_is_pointed_out(sealed, time_machine):
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM sso_auditseal")
    time_machine.move_to(timezone.now() + timedelta(hours=2))

    seal()

    assert verify().misdated == sealed


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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
