"""Where somebody acted from stands in each entry of what they did on a page, whichever service wrote it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sso.api import Reason, revoke
from sso.models import Application, AuditEntry, TrustedBrowser
from tests.factories import DelegationFactory, UserFactory, person_of, system_admin
from tests.sso.test_systems import FORM

pytestmark = pytest.mark.django_db
HERE = "10.1.2.3"


def at_desk_of(person) -> Client:
    browser = Client(REMOTE_ADDR=HERE)
    browser.force_login(person)
    return browser


def addresses() -> dict[str, str]:
    return dict(AuditEntry.objects.values_list("action", "address"))


def test_what_one_does_with_the_own_account():
    person, other = person_of(), UserFactory()
    browser = at_desk_of(person)
    at_desk_of(person)
    today = timezone.localdate()
    days = {"first": today.isoformat(), "last": (today + timedelta(days=3)).isoformat()}
    browser.post(reverse("account-delegation"), {"receiver": other.pk, "apps": ["tasks"], **days})
    given = DelegationFactory(giver=person, receiver=other)
    browser.post(reverse("account-delegation-end", args=[given.pk]))
    trusted = TrustedBrowser.objects.create(
        user=person, token_hash="x", epoch=person.security_epoch, device="Firefox", expires_at=timezone.now()
    )
    browser.post(reverse("account-security-forget", args=[trusted.pk]))
    browser.post(reverse("account-devices-others"))
    browser.post(reverse("account-devices-everywhere"))

    assert addresses() == dict.fromkeys(
        ["delegated", "delegation_ended", "browser_forgotten", "session_ended", "revoked"], HERE
    )


def test_what_an_admin_does_with_systems():
    first, second = at_desk_of(system_admin()), at_desk_of(system_admin())
    first.post(reverse("system-new"), FORM)
    system = Application.objects.get()
    second.post(reverse("system-decide", args=[system.requests.get().pk]), {"decision": "approve"})
    first.post(reverse("system-secret", args=[system.pk]), {"overlap": "0", "age": "365"})

    told = addresses()
    assert {"system_registered", "system_approved", "secret_renewed"} <= set(told)
    assert set(told.values()) == {HERE}


def test_what_happens_by_itself_comes_from_nowhere():
    DelegationFactory()
    person = person_of()
    at_desk_of(person).get("/")

    revoke(person, Reason.LOCKED)

    assert addresses() == {"revoked": ""}
