"""Why (not)? for the admins of one's unit, and for whoever stands before a system's closed door."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from sso.api import ensure_client
from sso.models import Role
from sso.services.rules import Kind, Way, as_rule
from sso.services.why import helpers_of, missing, systems_asked_by, verdicts
from tests.factories import PostFactory, RoleFactory, UnitFactory, UserFactory, person_of, system_admin
from tests.sso.conftest import ask, parameters_of

pytestmark = pytest.mark.django_db


def browser_of(person) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


@pytest.fixture
def units(db):
    """KHTC with a sub-unit, and VP beside it."""
    khtc = UnitFactory(code="KHTC")
    return {"KHTC": khtc, "KHTC.TH": UnitFactory(code="KHTC.TH", parent=khtc), "VP": UnitFactory(code="VP")}


@pytest.fixture
def people(units):
    return {
        "admin of KHTC": person_of(units["KHTC"], role=Role.UNIT_ADMIN, full_name="Quản trị Kế hoạch"),
        "admin below": person_of(units["KHTC.TH"], role=Role.UNIT_ADMIN, full_name="Quản trị Tổng hợp"),
        "admin of VP": person_of(units["VP"], role=Role.UNIT_ADMIN),
        "system admin": system_admin(),
        "clerk": person_of(units["KHTC"], role=Role.CLERK),
        "officer": person_of(units["KHTC"]),
        "below": person_of(units["KHTC.TH"]),
        "elsewhere": person_of(units["VP"]),
        "nobody": UserFactory(),
    }


def system_of(name, *ways, **fields):
    fields = {"redirect_uris": f"https://{name.lower()}.example/back", "skip_authorization": True} | fields
    return ensure_client(name, rule=as_rule(ways), **fields)[0]


def page_about(by, person):
    return browser_of(by).get(reverse("person-systems", args=[person.username]))


# --- who may ask about whom -----------------------------------------------------------------------

ABOUT = ["officer", "below", "elsewhere", "nobody", "admin of KHTC"]
TABLE = {  # who asks → about whom they get an answer
    "system admin": set(ABOUT),
    "admin of KHTC": {"officer", "below", "admin of KHTC"},
    "admin below": {"below"},
    "admin of VP": {"elsewhere"},
    "clerk": set(),
    "officer": set(),
}


@pytest.mark.parametrize("who", TABLE)
def test_who_may_ask_about_whom(people, who):
    pages = {name: page_about(people[who], people[name]).status_code for name in ABOUT}

    assert pages == {name: 200 if name in TABLE[who] else 404 for name in ABOUT}


@pytest.mark.parametrize("who", TABLE)
def test_the_service_asks_for_the_permission_itself(people, who):
    for name in ABOUT:
        if name in TABLE[who]:
            assert verdicts(people[name], by=people[who]) == []
        else:
            with pytest.raises(PermissionDenied):
                verdicts(people[name], by=people[who])


@pytest.mark.parametrize("who", TABLE)
def test_the_way_there_is_shown_to_those_who_may_go(people, who):
    for name in ABOUT:
        page = browser_of(people[who]).get(reverse("person", args=[people[name].username]))

        link = reverse("person-systems", args=[people[name].username])
        assert (link in page.content.decode()) is (name in TABLE[who])


def test_a_stranger_is_sent_to_the_sign_in(client, people):
    answer = client.get(reverse("person-systems", args=[people["officer"].username]))

    assert answer.status_code == 302


def test_a_post_that_has_ended_gives_no_sight(people, units):
    from django.utils import timezone

    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    PostFactory(user=people["elsewhere"], unit=units["KHTC"], valid_to=yesterday, is_main=False)

    assert page_about(people["admin of KHTC"], people["elsewhere"]).status_code == 404


# --- about which systems, and what is told --------------------------------------------------------


def test_unit_admins_ask_about_what_they_may_enter_and_what_names_their_unit(people, units):
    for_all = system_of("All")
    system_of("Off", is_enabled=False)
    system_of("Program", authorization_grant_type="client-credentials")
    system_of("Waiting", is_enabled=False, is_approved=False)
    system_of("Other", Way(units=(units["VP"].pk,)))
    heads = system_of("Heads", Way(units=(units["KHTC"].pk,), levels=("head",)))
    below = system_of("Below", Way(units=(units["KHTC.TH"].pk,), levels=("head",)))
    system_of("Secret", Way(people=(people["clerk"].pk,)))

    def asked(who):
        return {system.name for system in systems_asked_by(people[who])}

    assert asked("admin of KHTC") == {for_all.name, heads.name, below.name}
    assert asked("admin of VP") == {"All", "Other"}
    assert asked("system admin") == {"All", "Other", "Heads", "Below", "Secret"}


def test_page_says_yes_and_no_with_each_condition(people, units):
    system_of("All")
    system_of(
        "Heads", Way(units=(units["KHTC"].pk,), levels=("head",)), Way(units=(units["KHTC"].pk,), acr="2")
    )

    page = page_about(people["admin of KHTC"], people["officer"])

    rows = {row["system"].name: row for row in page.context["rows"]}
    assert {name: row["may"] for name, row in rows.items()} == {"All": True, "Heads": False}
    assert [[(one["text"], one["holds"]) for one in way["rows"]] for way in rows["Heads"]["ways"]] == [
        [(f"Giữ chức vụ cấp trưởng tại {units['KHTC']} hoặc đơn vị trực thuộc", False)],
        [
            ("Đăng nhập bằng mật khẩu và bước thứ hai, hoặc bằng khóa truy cập", False),
            (f"Giữ chức vụ tại {units['KHTC']} hoặc đơn vị trực thuộc", True),
        ],
    ]


def test_what_a_rule_says_of_others_is_not_told(people, units):
    group = Group.objects.create(name="Dự án mật")
    own = units["KHTC"].pk
    named = (people["elsewhere"].pk, people["officer"].pk)
    system_of("A", Way(units=(own,), people=named), Way(units=(own,), networks=("10.99.0.0/16",)),
              Way(units=(own,), groups=(group.pk,)))  # fmt: skip
    hidden = [people["elsewhere"].full_name, "10.99", group.name]

    def told(by):
        text = page_about(people[by], people["officer"]).content.decode()
        return [escape(word) in text for word in hidden]

    assert told("admin of KHTC") == [False, False, False]
    assert told("system admin") == [True, True, True]


def test_what_depends_on_the_network_is_said_so(people, units):
    system_of("Net", Way(units=(units["KHTC"].pk,), networks=("10.99.0.0/16",)))
    system_of("Either", Way(networks=("10.99.0.0/16",)), Way(units=(units["KHTC"].pk,)))
    system_of("Never", Way(units=(units["KHTC"].pk,), levels=("head",), networks=("10.99.0.0/16",)))

    page = page_about(people["admin of KHTC"], people["officer"])

    rows = {row["system"].name: (row["may"], row["depends"]) for row in page.context["rows"]}
    assert rows == {"Net": (True, True), "Either": (True, False), "Never": (False, False)}


def test_somebody_locked_may_enter_nothing(people):
    system_of("All")
    people["officer"].is_active = False
    people["officer"].save()

    page = page_about(people["admin of KHTC"], people["officer"])

    assert [row["may"] for row in page.context["rows"]] == [False]


def test_as_many_queries_for_many_systems(people, units, django_assert_max_num_queries):
    for number in range(12):
        system_of(f"S{number}", Way(units=(units["KHTC"].pk,), roles=(Role.CLERK,)))
    browser = browser_of(people["admin of KHTC"])
    browser.get("/people/")

    with django_assert_max_num_queries(24):
        page = browser.get(reverse("person-systems", args=[people["officer"].username]))

    assert len(page.context["rows"]) == 12


# --- at the door ----------------------------------------------------------------------------------


def test_of_several_ways_the_nearest_counts(people, units):
    rule = as_rule(
        [
            Way(units=(units["VP"].pk,), roles=(Role.CLERK,), networks=("10.0.0.0/8",)),
            Way(units=(units["KHTC"].pk,), networks=("10.0.0.0/8",)),
        ]
    )

    assert missing(people["officer"], rule, "8.8.8.8") == [Kind.NETWORK]
    assert missing(people["elsewhere"], rule, "8.8.8.8") == [Kind.NETWORK, Kind.ROLE]
    assert missing(people["officer"], rule, "10.1.1.1") == []


DOOR = {
    "posts": (lambda units, people: Way(units=(units["VP"].pk,)), "không gồm chức vụ của bạn: Chuyên viên"),
    "people": (lambda units, people: Way(people=(people["clerk"].pk,)), "được chỉ định đích danh"),
    "roles": (lambda units, people: Way(roles=(Role.CLERK,)), "một vai trò mà bạn không có"),
    "networks": (lambda units, people: Way(networks=("10.99.0.0/16",)), "truy cập từ 127.0.0.1"),
    "groups": (lambda units, people: Way(groups=(Group.objects.create(name="Dự án mật").pk,)), "một số nhóm"),
}


@pytest.mark.parametrize("kind", DOOR)
def test_whoever_is_refused_reads_what_is_missing_and_whom_to_ask(people, units, wiki, kind):
    make, words = DOOR[kind]
    wiki[0].rule = as_rule([make(units, people)])
    wiki[0].save()

    page = ask(browser_of(people["officer"]), wiki[0])

    text = page.content.decode()
    assert page.status_code == 403
    assert words in text
    assert "Quản trị Kế hoạch" in text
    for hidden in ("10.99", "Dự án mật", escape(people["clerk"].full_name), str(units["VP"])):
        assert hidden not in text
    silent = ask(browser_of(people["officer"]), wiki[0], prompt="none")
    assert parameters_of(silent)["error_description"] == "the person may not enter this system"


def test_the_nearest_admins_help(people, units):
    RoleFactory(user=people["nobody"], unit=units["KHTC.TH"], name=Role.UNIT_ADMIN)
    gone = person_of(units["KHTC.TH"], role=Role.UNIT_ADMIN)
    gone.is_active = False
    gone.save()

    assert {*helpers_of(people["below"])} == {people["admin below"], people["nobody"]}
    assert helpers_of(people["officer"]) == [people["admin of KHTC"]]
    assert helpers_of(people["admin of KHTC"]) == []


def test_who_has_no_unit_admin_reads_of_the_help_desk(people, wiki):
    wiki[0].rule = as_rule([Way(people=(people["clerk"].pk,))])
    wiki[0].save()

    page = ask(browser_of(people["nobody"]), wiki[0]).content.decode()

    assert "bộ phận hỗ trợ của Trung tâm Thông tin" in page
