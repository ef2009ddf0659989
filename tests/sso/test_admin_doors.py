"""The pages of administration are there for system admins only: each of them, however it is asked for."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sso.models import FactorReset, Guest, PasswordReset, ProvisioningTarget, SystemRequest
from sso.services.guests import make_guest
from sso.urls import urlpatterns
from tests.factories import UserFactory, person_of, system_admin
from tests.sso.conftest import browser_of

pytestmark = pytest.mark.django_db

BELOW = ("systems/", "accounts/", "factor-resets/", "audit/", "directory/")
NAMES = [item.name for item in urlpatterns if str(item.pattern).startswith(BELOW)]
WHO = ["member", "head", "unit admin", "clerk of the ministry", "guest", "whom it is about"]


@pytest.fixture
def paths(wiki, person) -> dict[str, str]:
    """The address of each page, of things that are there, by its name."""
    admin, later = system_admin(), timezone.now() + timedelta(hours=1)
    about = {"person": person, "asked_by": admin, "reason": "x"}
    ends_on = timezone.localdate() + timedelta(days=9)
    keys = {
        "systems/requests/": SystemRequest.objects.create(application=wiki[0], asked_by=admin).pk,
        "systems/": wiki[0].pk,
        "accounts/guests/": make_guest("An", "", Guest.Kind.PERSON, person, ends_on, by=admin)[0].pk,
        "accounts/resets/": PasswordReset.objects.create(**about, ends_at=later).pk,
        "factor-resets/": FactorReset.objects.create(user=person, asked_by=admin, reason="x").pk,
    }
    ProvisioningTarget.objects.create(application=wiki[0], base_url="https://wiki.example/v2", asked_by=admin)
    return {item.name: path_of(item, keys, person) for item in urlpatterns if item.name in NAMES}


def path_of(item, keys: dict[str, int], person) -> str:
    route = str(item.pattern)
    if "<account:" in route:
        return reverse(item.name, args=[person.username])
    if "<int:" in route:
        return reverse(item.name, args=[next(key for stem, key in keys.items() if route.startswith(stem))])
    return reverse(item.name)


def somebody(who: str, person):
    return {
        "member": lambda: person_of(person.unit),
        "head": lambda: person_of(person.unit, level="head"),
        "unit admin": lambda: person_of(person.unit, role="unit_admin"),
        "clerk of the ministry": lambda: person_of(person.unit.parent, role="clerk"),
        "guest": lambda: UserFactory(origin="local"),
        "whom it is about": lambda: person,
    }[who]()


@pytest.mark.parametrize("who", WHO)
def test_for_all_others_there_is_no_such_page(paths, person, who):
    browser = browser_of(somebody(who, person))

    found = {
        name: [ask(path).status_code for ask in (browser.get, browser.post)] for name, path in paths.items()
    }

    assert len(found) > 25
    assert {name: codes for name, codes in found.items() if codes != [404, 404]} == {}


def test_for_a_system_admin_each_is_there(paths):
    browser = browser_of(system_admin())

    found = {name: browser.get(path).status_code for name, path in paths.items()}

    assert set(found.values()) == {200, 405}
