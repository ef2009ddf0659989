"""An admin of one unit who means harm, and what is of another unit."""

import pytest
from django.core.management import call_command
from django.test import TestCase

from intranet.services import ensure_unit_pages
from sso.api import Role, Unit, User
from tests.conftest import kept
from tests.factories import UnitFactory, person_of
from tests.news.factories import NewsCategoryFactory, NewsPageFactory

SECRET = "Kế hoạch sáp nhập bí mật"


@pytest.fixture(scope="module")
def two_units(django_db_setup, django_db_blocker):
    """KHTC with its hostile admin, KHAC beside it, their pages: once for all tests of a module, a third of a second."""
    with kept(django_db_blocker):
        with TestCase.captureOnCommitCallbacks(execute=True):
            khtc, _khac = UnitFactory(code="KHTC"), UnitFactory(code="KHAC")
            ensure_unit_pages()
            call_command("sync_news")
            person_of(khtc, role=Role.UNIT_ADMIN, username="hostile")
        yield


@pytest.fixture
def units(two_units, db):
    """KHTC, whose admin is hostile, and KHAC beside it."""
    return Unit.objects.get(code="KHTC"), Unit.objects.get(code="KHAC")


@pytest.fixture
def admin(units):
    return User.objects.get(username="hostile")


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
