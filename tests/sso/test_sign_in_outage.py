"""The sign-in page while no directory answers: it says so before anybody tries, and no longer than it is so."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sso.directory.connection import DOWN_SINCE
from sso.models import DirectoryFollowed
from sso.services.following import Follower
from tests.factories import person_of
from tests.sso.conftest import sign_in
from tests.sso.factors import browser, is_signed_in, passkey_of, passkey_sign_in

pytestmark = [pytest.mark.servers, pytest.mark.django_db]

TOLD = {"vi": "Hiện chưa đăng nhập được bằng mật khẩu", "en": "Signing in with a password is not possible"}
PASSKEY = {"vi": "Vẫn đăng nhập được bằng khóa truy cập", "en": "A passkey works"}


class Once(Follower):
    """Follows until it has listened once, or once in vain."""

    def recovered(self, mode):
        super().recovered(mode)
        self.is_over = True

    def rest(self, seconds):
        self.is_over = True


def page(language="vi", host="testserver") -> str:
    """The sign-in page as somebody sees it who comes a second later."""
    caches["process"].clear()
    client = Client(HTTP_HOST=host)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get(reverse("account_login"))
    assert answer.status_code == 200
    return answer.content.decode()


def is_told() -> bool:
    return TOLD["vi"] in page()


def since(moment) -> str:
    return timezone.localtime(moment).strftime("từ %H:%M ngày %d/%m/%Y")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_somebody_tried_in_vain_is_told_to_the_next(client, synced, language):
    assert TOLD[language] not in page(language)
    synced.stop()
    assert sign_in(client).status_code == 503

    here, elsewhere = page(language, "localhost:8000"), page(language)

    assert [TOLD[language] in text for text in (here, elsewhere)] == [True, True]
    assert [PASSKEY[language] in text for text in (here, elsewhere)] == [True, False]
    assert since(cache.get(DOWN_SINCE)) in page()
    synced.start()
    cache.delete("sso.directory.pause")
    sign_in(client)
    assert not is_told()


def test_what_the_follower_finds_is_told_before_anybody_tries(synced):
    Once().run()
    assert not is_told()
    synced.stop()

    Once().run()

    cache.clear()  # a process of its own, without a cache that is shared
    followed = DirectoryFollowed.load()
    assert followed.mode == DirectoryFollowed.DOWN
    assert since(followed.fault_since) in page()
    synced.start()
    Once().run()
    assert not is_told()


def test_both_pages_name_the_same_moment(client, synced):
    synced.stop()
    Once().run()
    earlier = timezone.now() - timedelta(hours=2)
    DirectoryFollowed.objects.update(fault_since=earlier)
    cache.clear()

    assert since(earlier) in page()
    assert since(earlier) in sign_in(client).content.decode()


def test_what_the_follower_hears_ends_what_a_try_has_found(client, synced):
    synced.stop()
    sign_in(client)
    found = cache.get(DOWN_SINCE)
    synced.start()

    Once().run()

    cache.set(DOWN_SINCE, found)  # without a shared cache only the follower's own is cleared
    assert not is_told()
    assert cache.get(DOWN_SINCE) is None


def test_a_broken_line_is_no_outage(synced):
    """The follower hangs up with a directory that is started anew; a second later it is heard again."""

    class Cut(Once):
        def recovered(self, mode):
            Follower.recovered(self, mode)
            synced.stop()

    Cut().run()

    followed = DirectoryFollowed.load()
    assert (bool(followed.fault), followed.mode) == (True, "")
    assert not is_told()


def test_whoever_gets_in_ends_what_a_follower_that_is_gone_has_left(client, synced):
    DirectoryFollowed.load()
    DirectoryFollowed.objects.update(mode=DirectoryFollowed.DOWN, fault_since=timezone.now())
    assert is_told()

    sign_in(client)

    assert is_signed_in(client)
    assert not is_told()


def test_a_page_view_asks_the_directory_nothing_and_the_database_once_a_second(
    client, synced, django_assert_num_queries
):
    synced.pause()  # whoever asks it, waits
    try:
        with django_assert_num_queries(1):
            for _number in range(3):
                assert client.get(reverse("account_login")).status_code == 200
    finally:
        synced.resume()


def test_a_wrong_password_is_no_outage(client, synced):
    DirectoryFollowed.load()
    DirectoryFollowed.objects.update(mode=DirectoryFollowed.DOWN, fault_since=timezone.now())

    answer = sign_in(client, "ha", "wrong")

    assert (answer.status_code, TOLD["vi"] in answer.content.decode()) == (422, False)


def test_a_passkey_opens_while_the_directory_is_down(synced):
    person = person_of()
    key = passkey_of(person)
    synced.stop()
    outside = browser()

    passkey_sign_in(outside, key)

    assert is_signed_in(outside)
