"""Wagtail's administration speaks Vietnamese, also where it writes by script, and says what is true of a page."""

import json

import pytest
from django.utils import translation
from django.utils.timesince import timesince
from django.utils.timezone import now, timedelta

from intranet.models import UnitPage
from intranet.services import ensure_unit_pages
from tests.factories import UnitFactory, person_of, system_admin

pytestmark = pytest.mark.django_db


def test_what_scripts_write_is_translated_for_those_who_edit(signed_in, django_capture_on_commit_callbacks):
    ensure_unit_pages()
    with django_capture_on_commit_callbacks(execute=True):
        admin = system_admin()

    words = signed_in(admin).get("/admin/jsi18n/").content.decode()

    said = [json.dumps(word) in words for word in ("Thu gọn tất cả", "Thêm bình luận", "Chèn một khối")]
    assert said == [True, True, True]


def test_what_scripts_write_is_not_there_for_others(signed_in):
    assert signed_in(person_of(UnitFactory())).get("/admin/jsi18n/").status_code == 404


def test_times_ago_are_vietnamese():
    with translation.override("vi"):
        assert timesince(now() - timedelta(days=15, hours=2)) == "2\xa0tuần, 1\xa0ngày"


def test_a_new_unit_page_has_no_draft():
    UnitFactory(code="KHTC")

    ensure_unit_pages()

    assert list(UnitPage.objects.values_list("live", "has_unpublished_changes")) == [(True, False)]


SAID = {
    "Publish": "Đăng",
    "Preview not available": "Chưa xem trước được",
    "Yes, unpublish it": "Gỡ xuống",
    "Page permissions": "Quyền trên trang",
    "Publish any page": "Đăng mọi trang",
    "site name": "tên trang mạng",
    "Choose another task": "Chọn bước khác",
    "Compare with current version": "So với bản hiện tại",
    "This file is too big. Maximum filesize %(max_filesize)s.": "Tệp lớn quá. Tối đa %(max_filesize)s.",
    'The page "%(title)s" has been approved in "%(workflow)s".': "Trang “%(title)s” đã được duyệt theo “%(workflow)s”.",
}


def test_what_the_editor_does_and_refuses_is_vietnamese():
    with translation.override("vi"):
        assert {words: translation.gettext(words) for words in SAID} == SAID


@pytest.mark.parametrize(
    ("language", "permission", "column"),
    [("vi", "Thêm bộ sưu tập", "Trang gốc"), ("en", "Add collections", "Root page")],
)
def test_words_that_wagtail_reads_once_are_in_the_language_of_each_reader(
    signed_in, django_capture_on_commit_callbacks, language, permission, column
):
    ensure_unit_pages()
    with django_capture_on_commit_callbacks(execute=True):
        browser = signed_in(system_admin(is_superuser=True))
    browser.cookies["django_language"] = language

    groups, sites = [browser.get(f"/admin/{page}/").content.decode() for page in ("groups/new", "sites")]

    assert (f'title="{permission}"' in groups, column in sites) == (True, True)
