"""The chain that keeps the record honest: sealing what is settled, verifying, removing what is too old.

A seal holds the digests of a run of entries and the hash of the seal before it, and is signed with a key that is not in
the database. docs/decisions/0022-the-record.md says what that proves and what not.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from os import getpid
from struct import Struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from sso.models import AuditEntry, AuditSeal
from sso.services.audit import Action, record

log = logging.getLogger(__name__)
MOST_ENTRIES = 10_000  # that one seal vouches for
PAGE = 5_000  # entries read at a time
LEAST_KEPT = timedelta(days=365)
GENESIS = "0" * 64
LOWEST = -(2**63)  # no key is smaller
# Further from its sealing hardly any honest entry is dated: clocks differ, transactions last.
ODD = timedelta(hours=1)
DIGEST = Struct(">q16s")
FIELDS = [field.attname for field in AuditEntry._meta.concrete_fields]
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr)

SEQUENCE = "SELECT pg_sequence_last_value(pg_get_serial_sequence('sso_auditentry', 'id')::regclass)"
WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE relation = 'sso_auditentry'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid IS DISTINCT FROM pg_backend_pid()
"""


class Broken(Exception):
    """The record is not what was sealed; the text names the first place."""


@dataclass
class Verdict:
    """What ``verify`` has seen. ``unsealed`` entries are so new that no seal vouches for them yet; ``misdated`` are the
    keys of those that say a time at which they cannot have been written.
    """

    seals: int = 0
    entries: int = 0
    removed: int = 0
    unsealed: int = 0
    misdated: list[int] = field(default_factory=list)
    newest: AuditSeal | None = None


# --- sealing -------------------------------------------------------------------------------------


def seal(*, patience: float = 1.0, most: int = 100) -> int:
    """Seal the entries that are settled and return how many; 0 when there are none or another process was first.

    Waits ``patience`` seconds at most for transactions under way, and makes ``most`` seals at most. Raises Broken for
    an entry that cannot be read.
    """
    before = AuditSeal.objects.defer("digests").order_by("number").last()
    sealed_to = before.last if before else 0
    if before and not noted():
        note(before)
    if not AuditEntry.objects.filter(pk__gt=sealed_to).exists():
        return 0
    is_whole = has_noted()
    end, count = settled(patience), 0
    for _round in range(most):
        rows = readable(entries_after(before.last if before else 0, end, MOST_ENTRIES))
        if not rows:
            break
        made = seal_of(rows, before)
        AuditSeal.objects.bulk_create([made], ignore_conflicts=True)
        if AuditSeal.objects.filter(number=made.number).values_list("hash", flat=True).get() != made.hash:
            break
        if before is None or before.made_at.hour != made.made_at.hour:
            log.info("Record sealed to entry %s: seal %s, %s", made.last, made.number, made.hash)
        before, count = made, count + made.count
    if count and is_whole:
        note(before)
    elif count:
        log.error("There is no seal %s any more: the end of the record was cut off or replaced.", noted())
    return count


def noted() -> str:
    """Return the hash of the newest seal as it was noted beside the keys, "" when none was."""
    try:
        return settings.AUDIT_ANCHOR.read_text().strip() if settings.AUDIT_ANCHOR else ""
    except FileNotFoundError:
        return ""


def has_noted() -> bool:
    """Say whether the seal that was noted is still there: else seals were thrown away, to be made anew."""
    known = noted()
    return not known or AuditSeal.objects.filter(hash=known).exists()


def note(made: AuditSeal) -> None:
    if settings.AUDIT_ANCHOR:
        new = settings.AUDIT_ANCHOR.with_suffix(f".{getpid()}")
        try:
            new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.write_text(made.hash)
            new.replace(settings.AUDIT_ANCHOR)
        except OSError as error:
            log.warning("The newest seal cannot be noted: %s", error)


def settled(patience: float) -> int:
    """Return a key up to which no further entry can appear, 0 when that did not come true within ``patience``.

    PostgreSQL gives keys before it commits, so a later key may be seen before an earlier one. Who inserts holds a lock
    on the table from before taking the key until after the commit: once all who held it when we read the last key have
    let go, nothing up to that key can follow. Nobody waits for us. SQLite has one writer at a time.
    """
    if connection.vendor != "postgresql":
        return AuditEntry.objects.aggregate(last=models.Max("pk"))["last"] or 0
    last = column(SEQUENCE)[0] or 0
    writers, end = set(column(WRITERS)), time.monotonic() + patience
    while writers:
        if time.monotonic() > end:
            return 0
        time.sleep(0.005)
        writers &= set(column(WRITERS))
    return last


def column(sql: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def entries_after(pk: int, end: int | None, most: int) -> models.QuerySet:
    """Return the values of FIELDS of the entries after ``pk``, in the order of their keys."""
    rows = AuditEntry.objects.filter(pk__gt=pk).order_by("pk")
    return (rows if end is None else rows.filter(pk__lte=end)).values_list(*FIELDS)[:most]


def seal_of(rows: list[tuple], before: AuditSeal | None) -> AuditSeal:
    made = AuditSeal(
        number=before.number + 1 if before else 1,
        made_at=timezone.now(),
        first=rows[0][0],
        last=rows[-1][0],
        count=len(rows),
        digests=b"".join(DIGEST.pack(row[0], digest_of(row)) for row in rows),
        previous=before.hash if before else GENESIS,
    )
    made.hash = hash_of(made)
    key = signing_keys()[0]
    made.key = key.public_key().public_bytes_raw().hex()
    made.signature = key.sign(bytes.fromhex(made.hash)).hex()
    return made


def digest_of(row: tuple) -> bytes:
    """Return the digest of an entry."""
    return sha256(content_of(row).encode()).digest()[:16]


def content_of(row: tuple) -> str:
    """Return an entry as a JSON list of FIELDS; every column counts."""
    pk, at, *others = row
    return ENCODER.encode([pk, at and at.isoformat(), *others])


def hash_of(made: AuditSeal) -> str:
    head = [made.number, made.made_at.isoformat(), made.first, made.last, made.count, made.previous]
    return sha256(ENCODER.encode(head).encode() + bytes(made.digests)).hexdigest()


def signing_keys() -> list[Ed25519PrivateKey]:
    """The keys made of SECRET_KEY, which is not in the database, and of those before it."""
    return [key_from(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def key_from(secret: str) -> Ed25519PrivateKey:
    seed = salted_hmac("sso.audit.seal", "", secret=secret, algorithm="sha256").digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


# --- verifying -----------------------------------------------------------------------------------


def verify(since: datetime | None = None, until: datetime | None = None, anchor: str = "") -> Verdict:
    """Compare the record with its seals; with ``since`` and ``until``, only the seals made then.

    ``anchor`` is the hash of a seal that was noted elsewhere: without it and the one noted beside the keys nobody can
    tell whether seals were cut off, or thrown away and made anew. Raises Broken.
    """
    if not has_noted():
        raise Broken(
            f"There is no seal {noted()}, which {settings.AUDIT_ANCHOR} names: the end of the record was cut off or "
            "replaced. Remove that file when an older database was restored on purpose."
        )
    verdict, removed_to = Verdict(), removed_to_seal()
    trusted = {key.public_key().public_bytes_raw().hex() for key in signing_keys()}
    before, rows, met = None, None, not anchor
    for made in seals_between(since, until):
        if before is None and made.number > 1:
            before = AuditSeal.objects.filter(number=made.number - 1).first()
        check_link(made, before, trusted)
        if made.number <= removed_to:
            verdict.removed += made.count
            check_removed(made, before)
        else:
            if rows is None:
                rows = Peeking(all_entries(before.last if before else LOWEST))
            verdict.misdated += check_entries(made, rows)
            verdict.entries += made.count
        met = met or made.hash == anchor
        before, verdict.seals, verdict.newest = made, verdict.seals + 1, made
    if not met:
        raise Broken(f"There is no seal {anchor}: the end of the record was cut off or replaced.")
    if until is None:
        unsealed = AuditEntry.objects.filter(pk__gt=before.last if before else LOWEST)
        verdict.unsealed = unsealed.count()
        now = timezone.now()
        odd = unsealed.exclude(at__range=(now - ODD, now + ODD))
        verdict.misdated += odd.order_by("pk").values_list("pk", flat=True)
    return verdict


def check_link(made: AuditSeal, before: AuditSeal | None, trusted: set[str]) -> None:
    number, previous = (before.number + 1, before.hash) if before else (1, GENESIS)
    if made.number != number:
        raise Broken(f"Seal {number} is missing: its entries begin after {before.last if before else 0}.")
    if made.made_at is None or made.previous != previous or made.hash != hash_of(made):
        raise Broken(f"Seal {made.number} (entries {made.first} to {made.last}) was changed.")
    if made.key not in trusted:
        raise Broken(f"Seal {made.number} was signed with a key that is not ours (SECRET_KEY_FALLBACKS?).")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.key)).verify(
            bytes.fromhex(made.signature), bytes.fromhex(made.hash)
        )
    except (InvalidSignature, ValueError):
        raise Broken(f"The signature of seal {made.number} is wrong.") from None


def check_removed(made: AuditSeal, before: AuditSeal | None) -> None:
    """Where entries were removed there is none: nothing was put in their place, and nothing only called removed."""
    left = AuditEntry.objects.filter(pk__gt=before.last if before else LOWEST, pk__lte=made.last)
    if (key := left.order_by("pk").values_list("pk", flat=True).first()) is not None:
        raise Broken(f"Entry {key} is there, although the entries up to {made.last} are said to be removed.")


def check_entries(made: AuditSeal, rows: "Peeking") -> list[int]:
    """Compare the next of ``rows`` with what ``made`` vouches for, and return the keys of those with an odd time."""
    earliest, latest, misdated = made.made_at - ODD, made.made_at + ODD, []
    for key, digest in DIGEST.iter_unpack(bytes(made.digests)):
        row = rows.next
        if row is None or row[0] > key:
            raise Broken(f"Entry {key} is missing.")
        if row[0] < key:
            raise Broken(f"Entry {row[0]} was added after the sealing.")
        if row[1] is None or digest_of(row) != digest:
            raise Broken(f"Entry {key} was changed.")
        if not earliest <= row[1] <= latest:
            misdated.append(key)
        rows.advance()
    return misdated


class Peeking:
    """An iterator whose next value may be looked at; ``next`` is None at the end."""

    def __init__(self, rows: Iterator[tuple]):
        self.rows = rows
        self.advance()

    def advance(self) -> None:
        self.next = next(self.rows, None)


def all_entries(pk: int, end: int | None = None) -> Iterator[tuple]:
    """Yield the entries after ``pk`` up to ``end``, some thousand at a time. Raises Broken for one that none can be."""
    while rows := readable(entries_after(pk, end, PAGE)):
        yield from rows
        pk = rows[-1][0]


def readable(rows: models.QuerySet) -> list[tuple]:
    """Return ``rows``, or those before the first that cannot be read. Raises Broken when that is the first of all."""
    try:
        with transaction.atomic():
            return list(rows)
    except Exception as error:  # each database says otherwise that "infinity" or "x" is no time
        keys = list(rows.values_list("pk", flat=True))
        if len(keys) == 1:
            raise Broken(f"Entry {keys[0]} was changed: {error}") from error
        return readable(rows[: len(keys) // 2])


def seals_between(since: datetime | None, until: datetime | None) -> Iterator[AuditSeal]:
    """Yield the seals made then, and one more: it vouches for the last entries written before ``until``."""
    chain = AuditSeal.objects.order_by("number")
    first = chain.filter(made_at__gte=since).first() if since else chain.first()
    number = first.number if first else None
    while number is not None:
        some = list(chain.filter(number__gte=number)[:50])
        number = some[-1].number + 1 if some else None
        for made in some:
            yield made
            if until and made.made_at >= until:
                return


# --- removing what is too old --------------------------------------------------------------------


def removed_to_seal() -> int:
    """Return the number of the last seal whose entries were removed, as the record itself says; 0 when none were."""
    told = AuditEntry.objects.filter(action=Action.RECORD_SHORTENED).order_by("-pk")
    pk, detail = told.values_list("pk", "detail").first() or (0, '{"seal":0}')
    try:
        return int(json.loads(detail)["seal"])
    except (ValueError, TypeError, KeyError):
        raise Broken(f"Entry {pk} does not say what was removed.") from None


def shorten(before: datetime, cause: str, keep: Callable[[Iterator[str]], object]) -> int:
    """Remove the entries of the seals made before ``before`` and return how many; the seals stay, and an entry says so.

    They are given to ``keep`` first, each as the JSON list that its digest is made of, and go when it returns. Raises
    ValueError for entries younger than a year, and Broken when the chain up to there does not hold.
    """
    if before > timezone.now() - LEAST_KEPT:
        raise ValueError("The record is kept for a year at least.")
    last = AuditSeal.objects.filter(made_at__lt=before).order_by("number").last()
    if last is None or last.number <= removed_to_seal():
        return 0
    verify(until=last.made_at)
    keep(content_of(row) for row in all_entries(0, last.last))
    with transaction.atomic(), may_delete():
        count = AuditEntry.objects.filter(pk__lte=last.last)._raw_delete("default")
        record(Action.RECORD_SHORTENED, cause=cause, seal=last.number, hash=last.hash, entries=count)
    return count


@contextmanager
def may_delete():
    """Let this transaction remove entries; an error inside rolls back what was changed for it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL intranet.shorten_audit = 'yes'")
            yield
            cursor.execute("SET LOCAL intranet.shorten_audit = ''")
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'sso_auditentry_no_delete'")
            trigger = cursor.fetchone()[0]
            cursor.execute("DROP TRIGGER sso_auditentry_no_delete")
            yield
            cursor.execute(trigger)
