"""An admin of one unit who means harm, and what is of another unit."""

import pytest
from django.core.management import call_command

from intranet.services import ensure_unit_pages
from sso.api import Role
from tests.factories import UnitFactory, person_of
from tests.news.factories import NewsCategoryFactory, NewsPageFactory

SECRET = "Kế hoạch sáp nhập bí mật"


@pytest.fixture
def units():
    """KHTC, whose admin is hostile, and KHAC beside it."""
    found = UnitFactory(code="KHTC"), UnitFactory(code="KHAC")
    ensure_unit_pages()
    call_command("sync_news")
    return found


@pytest.fixture
def admin(units, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return person_of(units[0], role=Role.UNIT_ADMIN)


@pytest.fixture
def hostile(admin, signed_in):
    browser = signed_in(admin)
    browser.raise_request_exception = False
    return browser


@pytest.fixture
def category():
    return NewsCategoryFactory()


@pytest.fixture
def theirs(units, category):
    """A draft, a published item and the page of the other unit."""
    about = {"unit": units[1], "category": category}
    draft = NewsPageFactory(title=SECRET, slug="bi-mat", live=False, body=f"<p>{SECRET}</p>", **about)
    draft.save_revision()
    published = NewsPageFactory(title="Tin đã đăng", slug="da-dang", **about)
    return {"draft": draft, "published": published, "page": units[1].page}
