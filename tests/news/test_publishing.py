"""From the writer's hands to the reader's eyes: at its time, and nobody waits without knowing."""

import re
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture
from wagtail.images import get_image_model

from apps.news.models import NewsIndexPage, NewsPage
from apps.news.services import ensure_news_index
from intranet import clock
from intranet.models import HomePage, Notification, UnitPage
from sso.api import Role
from tests.factories import RoleFactory, UnitFactory, UserFactory
from tests.news.factories import NewsPageFactory
from tests.news.test_news import form_of, write

pytestmark = pytest.mark.django_db


def ring_every_minute():
    for timer in clock.timers():
        if timer.command == "publish_scheduled":
            assert timer.every.total_seconds() <= 60
            call_command(timer.command, verbosity=0)


def read(signed_in, reader):
    return signed_in(reader).get("/news/tin-moi/").status_code


def test_news_appear_and_go_at_their_time(signed_in, editor):
    reader = UserFactory()
    times = {"go_live_at": "2026-12-01 08:00", "expire_at": "2026-12-05 17:00"}
    seen = {}

    with time_machine.travel("2026-11-30T09:00+07:00", tick=False) as now:
        write(signed_in(editor), UnitFactory(code="PC"), **times, **{"action-publish": "1"})
        for moment in ("2026-12-01T07:59+07:00", "2026-12-01T08:01+07:00", "2026-12-05T17:01+07:00"):
            now.move_to(moment)
            ring_every_minute()
            seen[moment[5:16]] = read(signed_in, reader)
    item = NewsPage.objects.get(slug="tin-moi")

    assert seen == {"12-01T07:59": 404, "12-01T08:01": 200, "12-05T17:01": 404}
    assert timezone.localtime(item.published_at).isoformat() == "2026-12-01T08:00:00+07:00"


def test_a_day_of_publishing_that_is_still_to_come_asks_for_a_schedule(signed_in, editor):
    with time_machine.travel("2026-11-30T09:00+07:00", tick=False):
        answer = write(
            signed_in(editor),
            UnitFactory(code="PC"),
            published_at="2026-12-01 08:00",
            **{"action-publish": "1"},
        )

    assert list(answer.context["form"].errors) == ["published_at"]
    assert list(NewsPage.objects.all()) == []


def test_no_page_offers_a_privacy_that_lists_and_search_would_not_keep():
    assert [model.private_page_options for model in (NewsPage, NewsIndexPage, UnitPage, HomePage)] == [[]] * 4


def told(person):
    return list(Notification.objects.filter(to=person).values_list("kind", "title", "text", "url"))


def editor_of(item):
    return reverse("wagtailadmin_pages:edit", args=[item.pk])


def handed_in(signed_in, unit_admin):
    write(signed_in(unit_admin), unit_admin.unit, **{"action-submit": "1"})
    return NewsPage.objects.get(slug="tin-moi")


def test_editors_are_told_what_waits_for_them(signed_in, unit_admin, editor):
    item = handed_in(signed_in, unit_admin)

    assert [told(editor), told(unit_admin)] == [[("news.submitted", "Tin mới", "", editor_of(item))], []]


def test_without_editors_the_system_admins_are_told(signed_in, unit_admin):
    admin = RoleFactory(user=UserFactory(), unit=None, name=Role.SYSTEM_ADMIN).user

    handed_in(signed_in, unit_admin)

    assert [kind for kind, *_rest in told(admin)] == ["news.submitted"]


@pytest.mark.parametrize(
    ("action", "kind", "text"), [("approve", "news.published", ""), ("reject", "news.returned", "Thiếu ảnh")]
)
def test_the_writer_is_told_what_was_decided(signed_in, unit_admin, editor, action, kind, text):
    item = handed_in(signed_in, unit_admin)
    state = item.current_workflow_task_state
    url = reverse("wagtailadmin_pages:workflow_action", args=[item.pk, action, state.pk])

    signed_in(editor).post(url, {"comment": text})

    item.refresh_from_db()
    place = item.get_absolute_url() if item.live else editor_of(item)
    assert told(unit_admin) == [(kind, "Tin mới", text, place)]


def test_the_writer_is_told_when_an_editor_publishes_at_once(signed_in, unit_admin, editor):
    item = handed_in(signed_in, unit_admin)

    words = {**form_of(item.category, unit_admin.unit), "action-publish": "1"}
    signed_in(editor).post(editor_of(item), words)

    assert told(unit_admin) == [("news.published", "Tin mới", "", item.get_absolute_url())]


def test_who_writes_and_publishes_alone_is_told_nothing(signed_in, editor):
    write(signed_in(editor), UnitFactory(code="PC"), **{"action-publish": "1"})
    NewsPageFactory()

    assert Notification.objects.count() == 0


def test_where_a_picture_was_taken_is_told_to_no_reader(signed_in, editor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    exif = Picture.Exif()
    exif[0x010F] = "CAMERA"  # its maker
    taken = BytesIO()
    Picture.new("RGB", (800, 600)).save(taken, "JPEG", exif=exif)
    picture = get_image_model().objects.create(title="x", file=ImageFile(taken, name="x.jpg"))
    item = NewsPageFactory(
        picture=picture, body=f'<embed embedtype="image" id="{picture.pk}" alt="" format="fullwidth"/>'
    )
    ensure_news_index()

    page = signed_in(UserFactory()).get(item.get_absolute_url()).content.decode()
    shown = set(re.findall(r"/media/[^\" ]+", page))
    telling = [url for url in shown if b"CAMERA" in b"".join(signed_in(UserFactory()).get(url))]
    original = [signed_in(who).get(picture.file.url).status_code for who in (UserFactory(), editor)]

    assert (len(shown) >= 2, telling, original) == (True, [], [404, 200])


def test_pictures_that_an_older_release_drew_are_drawn_anew_by_one_command(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    taken = BytesIO()
    Picture.new("RGB", (800, 600)).save(taken, "JPEG")
    picture = get_image_model().objects.create(title="x", file=ImageFile(taken, name="x.jpg"))
    Path(picture.get_rendition("width-400").file.path).write_bytes(b"CAMERA")

    call_command("wagtail_update_image_renditions", stdout=StringIO())

    assert b"CAMERA" not in Path(picture.renditions.get().file.path).read_bytes()
