"""With every field that is theirs the admin of a unit writes words, and no more."""

import json
import re

import pytest
from django.urls import reverse
from wagtail.models import Page

from apps.news.models import NewsPage
from intranet.models import DashboardLayout, UnitPage
from tests.factories import UnitFactory, UserFactory, person_of
from tests.intranet.hostile.words import ENTITIES, EVIL, MARK, MARKUP, Prose, rich, save_page, shown

pytestmark = pytest.mark.django_db
STYLES = ["", "BOLD", "CODE", "<script>", "COLOR_red"]


# --- the page of the unit --------------------------------------------------------------------------


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("block", "is_kept"),
    [
        ("unstyled", True), ("header-two", True), ("atomic", True),
        ("code-block", False), ("<style>", False), ("header-one", False),
    ],
)  # fmt: skip
def test_words_of_a_unit_page_are_words(hostile, units, signed_in, block, is_kept):
    page = units[0].page
    save_page(hostile, page, introduction=rich(*MARKUP, styles=STYLES, block=block))

    prose = Prose(shown(signed_in, page))

    assert prose.faults() == []
    assert (MARKUP[0] in prose.text) is is_kept


def test_markup_is_shown_as_it_was_typed(hostile, units, signed_in):
    save_page(hostile, units[0].page, introduction=rich(*MARKUP))

    text = Prose(shown(signed_in, units[0].page)).text

    assert [words for words in MARKUP if words not in text] == []


@pytest.mark.any_database
def test_links_of_a_unit_page_lead_to_pages_only(hostile, units, signed_in):
    save_page(hostile, units[0].page, introduction=rich("Lời", links=EVIL))

    prose = Prose(shown(signed_in, units[0].page))

    assert prose.faults() == []
    assert [number for number in range(len(EVIL)) if f"{MARK} {number}" not in prose.text] == []


@pytest.mark.any_database
@pytest.mark.parametrize("kind", ENTITIES)
@pytest.mark.parametrize("block", ["unstyled", "atomic"])
def test_nothing_else_can_be_put_into_a_unit_page(hostile, units, signed_in, kind, block):
    entity = {"type": kind, "mutability": "IMMUTABLE", "data": ENTITIES[kind]}
    answer = save_page(hostile, units[0].page, introduction=rich("Lời", entities=[entity], block=block))

    assert answer.status_code in (200, 302)
    prose = Prose(shown(signed_in, units[0].page))
    assert prose.faults() == []
    assert not any(tag in ("img", "embed", "iframe") for tag, _attrs in prose.tags)


@pytest.mark.parametrize("field", ["address", "phone", "email"])
def test_what_is_too_long_for_a_field_of_a_unit_page_is_not_kept(hostile, units, field):
    save_page(hostile, units[0].page, **{field: "x" * 400})

    units[0].page.refresh_from_db()
    assert getattr(units[0].page, field) == ""


@pytest.mark.any_database
@pytest.mark.parametrize("value", [*MARKUP, *EVIL])
def test_plain_fields_of_a_unit_page_are_text(hostile, units, signed_in, value):
    email = '"<script>alert(1)</script>"@mic.example'
    save_page(hostile, units[0].page, address=value, phone=value[:60], email=email)

    units[0].page.refresh_from_db()
    assert units[0].page.email == email
    page = shown(signed_in, units[0].page)
    for tag in (
        "<script>alert",
        "onerror=alert(1)>",
        "<iframe src=//evil",
        "<svg onload",
        "<b onmouseover",
        "<base",
    ):
        assert tag not in page
    assert not re.search(r'href="\s*(javascript|data|vbscript):', page, re.IGNORECASE)


def test_fields_that_are_not_on_the_form_stay_as_they_are(hostile, units):
    page, other = units[0].page, units[1].page
    names = [
        "title",
        "slug",
        "seo_title",
        "show_in_menus",
        "search_description",
        "unit_id",
        "owner_id",
        "path",
        "url_path",
        "go_live_at",
        "expire_at",
        "locked",
        "live",
    ]
    before = UnitPage.objects.values(*names).get(pk=page.pk)

    save_page(
        hostile, page, title="<script>", slug="../khac", seo_title="x", show_in_menus="on", unit=units[1].pk,
        owner=1, go_live_at="2020-01-01", expire_at="2020-01-01", locked="on", search_description="x",
        page_ptr=other.pk, id=other.pk, path=other.path, parent=other.pk,
    )  # fmt: skip

    assert UnitPage.objects.values(*names).get(pk=page.pk) == before
    assert UnitPage.objects.get(pk=other.pk).introduction == ""


# --- the home page of the unit --------------------------------------------------------------------


@pytest.mark.parametrize(
    "act", ["hide", "show", "lock", "unlock", "place", "up", "down", "<script>", "", "reset"]
)
@pytest.mark.parametrize(
    "name", ["news.newest", "<script>alert(1)</script>", "../../etc", "tasks.", "a" * 900, "\0"]
)
def test_layouts_take_widgets_that_there_are(hostile, units, signed_in, act, name):
    answer = hostile.post(
        reverse("arrange_unit", args=[units[0].pk]), {"act": act, "widget": name, "before": name}
    )

    assert answer.status_code in (302, 422)
    kept = json.dumps(list(DashboardLayout.objects.values_list("operations", flat=True)))
    assert name == "news.newest" or name not in kept
    assert "<script>alert" not in signed_in(person_of(units[0])).get("/").content.decode()


def test_layouts_of_others_are_not_there(hostile, units, admin):
    below = UnitFactory(parent=units[1])
    addresses = [
        reverse("arrange_unit", args=[pk]) for pk in (units[1].pk, below.pk, units[0].parent_id, 10**9)
    ]

    for address in [*addresses, reverse("arrange_ministry")]:
        assert hostile.get(address).status_code == 404
        assert hostile.post(address, {"act": "lock", "widget": "news.newest"}).status_code == 404
    assert DashboardLayout.objects.count() == 0


# --- news -----------------------------------------------------------------------------------------


def news_form(units, category, **changes):
    return {
        "title": "Tin của Vụ", "slug": "tin-cua-vu", "category": category.pk, "unit": units[0].pk, "summary": "Tóm tắt",
        "body": rich("Lời"), "picture": "", "published_at": "2026-03-02 08:00",
    } | changes  # fmt: skip


def write_news(browser, units, category, **changes):
    """Write a draft, and have an editor publish it; return it."""
    index = Page.objects.get(slug="news")
    address = reverse("wagtailadmin_pages:add", args=["news", "newspage", index.pk])
    browser.post(address, news_form(units, category, **changes))
    page = NewsPage.objects.order_by("-pk").first()
    if page:
        page.get_latest_revision().publish()
        page.refresh_from_db()
    return page


def test_news_are_words_too(hostile, units, category, signed_in):
    links = [{"type": "LINK", "mutability": "MUTABLE", "data": {"url": url}} for url in EVIL]
    more = [
        {"type": kind, "mutability": "IMMUTABLE", "data": data}
        for kind, data in ENTITIES.items()
        if kind != "IMAGE"
    ]
    for number, block in enumerate(["unstyled", "atomic", "blockquote"]):
        page = write_news(
            hostile, units, category, title=MARKUP[1], slug=f"tin-{number}", summary=MARKUP[0],
            body=rich(*MARKUP, entities=[*links, *more], block=block),
        )  # fmt: skip

        text = shown(signed_in, page)
        listed = signed_in(UserFactory()).get("/news/").content.decode()
        home = signed_in(UserFactory()).get("/").content.decode()

        assert Prose(text).faults() == []
        for place in (text, listed, home):
            assert "<script>alert" not in place
            assert "<img src=//evil" not in place


def test_news_are_not_published_moved_or_pinned_by_their_writer(hostile, units, category):
    index = Page.objects.get(slug="news")
    address = reverse("wagtailadmin_pages:add", args=["news", "newspage", index.pk])
    hostile.post(address, news_form(units, category, is_pinned="on", live="on", **{"action-publish": "1"}))
    draft = NewsPage.objects.get()

    hostile.post(
        reverse("wagtailadmin_pages:edit", args=[draft.pk]),
        news_form(units, category, **{"action-publish": "1"}),
    )
    hostile.post(reverse("wagtailadmin_pages:move_confirm", args=[draft.pk, units[0].page.pk]), {"next": "/"})

    draft.refresh_from_db()
    assert (draft.live, draft.is_pinned, draft.get_parent().pk) == (False, False, index.pk)


def test_news_are_not_written_for_another_unit(hostile, units, category):
    index = Page.objects.get(slug="news")
    address = reverse("wagtailadmin_pages:add", args=["news", "newspage", index.pk])

    hostile.post(address, news_form(units, category, unit=units[1].pk))

    assert NewsPage.objects.count() == 0
