"""Who may enter which system: conditions, where they are asked, what a change ends, and the page that says why."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from sso.models import Application, AuditEntry, Grant, LogoutNotice, RefreshToken, Role, SystemRequest
from sso.services.audit import Action
from sso.services.clients import approve_request, save_system
from sso.services.rules import NOBODY, At, Way, as_rule, may_enter, save_rule, ways_of
from tests.conftest import record_sign_in
from tests.factories import RoleFactory, UnitFactory, UserFactory, person_of, system_admin
from tests.sso.conftest import REDIRECT, ask, parameters_of, redeem, refresh, tokens_of

pytestmark = pytest.mark.django_db


def browser_of(person) -> Client:
    browser = Client()
    browser.force_login(person)
    record_sign_in(browser, person)
    return browser


@pytest.fixture
def units():
    """KHTC with a sub-unit, and VP beside it."""
    khtc = UnitFactory(code="KHTC")
    return {"KHTC": khtc, "KHTC.TH": UnitFactory(code="KHTC.TH", parent=khtc), "VP": UnitFactory(code="VP")}


@pytest.fixture
def people(units):
    found = {
        "officer": person_of(units["KHTC"]),
        "below": person_of(units["KHTC.TH"]),
        "head": person_of(units["KHTC"], level="head"),
        "clerk": person_of(units["VP"], role=Role.CLERK),
        "admin": system_admin(),
        "grouped": person_of(units["VP"]),
    }
    group = Group.objects.create(name="Dự án")
    found["grouped"].groups.add(group)
    return found


def ways(units, people):
    group = Group.objects.get(name="Dự án")
    return {
        "unit": Way(units=(units["KHTC"].pk,)),
        "unit alone": Way(units=(units["KHTC"].pk,), below=False),
        "heads": Way(levels=("head",)),
        "head there": Way(units=(units["VP"].pk,), levels=("head",)),
        "title": Way(titles=("chuyên viên",)),
        "clerks": Way(roles=(Role.CLERK,)),
        "clerks there": Way(units=(units["KHTC"].pk,), roles=(Role.CLERK,)),
        "admins": Way(roles=(Role.SYSTEM_ADMIN,)),
        "group": Way(groups=(group.pk,)),
        "one person": Way(people=(people["below"].pk,)),
        "network": Way(networks=("10.0.0.0/8", "2001:db8::/32")),
        "strength": Way(acr="2"),
    }


TABLE = {  # who gets in by which way, coming from 10.1.2.3 with a password only
    "unit": {"officer", "below", "head"},
    "unit alone": {"officer", "head"},
    "heads": {"head"},
    "head there": set(),
    "title": {"officer", "below", "clerk", "grouped"},
    "clerks": {"clerk"},
    "clerks there": set(),
    "admins": {"admin"},
    "group": {"grouped"},
    "one person": {"below"},
    "network": {"officer", "below", "head", "clerk", "admin", "grouped"},
    "strength": set(),
}


@pytest.mark.parametrize("name", TABLE)
def test_who_gets_in_by_which_way(units, people, name):
    rule = as_rule([ways(units, people)[name]])

    inside = {who for who, person in people.items() if may_enter(person, rule, At("10.1.2.3", "1"))}

    assert inside == TABLE[name]


def test_any_way_is_enough_and_all_conditions_of_it_must_hold(units, people):
    both = as_rule([Way(levels=("head",), networks=("10.0.0.0/8",)), Way(people=(people["clerk"].pk,))])

    def inside(address):
        return {who for who, person in people.items() if may_enter(person, both, At(address, "1"))}

    assert (inside("10.1.1.1"), inside("8.8.8.8")) == ({"head", "clerk"}, {"clerk"})
    # Where it comes from is not known: it was asked at the entry.
    assert may_enter(people["head"], both, At(acr="1"))


def test_without_a_rule_everybody_enters_and_nothing_is_asked(people, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert all(may_enter(person, {}, At("8.8.8.8", "1")) for person in people.values())


@pytest.mark.parametrize("broken", [{"ways": [{"unknown": 1}]}, {"x": 1}, {"ways": [3]}, {"ways": None}, [1]])
def test_rule_that_cannot_be_read_lets_in_nobody(people, broken):
    assert ways_of(broken) == (NOBODY,)
    assert not any(may_enter(person, broken, At("10.0.0.1", "3")) for person in people.values())


@pytest.mark.parametrize(
    ("address", "holds"), [("::ffff:10.1.2.3", True), ("2001:db8::1", True), ("", False), ("x", False)]
)
def test_network_addresses_of_every_kind(people, address, holds):
    rule = as_rule([Way(networks=("10.0.0.0/8", "2001:db8::/32"))])

    assert may_enter(people["head"], rule, At(address, "1")) is holds


@given(st.builds(Way, units=st.tuples(st.integers(1, 9)), below=st.booleans(), titles=st.tuples(st.text(max_size=9)),
                 levels=st.sampled_from([(), ("head",)]), acr=st.sampled_from(["", "2", "3"])))  # fmt: skip
def test_what_is_kept_is_what_was_meant(way):
    assert ways_of(as_rule([way]) or {"ways": [{}]}) == (way,)


# --- where it is asked ---------------------------------------------------------------------------


def set_rule(system, *found):
    system.rule = as_rule(found)
    system.save(update_fields=["rule"])


def userinfo(client, token):
    return client.get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {token}").status_code


def introspect(client, wiki, token):
    form = {"token": token, "client_id": wiki[0].client_id, "client_secret": wiki[1]}
    return client.post(reverse("oauth-introspect"), form).json()["active"]


def test_asked_at_authorize(session_of, people, units, wiki):
    set_rule(wiki[0], Way(units=(units["KHTC"].pk,)))

    assert "code" in parameters_of(ask(session_of(people["officer"]), wiki[0]))
    refused = ask(session_of(people["clerk"]), wiki[0])
    silent = parameters_of(ask(session_of(people["clerk"]), wiki[0], prompt="none"))

    assert (refused.status_code, silent["error"]) == (403, "access_denied")
    assert f"{REDIRECT}?error=access_denied" in refused.content.decode()
    assert AuditEntry.objects.filter(action=Action.ENTRY_REFUSED, person_id=people["clerk"].pk).count() == 2


def test_consent_page_is_no_way_round(session_of, people, units, wiki):
    wiki[0].skip_authorization = False
    wiki[0].save()
    browser = session_of(people["clerk"])
    answer_url = ask(browser, wiki[0]).context["answer_url"]
    set_rule(wiki[0], Way(units=(units["KHTC"].pk,)))

    assert browser.post(answer_url, {"allow": "yes"}).status_code == 403


def test_way_that_wants_more_strength_asks_for_it(session_of, people, wiki):
    set_rule(wiki[0], Way(acr="2"))

    page = ask(session_of(people["officer"]), wiki[0])  # who has no second factor is told so

    assert page.status_code == 403
    assert "sso/factor_needed.html" in [template.name for template in page.templates]


def test_network_is_that_of_the_browser(session_of, people, wiki):
    """authentik believed the header of whoever sent one (CVE-2023-36456)."""
    set_rule(wiki[0], Way(networks=("10.0.0.0/8",)))
    browser = session_of(people["officer"])
    forged = {"HTTP_X_FORWARDED_FOR": "10.0.0.1", "HTTP_X_REAL_IP": "10.0.0.1"}

    def entered(**extra):
        browser.defaults.update(extra)
        return ask(browser, wiki[0]).status_code

    assert (entered(REMOTE_ADDR="10.9.9.9"), entered(REMOTE_ADDR="8.8.8.8")) == (302, 403)
    assert entered(**forged) == 403


def test_asked_again_at_every_use(session_of, client, people, units, wiki):
    browser = session_of(people["officer"])
    code = parameters_of(ask(browser, wiki[0]))["code"]
    tokens = tokens_of(browser, wiki)
    set_rule(wiki[0], Way(units=(units["VP"].pk,)))  # past save_rule, so nothing has been ended

    assert userinfo(client, tokens["access_token"]) == 401
    assert introspect(client, wiki, tokens["access_token"]) is False
    assert refresh(client, wiki, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert redeem(client, *wiki, code).json()["error"] == "invalid_grant"


def test_post_that_ends_ends_the_access(session_of, client, people, units, wiki):
    set_rule(wiki[0], Way(units=(units["KHTC"].pk,)))
    tokens = tokens_of(session_of(people["officer"]), wiki)
    assert introspect(client, wiki, tokens["access_token"])

    people["officer"].posts.update(valid_from="2020-01-01", valid_to="2020-01-02")

    assert not introspect(client, wiki, tokens["access_token"])


def test_tile_is_for_those_who_may_enter(signed_in, people, units, wiki):
    wiki[0].tile_url = "https://wiki.example/start"
    wiki[0].save()
    set_rule(wiki[0], Way(units=(units["KHTC"].pk,)))

    shown = {who: "https://wiki.example/start" in signed_in(people[who]).get(reverse("people")).content.decode()
             for who in ("officer", "below", "clerk")}  # fmt: skip

    assert shown == {"officer": True, "below": True, "clerk": False}


# --- changing it ---------------------------------------------------------------------------------


def test_change_ends_what_those_hold_who_are_out_now(client, people, units, wiki, settings):
    settings.TASKS = {
        "default": settings.TASKS["default"] | {"BACKEND": "django_tasks_db.DatabaseBackend"}
    }  # nobody is called
    wiki[0].backchannel_logout_uri = "http://127.0.0.1:9/out"
    wiki[0].save()
    tokens = {who: tokens_of(browser_of(people[who]), wiki) for who in ("officer", "clerk")}
    RefreshToken.objects.filter(user=people["officer"]).update(acr="2")

    out = save_rule(wiki[0], [Way(units=(units["KHTC"].pk,))], by=people["admin"])

    assert out == 1
    assert userinfo(client, tokens["officer"]["access_token"]) == 200
    assert userinfo(client, tokens["clerk"]["access_token"]) == 401
    assert [notice.user for notice in LogoutNotice.objects.all()] == [people["clerk"]]
    entry = AuditEntry.objects.get(action=Action.RULE_CHANGED)
    assert entry.facts["after"] == {"ways": [{"units": [units["KHTC"].pk]}]}


def test_g2_who_came_too_weakly_for_what_a_system_demands_now_is_out(client, people, wiki):
    """A new demand counts when the second admin has approved it, and for what was issued before it, too."""
    tokens = {who: tokens_of(browser_of(people[who]), wiki) for who in ("officer", "clerk")}
    for model in (Grant, RefreshToken):
        model.objects.filter(user=people["officer"]).update(acr="2")
    wiki[0].required_acr = "2"
    save_system(wiki[0], by=people["admin"])
    before = [
        refresh(client, wiki, tokens["clerk"]["refresh_token"]).status_code,
        Application.objects.get().required_acr,
    ]

    approve_request(SystemRequest.objects.get(), by=system_admin())

    assert before == [200, "1"]
    assert {who: userinfo(client, tokens[who]["access_token"]) for who in tokens} == {
        "officer": 200,
        "clerk": 401,
    }
    assert not RefreshToken.objects.filter(user=people["clerk"]).exists()


@pytest.mark.parametrize("count", [1, 12])
def test_change_asks_as_many_queries_for_any_number_of_people_inside(
    people, units, wiki, count, django_assert_max_num_queries
):
    for _number in range(count):
        tokens_of(browser_of(person_of(units["VP"])), wiki)
    with django_assert_max_num_queries(14):
        assert save_rule(wiki[0], [Way(units=(units["VP"].pk,))], by=people["admin"]) == 0


def test_service_is_for_system_admins(people, wiki):
    for who in ("officer", "head", "clerk"):
        with pytest.raises(PermissionDenied):
            save_rule(wiki[0], [Way(levels=("head",))], by=people[who])


def form_of(*found, **extra):
    data = {"way-TOTAL_FORMS": len(found), "way-INITIAL_FORMS": 0}
    for number, way in enumerate(found):
        data |= {f"way-{number}-{name}": value for name, value in way.items()}
    return data | extra


def test_form_stores_what_was_filled_in_and_shows_it_again(signed_in, people, units, wiki):
    browser = signed_in(people["admin"])
    filled = {
        "units": [units["KHTC"].pk], "below": "on", "levels": ["head"], "titles": "Kế toán trưởng\r\n\r\n",
        "people": "", "networks": "10.1.2.3/8", "acr": "2",
    }  # fmt: skip

    browser.post(
        reverse("system-rule", args=[wiki[0].pk]),
        form_of(filled, {"people": people["below"].username}, {"below": "on"}),
    )

    wiki[0].refresh_from_db()
    assert ways_of(wiki[0].rule) == (
        Way(
            units=(units["KHTC"].pk,),
            levels=("head",),
            titles=("Kế toán trưởng",),
            networks=("10.0.0.0/8",),
            acr="2",
        ),
        Way(people=(people["below"].pk,), below=False),
    )
    page = browser.get(reverse("system-rule", args=[wiki[0].pk])).content.decode()
    assert "Kế toán trưởng" in page
    assert people["below"].username in page


def test_more_people_than_a_rule_takes_are_refused_and_none_is_left_out_in_silence(signed_in, wiki):
    names = [UserFactory().username for _number in range(201)]
    client, page = signed_in(system_admin()), reverse("system-rule", args=[wiki[0].pk])

    answers = [client.post(page, form_of({"people": "\n".join(names[:most])})) for most in (201, 200)]

    wiki[0].refresh_from_db()
    assert [answer.status_code for answer in answers] == [422, 302]
    assert "tối đa 200 người" in answers[0].content.decode()
    assert len(wiki[0].rule["ways"][0]["people"]) == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("networks", "10.0.0.0/99"), ("people", "nobody.here"), ("units", "999999"), ("acr", "9")],
)
def test_wrong_input_is_told_at_the_field_and_changes_nothing(signed_in, people, wiki, field, value):
    page = signed_in(people["admin"]).post(reverse("system-rule", args=[wiki[0].pk]), form_of({field: value}))

    assert page.status_code == 422
    assert list(page.context["forms"].forms[0].errors) == [field]
    wiki[0].refresh_from_db()
    assert wiki[0].rule == {}


# --- why (not) -----------------------------------------------------------------------------------


def test_page_names_each_condition_with_its_answer(signed_in, people, units, wiki):
    set_rule(
        wiki[0], Way(units=(units["KHTC"].pk,), levels=("head",)), Way(networks=("10.0.0.0/8",), acr="2")
    )
    browser = signed_in(people["admin"])

    def asked(who, **query):
        page = browser.get(
            reverse("system-why", args=[wiki[0].pk]), {"account": people[who].username, **query}
        )
        return page.context["may"], [[row["holds"] for row in way["rows"]] for way in page.context["shown"]]

    assert asked("head") == (True, [[True], [False, None]])
    assert asked("officer", address="10.1.1.1") == (False, [[False], [False, True]])
    assert asked("officer", address="10.1.1.1", acr="2") == (True, [[False], [True, True]])
    assert asked("officer", address="9.1.1.1", acr="2") == (False, [[False], [True, False]])


def test_page_tells_of_a_person_what_there_is(signed_in, people, wiki):
    page = signed_in(people["admin"]).get(
        reverse("system-why", args=[wiki[0].pk]), {"account": people["officer"].username}
    )

    assert [label for label, _value in page.context["has"]] == ["Chức vụ", "Có thể đăng nhập"]


def test_page_says_no_to_a_disabled_account_and_knows_no_stranger(signed_in, people, wiki):
    people["head"].is_active = False
    people["head"].save()
    browser = signed_in(people["admin"])
    url = reverse("system-why", args=[wiki[0].pk])

    assert browser.get(url, {"account": people["head"].username}).context["may"] is False
    assert browser.get(url, {"account": "nobody.here"}).status_code == 422


def test_role_for_another_unit_does_not_count(people, units):
    person = person_of(units["KHTC"])
    RoleFactory(user=person, unit=units["VP"], name=Role.CLERK)
    rule = as_rule([Way(units=(units["KHTC"].pk,), roles=(Role.CLERK,))])

    assert not may_enter(person, rule)
    del person.current_roles
    RoleFactory(user=person, unit=units["KHTC"], name=Role.CLERK)
    assert may_enter(person, rule)
