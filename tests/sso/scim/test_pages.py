"""The pages of a system's accounts: who may see and do what, and what they say."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import translation

from sso.models import AuditEntry, ProvisionedAccount, ProvisionedGroup, ProvisioningTarget, User
from sso.services.audit import Action
from sso.services.keys import seal
from sso.services.provisioning import targets
from sso.services.provisioning.working import bring_up_to_date, provision
from tests.factories import person_of, system_admin
from tests.sso.conftest import browser_of
from tests.sso.scim.conftest import TOKEN, states

pytestmark = pytest.mark.django_db
PAGES = ["system-provisioning", "provisioning-edit"]
ACTS = [
    "provisioning-edit",
    "provisioning-approve",
    "provisioning-check",
    "provisioning-run",
    "provisioning-allow",
]


@pytest.fixture
def admin():
    return system_admin(username="tam", full_name="Lê Văn Tám")


@pytest.fixture
def browser(admin):
    return browser_of(admin)


def page(browser, target, name="system-provisioning", **query):
    return browser.get(reverse(name, args=[target.application_id]), query)


KEPT = {"token": "", "is_enabled": "on", "user_name": "account", "group_members": "people"}


def act(browser, target, name, **form):
    return browser.post(reverse(name, args=[target.application_id]), form)


# --- who × what ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["nobody", "person", "unit_admin", "clerk", "leader"])
def test_nobody_else_sees_or_does_anything(target, foreign, who):
    people = {
        "person": lambda: person_of(), "unit_admin": lambda: person_of(role="unit_admin"),
        "clerk": lambda: person_of(role="clerk"), "leader": lambda: person_of(level="head"),
    }  # fmt: skip
    browser = Client() if who == "nobody" else browser_of(people[who]())

    answers = [page(browser, target, name) for name in PAGES] + [act(browser, target, name) for name in ACTS]

    refused = {302} if who == "nobody" else {404}
    assert {answer.status_code for answer in answers} == refused
    if who == "nobody":
        assert all(answer["Location"].startswith(reverse("account_login")) for answer in answers)
    assert foreign.asked == []


@pytest.mark.parametrize("who", [lambda: person_of(), lambda: person_of(role="unit_admin")])
def test_services_refuse_others_too(target, who):
    by = who()

    for deed in (
        lambda: targets.save_target(target, "x", by=by), lambda: targets.approve_target(target, by=by),
        lambda: targets.run_now(target, by=by), lambda: targets.allow_wave(target, "", by=by),
        lambda: targets.try_target(target, by=by),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            deed()
    assert not ProvisioningTarget.objects.visible_to(by).exists()


@pytest.mark.parametrize("name", [name for name in ACTS if name != "provisioning-edit"])
def test_acts_are_never_done_by_a_link(target, browser, name):
    assert page(browser, target, name).status_code == 405


def test_changing_asks_who_one_is(target, admin):
    """Half an hour after the sign-in one shows again who one is; a live check and a run change nothing and do not."""
    from tests.conftest import record_sign_in

    browser = browser_of(admin)
    record_sign_in(browser, admin, age=1800)

    asked = {name: act(browser, target, name).status_code for name in ACTS}

    assert asked == {
        "provisioning-edit": 401, "provisioning-approve": 401, "provisioning-check": 200, "provisioning-run": 302,
        "provisioning-allow": 401,
    }  # fmt: skip


# --- setting up ------------------------------------------------------------------------------------


@pytest.fixture
def system(target):
    """A registered system without accounts."""
    from sso.api import ensure_client

    return ensure_client("Wiki", redirect_uris="https://wiki.example/a", allowed_scopes=["openid"])[0]


def set_up(browser, system, **form):
    usual = {
        "base_url": "https://wiki.example/scim/v2/",
        "token": "bí".encode().hex(),
        "user_name": "account",
        "group_members": "people",
    }
    form = usual | form
    return browser.post(reverse("provisioning-edit", args=[system.pk]), form)


def test_second_admin_approves_before_anything_is_sent(foreign, system, browser, admin, queue):
    empty = browser.get(reverse("system-provisioning", args=[system.pk])).content.decode()
    assert "Chưa đồng bộ tài khoản" in empty

    answer = set_up(browser, system, base_url=foreign.address, token=f"Bearer {TOKEN}")
    assert answer.status_code == 302
    made = ProvisioningTarget.objects.get(application=system)
    assert (made.is_approved, made.asked_by, queue(), foreign.asked) == (False, admin, 0, [])
    assert (made.sealed_token == TOKEN, seal().decrypt(made.sealed_token.encode()).decode()) == (False, TOKEN)
    assert 'name="asked_at"' not in page(browser, made).content.decode()  # no button for whoever asked
    with pytest.raises(PermissionDenied):
        targets.approve_target(made, by=admin)

    other = browser_of(system_admin(username="lan"))
    shown = page(other, made).content.decode()
    assert foreign.address in shown
    act(other, made, "provisioning-approve", asked_at=made.asked_at.isoformat())
    while queue():
        pass

    made.refresh_from_db()
    assert (made.is_approved, made.approved_by.username) == (True, "lan")
    assert set(foreign.users()) == {"tam", "lan"}
    told = AuditEntry.objects.filter(client=system.client_id).values_list("action", flat=True)
    assert {Action.ACCOUNTS_SET_UP, Action.ACCOUNTS_APPROVED, Action.ACCOUNT_MADE} <= set(told)
    assert TOKEN not in "".join(AuditEntry.objects.values_list("detail", flat=True))


def test_approval_is_to_what_was_looked_at(system, browser):
    set_up(browser, system)
    made = ProvisioningTarget.objects.get(application=system)
    seen = made.asked_at.isoformat()
    set_up(browser, system, base_url="https://evil.example/scim", token="x")
    other = browser_of(system_admin(username="lan"))

    act(other, made, "provisioning-approve", asked_at=seen)

    made.refresh_from_db()
    assert made.is_approved is False
    stale = ProvisioningTarget.objects.get(pk=made.pk)
    set_up(browser, system, base_url="https://worse.example/scim", token="x")
    with pytest.raises(targets.NotWaiting):
        targets.approve_target(stale, by=system_admin())


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        ({"base_url": "https://other.example/scim", "token": "x"}, True),
        ({"with_groups": "on"}, True),
        ({"group_members": "below"}, True),
        ({"group_members": "people"}, False),
        ({"token": "mới".encode().hex()}, False),
        ({"is_enabled": ""}, False),
        ({"user_name": "mail"}, True),
        ({"user_name": "account"}, False),
    ],
)
def test_change_of_where_data_goes_waits_again(target, browser, queue, change, waits):
    person_of(username="ha")
    bring_up_to_date(target)
    form = KEPT | {"base_url": target.base_url} | change

    assert act(browser, target, "provisioning-edit", **form).status_code == 302

    target.refresh_from_db()
    assert target.is_approved is not waits
    assert ProvisionedAccount.objects.exists() is ("base_url" not in change)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"base_url": "http://wiki.example/scim"}, "base_url"),
        ({"base_url": "https://a@wiki.example/scim"}, "base_url"),
        ({"base_url": "https://wiki.example/scim?x=1"}, "base_url"),
        ({"base_url": "https://wiki.example/#x"}, "base_url"),
        ({"base_url": "javascript:alert(1)"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"token": ""}, "token"),
        ({"token": "hai từ"}, "token"),
        ({"token": "a\r\nX-Evil: 1"}, "token"),
        ({"token": "x" * 5000}, "token"),
        ({"user_name": "mail"}, "user_name"),  # the system may not learn it
        ({"user_name": "phone"}, "user_name"),
        ({"group_members": "all"}, "group_members"),
    ],
)
def test_wrong_input_is_told_at_the_field(system, browser, form, field):
    answer = set_up(browser, system, **form)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not ProvisioningTarget.objects.filter(application=system).exists()
    if "base_url" not in form:
        assert "https://wiki.example/scim/v2/" in answer.content.decode()


def test_token_is_never_sent_to_another_place_nor_shown(target, browser):
    moved = KEPT | {"base_url": "https://evil.example/scim"}

    answer = act(browser, target, "provisioning-edit", **moved)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["token"])
    for name in PAGES:
        assert TOKEN not in page(browser, target, name).content.decode()
        assert target.sealed_token not in page(browser, target, name).content.decode()


def test_same_server_keeps_its_token(target, browser):
    moved = KEPT | {"base_url": f"{target.base_url}/tenant"}

    assert act(browser, target, "provisioning-edit", **moved).status_code == 302


# --- what the page says ----------------------------------------------------------------------------


def test_page_shows_each_account_with_its_receipt(target, foreign, browser):
    ha = person_of(username="ha", full_name="Nguyễn Thị Thu Hà")
    foreign.act("POST", "/Users", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ha", "externalId": "khác",
    })  # fmt: skip
    bring_up_to_date(target)

    first = page(browser, target).content.decode()
    assert "Nguyễn Thị Thu Hà" in first
    assert "Tên tài khoản ở đó thuộc về tài khoản của người khác" in first
    second = page(browser, target, state="in_step").content.decode()
    assert foreign.users()["tam"]["id"] in second
    assert ha.full_name not in second
    assert page(browser, target, state="x").status_code == 404


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_speaks_both_languages(target, browser, language):
    browser.cookies["django_language"] = language
    with translation.override(language):
        title = {"vi": "Tài khoản trong hệ thống", "en": "Accounts in the system"}[language]
        User.objects.filter(username="tam").update(language=language)

        assert title in page(browser, target).content.decode()
        assert title in browser.get(target.application.get_absolute_url()).content.decode()


def test_what_a_system_answers_is_shown_as_text(target, browser):
    ha = person_of(username="ha")
    ProvisionedAccount.objects.create(target=target, user=ha, answer="HTTP 400: <script>alert(1)</script>")
    ProvisionedGroup.objects.create(target=target, unit=ha.unit, answer="HTTP 400: <b>x")
    ProvisioningTarget.objects.update(fault="HTTP 503: <img>", findings={"unknown": 1, "names": ["<i>x"]})

    shown = page(browser, target).content.decode()

    assert [text for text in ("<script>alert", "<b>x", "<img>", "<i>x") if text in shown] == []
    assert "&lt;script&gt;alert(1)" in shown


def test_wave_is_agreed_to_on_the_page(target, foreign, browser, queue):
    people = [person_of(username=f"n{number}") for number in range(10)]
    provision(target.pk, None)
    User.objects.filter(pk__in=[person.pk for person in people[:4]]).update(is_active=False)
    provision(target.pk, None)
    shown = page(browser, target)
    assert shown.context["state"] == "held"

    answer = act(browser, target, "provisioning-allow", seen="khác")
    assert answer.status_code == 302
    assert queue() == 0
    act(browser, target, "provisioning-allow", seen=shown.context["wave"].initial["seen"])
    queue()

    assert sorted(name for name, user in foreign.users().items() if not user["active"]) == [
        "n0",
        "n1",
        "n2",
        "n3",
    ]
    assert states()["n3"] == "off"


def test_check_and_run_from_the_page(target, foreign, browser, queue):
    shown = act(browser, target, "provisioning-check")
    assert [(finding.what, finding.is_good) for finding in shown.context["findings"]] == [
        ("answer", True), ("accounts", True),
    ]  # fmt: skip
    assert foreign.writes() == []

    act(browser, target, "provisioning-run")
    queue()

    assert states() == {"tam": "in_step"}
    done = AuditEntry.objects.filter(action__in=[Action.ACCOUNTS_TRIED, Action.ACCOUNTS_RUN])
    assert [entry.by_name for entry in done] == ["Lê Văn Tám (tam)"] * 2


@pytest.mark.parametrize("count", [1, 30])
def test_page_asks_as_many_queries_for_any_number(target, browser, count, django_assert_max_num_queries):
    for number in range(count):
        person = person_of(username=f"n{number}")
        ProvisionedAccount.objects.create(target=target, user=person, answer="HTTP 400")
        ProvisionedGroup.objects.create(target=target, unit=person.unit, answer="HTTP 400")
    page(browser, target)

    with django_assert_max_num_queries(15):
        page(browser, target)
