"""In Wagtail's administration the admin of a unit finds nothing of others, and changes nothing of theirs."""

import re

import pytest
from django.core.files.images import ImageFile
from django.urls import URLPattern, get_resolver, reverse
from wagtail.images.models import Image
from wagtail.models import Page, Revision

from apps.news.models import NewsPage
from intranet.models import UnitPage
from tests.factories import UserFactory, system_admin
from tests.intranet.hostile.conftest import SECRET
from tests.intranet.hostile.words import rich, save_page, shown
from tests.sso.test_doors import example

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def every_admin_path():
    """Each address of Wagtail's administration, with its name."""

    def walk(patterns, prefix, names):
        for item in patterns:
            path = prefix + re.sub(r"\\Z$|\$$", "", str(item.pattern).removeprefix("^"))
            if isinstance(item, URLPattern):
                yield path, ":".join([*names, item.name or ""])
            else:
                yield from walk(
                    item.url_patterns, path, [*names, item.namespace] if item.namespace else names
                )

    return [found for found in walk(get_resolver().url_patterns, "/", []) if found[0].startswith("/admin/")]


QUERIES = ["", f"?q={SECRET.split()[0]}&type=news.NewsPage&fields=*"]
ANSWERED = re.compile(
    r"wagtailadmin_(home|explore(_root|_results)?|choose_page\w*|account|sprite|javascript_catalog|tag_autocomplete|"
    r"dismissibles|pages:\w+|api:pages:\w+|editing_sessions:\w+|login|logout)|"
    r"wagtailimages(_chooser)?:\w+|wagtailsnippetchoosers_news_newscategory:\w+|"
)


def test_no_address_of_the_administration_tells_of_others_drafts(hostile, units, theirs):
    """Every address of Wagtail's administration, with the keys of the other unit's pages."""
    paths = every_admin_path()
    assert len(paths) > 150
    told, opened = [], set()
    for path, name in paths:
        filled = re.sub(r"/1(?=/)", f"/{theirs['draft'].pk}", example(path))
        for query in QUERIES:
            answer = hostile.get(filled + query)
            if SECRET in answer.content.decode(errors="replace"):
                told.append(filled + query)
            if answer.status_code == 200:
                opened.add(name)

    assert told == []
    assert sorted(name for name in opened if not ANSWERED.fullmatch(name)) == []


def test_no_address_of_the_administration_changes_what_is_of_others(hostile, units, theirs, admin):
    system_admin()
    before = state()
    form = {"title": "Chiếm", "name": "Chiếm", "slug": "chiem", "introduction": rich("Chiếm"),
            "next": "/", "action": "x", "action-publish": "1", "confirm": "yes", "position": "0"}  # fmt: skip
    for path, name in every_admin_path():
        if name.endswith(("wagtailadmin_account", "dismissibles")):  # their own settings
            continue
        for page in (theirs["draft"], theirs["page"]):
            hostile.post(re.sub(r"/1(?=/)", f"/{page.pk}", example(path)), form)
    assert state() == before


def state() -> list:
    """What a hostile admin must not change."""
    from django.contrib.auth.models import Group
    from wagtail.documents.models import Document
    from wagtail.models import Collection, GroupPagePermission, Site, Task, Workflow

    from sso.api import User

    return [
        list(
            Page.objects.order_by("pk").values(
                "pk", "path", "title", "slug", "live", "locked", "latest_revision"
            )
        ),
        list(NewsPage.objects.order_by("pk").values("pk", "body", "unit", "is_pinned")),
        list(UnitPage.objects.order_by("pk").values("pk", "introduction", "unit")),
        [
            model.objects.count()
            for model in (Revision, Document, Collection, GroupPagePermission, Site, Task, Workflow)
        ],
        list(Group.objects.order_by("pk").values("pk", "name", "user")),
        list(User.objects.order_by("pk").values("pk", "is_superuser", "username")),
    ]


def test_a_link_to_anothers_draft_tells_nothing(hostile, units, theirs, signed_in):
    """A link names a page by its key; readers are led to its address, which is closed, and do not learn its title."""
    entity = {
        "type": "LINK",
        "mutability": "MUTABLE",
        "data": {"id": theirs["draft"].pk, "url": "/x/", "parentId": 1},
    }
    save_page(hostile, units[0].page, introduction=rich("Lời", entities=[entity]))

    page = shown(signed_in, units[0].page)

    assert SECRET not in page
    assert hostile.get(theirs["draft"].get_absolute_url()).status_code == 404


# --- pictures -------------------------------------------------------------------------------------

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
FILES = {
    "svg": ("x.svg", SVG, "image/svg+xml"),
    "svg called png": ("x.png", SVG, "image/png"),
    "html": ("x.html", b"<script>alert(1)</script>", "text/html"),
    "html called gif": ("x.gif", b"GIF89a<script>alert(1)</script>", "image/gif"),
    "path": ("../../../../tmp/x.png", PNG, "image/png"),
    "absolute path": ("/etc/x.png", PNG, "image/png"),
    "two endings": ("x.png.html", PNG, "text/html"),
}


@pytest.mark.parametrize("kind", FILES)
def test_pictures_are_pictures_in_their_folder(hostile, admin, kind, settings, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path / "media"
    name, content, content_type = FILES[kind]
    form = {
        "title": "<script>alert(1)</script>",
        "file": SimpleUploadedFile(name, content, content_type),
        "tags": "",
    }

    hostile.post(reverse("wagtailimages:add"), form | {"collection": 1})

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.is_relative_to(settings.MEDIA_ROOT) for path in files)
    assert {path.suffix for path in files} <= {".png"}
    assert "<script>alert" not in hostile.get(reverse("wagtailimages:index")).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "../secret_key",
        "%2e%2e/secret_key",
        "..%2fsecret_key",
        "original_images/../../secret_key",
        "/etc/passwd",
        "private/x",
        "images/%00.png",
        "documents/x.pdf",
    ],
)
def test_pictures_are_no_way_to_other_files(hostile, path, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "secret_key").write_text("geheim")
    (tmp_path / "media").mkdir()

    answer = hostile.get(f"/media/{path}")

    assert (answer.status_code in (400, 404), b"geheim" in b"".join(answer)) == (True, False)


def test_others_pictures_are_not_changed(hostile, units, theirs, settings, tmp_path):
    from io import BytesIO

    settings.MEDIA_ROOT = tmp_path
    picture = Image.objects.create(
        title=SECRET,
        file=ImageFile(BytesIO(PNG), name="x.png"),
        uploaded_by_user=UserFactory(),
        width=1,
        height=1,
    )
    for act in ("edit", "delete"):
        hostile.post(reverse(f"wagtailimages:{act}", args=[picture.pk]), {"title": "Chiếm", "collection": 1})

    assert Image.objects.values_list("title", flat=True).get(pk=picture.pk) == SECRET


def test_a_role_that_has_ended_opens_nothing(hostile, admin, units, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        admin.roles.all().delete()
    before = Revision.objects.count()

    assert hostile.get("/admin/").status_code == 404
    save_page(hostile, units[0].page, introduction=rich("Chiếm"))
    assert Revision.objects.count() == before


NO_KEYS = ["abc", "1e9", "%00", "٣", "9" * 40]


@pytest.fixture
def both(hostile, signed_in):
    """Browsers of the unit's admin and of a system admin."""
    browser = signed_in(system_admin(is_superuser=True))
    browser.raise_request_exception = False
    return hostile, browser


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_is_chosen_by_nobody(both, key):
    """Wagtail asks the database for it as it is, which raises ValueError."""
    choosers = [path for path, name in every_admin_path() if name.endswith((":chosen", ":chosen_multiple"))]
    addresses = [path.replace("<str:pk>", key) + f"?id={key}" for path in choosers]

    answers = [browser.get(address).status_code for browser in both for address in addresses]

    assert answers == [404] * 2 * len(addresses)
    assert len(addresses) == 6


@pytest.mark.parametrize("key", NO_KEYS)
def test_no_view_of_the_administration_breaks_by_a_key_that_is_none(both, key):
    addresses = [path.replace("<str:pk>", key) for path, _name in every_admin_path() if "<str:pk>" in path]

    broken = [
        (address, status)
        for browser in both
        for address in map(example, addresses)
        if (status := browser.get(address).status_code) >= 500
    ]

    assert broken == []


def test_the_account_asks_for_no_name_and_no_second_language(hostile):
    page = hostile.get(reverse("wagtailadmin_account")).content.decode()

    saved = hostile.post(
        reverse("wagtailadmin_account"),
        {"theme-theme": "dark", "theme-density": "default", "theme-contrast": "system"},
    )

    assert "first_name" not in page
    assert "preferred_language" not in page
    assert saved.status_code == 302


def test_the_first_page_counts_nothing_of_others(hostile):
    assert "w-summary" not in hostile.get(reverse("wagtailadmin_home")).content.decode()
