"""Rows are stored as the ORM stores them, several at once or none."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sso.models import AccessToken, AuditEntry, Grant, RefreshToken, SignInMemory
from sso.models.credentials import hashed
from sso.oauth.exchange import end_refresh_token
from sso.oauth.issuing import insert_access, insert_refresh
from sso.services import mail_token
from sso.services.audit import Action, entry
from sso.services.sign_ins import remember
from sso.services.tokens import insert_code
from sso.writes import KeyOf, at_once
from tests.factories import UserFactory, person_of

pytestmark = pytest.mark.django_db


def test_an_inserted_row_is_the_one_that_save_makes(wiki):
    now = timezone.now()
    fields = {"user_id": UserFactory().pk, "application_id": wiki[0].pk, "expires": now, "auth_time": now}
    fields["amr"] = ["pwd", "mfa"]

    Grant(code="a", **fields).save(force_insert=True)
    key = insert_code(code="b", **fields)

    rows = {row["code"]: row for row in Grant.objects.values()}
    own = {"id", "code", "created", "updated"}
    saved, inserted = ({k: v for k, v in rows[code].items() if k not in own} for code in "ab")
    assert inserted == saved
    assert rows["b"]["id"] == key
    assert now <= rows["b"]["created"] <= rows["b"]["updated"] <= timezone.now()


def test_what_no_column_names_has_is_not_dropped_in_silence(wiki):
    with pytest.raises(TypeError, match="Grant has no such columns: colour"):
        insert_code(code="a", expires=timezone.now(), application_id=wiki[0].pk, colour="red")


def test_a_row_that_is_there_is_changed_in_the_columns_that_may_be():
    one, other = UserFactory(), UserFactory()
    remember(user_id=other.pk, devices=["Firefox"])
    remember(user_id=one.pk, devices=["Chrome"])
    SignInMemory.objects.update(wrong_codes=3)

    remember(user_id=one.pk, devices=["Chrome", "Safari"], places=["192.0.2.0/24"])

    found = {row.user_id: (row.devices, row.places, row.wrong_codes) for row in SignInMemory.objects.all()}
    assert found == {one.pk: (["Chrome", "Safari"], ["192.0.2.0/24"], 3), other.pk: (["Firefox"], [], 3)}


def test_an_inserted_token_keeps_only_its_hash():
    raw = mail_token(person_of())

    row = AccessToken.objects.get()
    assert (row.token, row.token_checksum) == ("", hashed(raw))


def pair(wiki, access="a", refresh="b"):
    """Return an access token and the refresh token that points to it, to be stored."""
    now, whose = timezone.now(), {"user_id": UserFactory().pk, "application_id": wiki[0].pk}
    return (
        insert_access.of(token="", token_checksum=access, expires=now, **whose),
        insert_refresh.of(token="", token_checksum=refresh, access_token_id=KeyOf(0), **whose),
    )


def test_rows_stored_at_once_know_one_another(wiki):
    told = entry(Action.TOKEN_ISSUED, client=wiki[0], scopes=["openid"])

    access, refresh, told = at_once(*pair(wiki), told)

    assert RefreshToken.objects.get(pk=refresh).access_token == AccessToken.objects.get(pk=access)
    assert AuditEntry.objects.get(pk=told).client == wiki[0].client_id


def test_what_is_used_up_once_gives_once(wiki):
    first = at_once(*pair(wiki))[1]
    used_up = end_refresh_token.of(first, timezone.now())

    assert at_once(*pair(wiki, "c", "d"), once=used_up)
    assert at_once(*pair(wiki, "e", "f"), once=used_up) is None

    assert set(RefreshToken.objects.values_list("token_checksum", flat=True)) == {"b", "d"}
    assert set(AccessToken.objects.values_list("token_checksum", flat=True)) == {"a", "c"}
    assert RefreshToken.objects.get(pk=first).revoked


def test_all_are_stored_or_none(wiki):
    first = at_once(*pair(wiki))[1]
    told = AuditEntry.objects.count()
    used_up = end_refresh_token.of(first, timezone.now())
    again = insert_access.of(token="", token_checksum="a", expires=timezone.now(), application_id=wiki[0].pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        at_once(entry(Action.TOKEN_ISSUED, client=wiki[0]), *pair(wiki, "c", "d"), again, once=used_up)

    assert AccessToken.objects.count() == RefreshToken.objects.count() == 1
    assert RefreshToken.objects.get().revoked is None
    assert AuditEntry.objects.count() == told


def test_on_postgresql_they_are_one_statement(wiki, django_assert_num_queries):
    """On SQLite each is one, within a savepoint."""
    writes = [*pair(wiki), entry(Action.TOKEN_ISSUED, client=wiki[0])]

    with django_assert_num_queries(1 if connection.vendor == "postgresql" else len(writes) + 2):
        at_once(*writes)
