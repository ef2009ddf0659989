"""Many show the same code or follow the same link at the same moment, on a database with rows to lock."""

import pytest
from django.urls import reverse

from sso.api import User
from sso.models import AuditEntry
from sso.services.audit import Action, Cause
from sso.services.codes import MOST_WRONG
from sso.services.resets import begin_invitation
from tests.factories import UserFactory, system_admin
from tests.racing import all_at_once
from tests.sso.conftest import sign_in
from tests.sso.factors import STEP, browser, code_now, is_signed_in, kinds, options_in, with_app, with_codes
from tests.sso.soft_passkey import SoftPasskey

AT_ONCE = 8
pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def half_way(ha):
    """Browsers in which ha, who has an app and recovery codes, has typed the password."""
    with_app(ha)
    clients = [browser() for _number in range(AT_ONCE)]
    clients[0].codes = with_codes(ha)
    assert {sign_in(client)["Location"] for client in clients} == {STEP}
    return clients


@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_p25_one_code_at_the_same_moment_lets_one_browser_in(half_way, ha, kind):
    code = code_now(ha) if kind == "app" else half_way[0].codes[0]

    all_at_once(AT_ONCE, lambda number: half_way[number].post(STEP, {"code": code}))

    assert sum(is_signed_in(client) for client in half_way) == 1


def test_p24_wrong_codes_at_the_same_moment_cannot_pass_the_limit(half_way, ha):
    all_at_once(AT_ONCE, lambda number: half_way[number].post(STEP, {"code": "000000"}))
    half_way[0].post(STEP, {"code": code_now(ha)})

    refused = AuditEntry.objects.filter(action=Action.REFUSED, cause=Cause.WRONG_CODE)
    assert refused.count() == MOST_WRONG
    assert not is_signed_in(half_way[0])


def test_a_link_followed_at_the_same_moment_makes_one_passkey(db):
    guest = UserFactory(origin=User.Origin.LOCAL)
    token = begin_invitation(guest, by=system_admin())
    url, clients = reverse("invitation", args=[token]), [browser() for _number in range(AT_ONCE)]
    made = [{"name": "Máy", "credential": SoftPasskey().create(options_in(one.get(url)))} for one in clients]

    answers = all_at_once(AT_ONCE, lambda number: clients[number].post(url, made[number]).status_code)

    assert sorted(answers) == [302] + [404] * (AT_ONCE - 1)
    assert kinds(guest) == ["webauthn"]
