"""What has run out is cleared piece by piece, whatever lies between."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sso.models import Session
from sso.services import expiry
from sso.services.expiry import clear_expired

pytestmark = pytest.mark.django_db


def sessions(pattern: str) -> list[Session]:
    """Sessions in their order, "-" for one that has run out."""
    now = timezone.now()
    return Session.objects.bulk_create(
        Session(key_hash=f"{n:064}", expires_at=now + timedelta(hours=-1 if mark == "-" else 1), data="")
        for n, mark in enumerate(pattern)
    )


@pytest.mark.parametrize(
    "pattern", ["", "-", "+", "----", "++++----++++", "-+-+-+-+-+-", "++++++++++-", "-" * 31]
)
def test_what_has_run_out_goes_and_the_rest_stays(monkeypatch, pattern):
    monkeypatch.setattr(expiry, "AT_ONCE", 3)
    kept = {row.pk for row, mark in zip(sessions(pattern), pattern, strict=True) if mark == "+"}

    counts = clear_expired()

    assert counts["session"] == pattern.count("-")
    assert {row.pk for row in Session.objects.all()} == kept
    assert clear_expired()["session"] == 0


def test_each_piece_is_chosen_by_its_keys_alone(monkeypatch):
    """With joins in that question PostgreSQL has taken minutes for each piece of a table that was mostly deleted."""
    monkeypatch.setattr(expiry, "AT_ONCE", 5)
    sessions("-" * 12)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        clear_expired()

    chosen = [q["sql"] for q in asked if "LIMIT 5" in q["sql"] and '"sso_session"' in q["sql"]]
    assert len(chosen) >= 3
    assert [sql for sql in chosen if "JOIN" in sql] == []
