import json
import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from wagtail.models import Page, Site

from intranet.models import HomePage, UnitPage
from intranet.plugins import Widget
from intranet.services import ensure_unit_pages
from sso.api import Role, Unit, User
from tests.factories import PostFactory, RoleFactory, UnitFactory, person_of, system_admin
from tests.intranet.conftest import make_plugin

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    unit = UnitFactory(code="KHTC", name_vi="Vụ Kế hoạch - Tài chính", name_en="Department of Planning")
    ensure_unit_pages()
    return unit


def test_site_is_ours_and_the_tree_is_whole():
    assert Site.objects.get().root_page.specific == HomePage.objects.get()
    assert list(Page.objects.filter(depth=2).values_list("content_type__model", flat=True)) == ["homepage"]
    assert Page.find_problems() == ([], [], [], [], [])


def test_ensure_unit_pages_can_run_twice_and_follows_names():
    unit, twin = UnitFactory(code="TTĐT"), UnitFactory(code="TTDT")
    UnitFactory(parent=unit)

    first, again = ensure_unit_pages(), ensure_unit_pages()
    unit.name_vi = "Cục Thông tin điện tử"
    unit.save()
    renamed = ensure_unit_pages()

    slugs = dict(UnitPage.objects.values_list("unit__code", "slug"))
    assert [first, again, renamed] == [(2, 0), (0, 0), (0, 1)]
    assert slugs == {"TTĐT": "ttdt", "TTDT": f"ttdt-{twin.pk}"}
    assert UnitPage.objects.get(unit=unit).title == "Cục Thông tin điện tử"
    assert Page.find_problems() == ([], [], [], [], [])


def test_page_of_a_closed_unit_leaves_the_air(unit, signed_in):
    unit.valid_to = "2020-01-01"
    unit.save()

    call_command("sync_pages")

    assert signed_in(person_of()).get("/units/khtc/").status_code == 404


def test_page_shows_who_leads_and_what_is_below(unit, signed_in):
    deputy = PostFactory(unit=unit, level="deputy", user__full_name="Lê Văn Phó").user
    head = PostFactory(unit=unit, level="head", user__full_name="Trần Thị Trưởng").user
    section = UnitFactory(parent=unit, name_vi="Phòng Tổng hợp")
    person_of(section)

    context = signed_in(person_of()).get("/units/khtc/").context

    assert [post.user for post in context["leaders"]] == [head, deputy]
    assert list(context["sub_units"]) == [section]
    assert [context["people_count"], context["may_edit"]] == [3, False]


def test_page_speaks_the_reader_s_language(unit, signed_in):
    browser = signed_in(person_of())
    browser.cookies["django_language"] = "en"

    assert "<h1>Department of Planning</h1>" in browser.get("/units/khtc/").content.decode()


def test_unit_widgets_know_their_unit(unit, signed_in, installed):
    plain = {"title": "Ô", "template": "ui/badge.html"}
    here = Widget(
        slug="here", context=lambda place: {"label": f"của {place.unit}"}, places=("unit",), **plain
    )
    home = Widget(slug="home", context=lambda place: {"label": "chỉ trang chủ"}, **plain)
    installed(make_plugin(widgets=(here, home)))

    page = signed_in(person_of()).get("/units/khtc/").content.decode()

    assert "của Vụ Kế hoạch - Tài chính" in page
    assert "chỉ trang chủ" not in page


@pytest.mark.parametrize("count", [1, 6])
def test_page_asks_as_many_queries_for_any_number_of_people(
    unit, signed_in, installed, django_assert_num_queries, count
):
    installed()
    PostFactory.create_batch(count, unit=unit, level="deputy")
    browser = signed_in(person_of())
    browser.get("/units/khtc/")

    with django_assert_num_queries(8):
        browser.get("/units/khtc/")


# --- who may edit ---------------------------------------------------------------------------------


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def edit(browser, page):
    """Send the edit form with a new introduction; return whether it is what people now read."""
    text = {"blocks": [{"key": "a", "text": "Lời mới", "type": "unstyled", "depth": 0}], "entityMap": {}}
    form = {"introduction": json.dumps(text), "address": "18 Nguyễn Du", "phone": "", "email": ""}
    browser.post(edit_url(page), {**form, "action-publish": "1"}, HTTP_ACCEPT_LANGUAGE="vi")
    return "Lời mới" in UnitPage.objects.get(pk=page.pk).introduction


WHO = [
    ("unit admin", True),
    ("system admin", True),
    ("superuser", True),
    ("member", False),
    ("head", False),
    ("admin of another unit", False),
    ("admin of a sub-unit", False),
    ("unit admin no more", False),
]


@pytest.mark.parametrize(("who", "allowed"), WHO)
def test_page_is_edited_by_the_unit_s_admin(
    unit, signed_in, who, allowed, django_capture_on_commit_callbacks
):
    other = UnitFactory()
    ensure_unit_pages()
    with django_capture_on_commit_callbacks(execute=True):
        person = {
            "unit admin": lambda: person_of(unit, role=Role.UNIT_ADMIN),
            "system admin": system_admin,
            "superuser": lambda: person_of(is_superuser=True),
            "member": lambda: person_of(unit),
            "head": lambda: person_of(unit, level="head"),
            "admin of another unit": lambda: person_of(other, role=Role.UNIT_ADMIN),
            "admin of a sub-unit": lambda: person_of(UnitFactory(parent=unit), role=Role.UNIT_ADMIN),
            "unit admin no more": lambda: person_of(unit, role=Role.UNIT_ADMIN),
        }[who]()
    if who == "unit admin no more":
        Role.objects.filter(user=person)._raw_delete("default")  # no signal: the groups still name the person

    assert edit(signed_in(person), unit.page) == allowed


def test_hostile_unit_admin_reaches_nothing_else(unit, signed_in, django_capture_on_commit_callbacks):
    UnitFactory(code="KHAC")
    ensure_unit_pages()
    theirs, home = UnitPage.objects.get(slug="khac"), HomePage.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        admin = person_of(unit, role=Role.UNIT_ADMIN)
    browser = signed_in(admin)

    pages = "wagtailadmin_pages:"
    targets = [
        *(
            reverse(f"{pages}{act}", args=[theirs.pk])
            for act in ("edit", "delete", "unpublish", "move", "copy")
        ),
        *(reverse(f"{pages}{act}", args=[home.pk]) for act in ("edit", "delete", "unpublish", "move")),
        *(reverse(f"{pages}{act}", args=[unit.page.pk]) for act in ("delete", "move", "copy")),
        reverse(f"{pages}add", args=["intranet", "unitpage", home.pk]),
        reverse("wagtailsites:index"),
        reverse("wagtailusers_users:index"),
        reverse("wagtailusers_groups:index"),
        "/django-admin/",
    ]
    before = list(Page.objects.order_by("pk").values("pk", "path", "title", "live"))
    for target in targets:
        for answer in (browser.get(target), browser.post(target, {"next": "/"})):
            assert answer.status_code in {302, 403, 404}, target
            assert answer.get("Location", "/admin/") in {"/admin/", "/"}, (target, answer.get("Location"))
    assert list(Page.objects.order_by("pk").values("pk", "path", "title", "live")) == before


def test_admin_pages_are_not_there_for_those_without_rights(unit, signed_in):
    browser = signed_in(person_of(unit))

    assert [browser.get(path).status_code for path in ("/admin/", "/django-admin/", "/admin/pages/")] == [
        404
    ] * 3


def test_unit_admin_s_menu_is_short_and_vietnamese(unit, signed_in, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        admin = person_of(unit, role=Role.UNIT_ADMIN)
    browser = signed_in(admin)

    page = browser.get("/admin/").content.decode()

    assert '<html lang="vi"' in page.replace("\n", " ").replace("  ", " ")
    assert "/admin/reports/" not in page
    assert "/admin/pages/" in page
    assert "/admin/users/" not in page


def test_role_taken_away_takes_the_group_away(unit, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        role = RoleFactory(unit=unit, name=Role.UNIT_ADMIN)
    had = [group.name for group in role.user.groups.all()]

    with django_capture_on_commit_callbacks(execute=True):
        role.delete()

    assert [had, User.objects.get(pk=role.user_id).groups.count()] == [["unit-page:KHTC"], 0]


def test_a_unit_with_another_code_leaves_nobody_in_the_old_group(unit, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        role = RoleFactory(unit=unit, name=Role.UNIT_ADMIN)
    unit.code = "KH"
    unit.save()
    ensure_unit_pages()
    moved = [group.name for group in role.user.groups.all()]

    with django_capture_on_commit_callbacks(execute=True):
        role.delete()

    person = User.objects.get(pk=role.user_id)
    assert (moved, person.groups.count(), person.has_perm("wagtailadmin.access_admin")) == (
        ["unit-page:KH"],
        0,
        False,
    )


def test_the_page_that_is_made_anew_is_the_unit_s_as_before(
    unit, signed_in, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        admin = person_of(unit, role=Role.UNIT_ADMIN)
    UnitPage.objects.get(unit=unit).delete()

    ensure_unit_pages()

    assert edit(signed_in(admin), UnitPage.objects.get(unit=unit))


def test_codes_that_two_units_swap_take_no_page_from_their_admins(
    unit, signed_in, django_capture_on_commit_callbacks
):
    other = UnitFactory(code="PC")
    ensure_unit_pages()
    with django_capture_on_commit_callbacks(execute=True):
        admins = {one: person_of(one, role=Role.UNIT_ADMIN) for one in (unit, other)}
    Unit.objects.filter(pk=unit.pk).update(code="~")
    Unit.objects.filter(pk=other.pk).update(code="KHTC")
    Unit.objects.filter(pk=unit.pk).update(code="PC")

    ensure_unit_pages()

    own = [edit(signed_in(admins[one]), UnitPage.objects.get(unit=one)) for one in (unit, other)]
    UnitPage.objects.update(introduction="")
    others = [edit(signed_in(admins[one]), UnitPage.objects.exclude(unit=one).get()) for one in (unit, other)]
    assert (own, others) == ([True, True], [False, False])


# --- what its admin finds -------------------------------------------------------------------------


def test_the_editor_opens_with_the_pages_of_the_admin_s_units(
    unit, signed_in, django_capture_on_commit_callbacks
):
    UnitFactory(code="PC", name_vi="Vụ Pháp chế")
    ensure_unit_pages()
    with django_capture_on_commit_callbacks(execute=True):
        admin = person_of(unit, role="unit_admin")

    page = signed_in(admin).get("/admin/")

    words = page.content.decode()
    assert edit_url(UnitPage.objects.get(unit=unit)) in words
    assert "Vụ Pháp chế" not in words
    assert "wagtail.org" not in words  # a guide that a ministry without internet cannot open


def test_one_press_publishes_the_page_of_a_unit(unit, signed_in, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        admin = person_of(unit, role="unit_admin")

    words = signed_in(admin).get(edit_url(UnitPage.objects.get(unit=unit))).content.decode()

    acts = re.findall(r'"(action-publish|button action-save)\b', words)
    assert acts[-2:] == ["action-publish", "button action-save"]  # an Enter still saves a draft
