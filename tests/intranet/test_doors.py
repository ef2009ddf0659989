"""Who comes in, and under which headers every page goes out."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import InterfaceError, InternalError, OperationalError
from django.templatetags.static import static
from django.test import Client, override_settings
from django.utils import translation

from intranet.api import send_private_file
from tests.factories import person_of
from tests.intranet.conftest import make_plugin

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "/",
    "/duties/",
    "/people/",
    "/units/",
    "/search/",
    "/notices/",
    "/arrange/",
    "/people/x/",
    "/units/x/",
]
PAGES += ["/widgets/a/b/", "/badges/a/", "/notices/1/", "/notices/new/", "/admin/", "/django-admin/"]

pytestmark = pytest.mark.django_db


# --- strangers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_stranger_is_asked_to_sign_in(client, path):
    answer = client.get(path)

    assert [answer.status_code, answer["Location"].split("?")[1]] == [302, f"next={path}"]


@pytest.mark.parametrize("path", PAGES)
def test_fragment_for_a_stranger_sends_the_whole_page_to_sign_in(client, path):
    answer = client.get(path, headers={"HX-Request": "true"})

    assert [answer.status_code, answer["HX-Redirect"].split("?")[1]] == [401, f"next={path}"]


def test_app_one_may_not_use_is_not_there(signed_in, monkeypatch):
    closed = make_plugin("tasks", may_use=lambda user: False)
    monkeypatch.setattr("intranet.middleware.plugins", lambda: (closed,))
    browser = signed_in(person_of())

    assert [browser.get(path).status_code for path in ("/tasks/", "/people/")] == [404, 200]


# --- headers --------------------------------------------------------------------------------------


def policy_of(answer):
    return dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))


@pytest.mark.parametrize("path", ["/", "/people/", "/nothing-here/", "/search/?q=a"])
def test_policy_allows_neither_inline_scripts_nor_styles_nor_foreign_frames(signed_in, path):
    answer = signed_in(person_of()).get(path)

    policy = policy_of(answer)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert [policy["default-src"], policy["frame-ancestors"], policy["object-src"]] == [
        "'self'",
        "'self'",
        "'none'",
    ]
    assert [policy["base-uri"], policy["form-action"]] == ["'none'", "'self'"]
    assert [answer["X-Content-Type-Options"], answer["Referrer-Policy"]] == ["nosniff", "same-origin"]
    assert [answer["X-Frame-Options"], answer["Cross-Origin-Opener-Policy"]] == ["SAMEORIGIN", "same-origin"]


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/sign-in/", "unsafe-none"),
        ("/oauth/authorize/", "unsafe-none"),
        ("/account/security/app/?next=/oauth/authorize/%3Fclient_id%3Da", "unsafe-none"),
        ("/account/security/app/?next=/people/", "same-origin"),
        ("/account/security/", "same-origin"),
        ("/sign-out/", "same-origin"),
    ],
)
def test_only_pages_on_the_way_to_a_system_keep_the_window_that_opened_them(client, db, path, policy):
    assert client.get(path)["Cross-Origin-Opener-Policy"] == policy


@pytest.mark.parametrize("path", ["/", "/people/", "/search/?q=a", "/arrange/", "/notices/"])
def test_page_has_no_inline_script_or_style(signed_in, path):
    page = signed_in(person_of()).get(path).content.decode()

    assert [word in page for word in ("<style", " style=", "<script>", " onclick=", "javascript:")] == [
        False
    ] * 5


def test_administration_alone_may_style_from_scripts(signed_in):
    answer = signed_in(person_of(is_superuser=True)).get("/admin/")

    assert "'unsafe-inline'" in policy_of(answer)["style-src"]
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("base_url", "secure"), [("https://intranet.example", True), ("http://127.0.0.1:8000", False)]
)
def test_cookies_are_secure_when_the_address_is(base_url, secure, tmp_path):
    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_NAME.startswith('__Host-'),"
        "s.SECURE_HSTS_SECONDS > 0, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE)"
    )
    environment = {**os.environ, "INTRANET_BASE_URL": base_url, "INTRANET_VAR": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "intranet.settings"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True
    )

    assert done.stdout.decode().split() == [*[str(secure)] * 4, "True", "Lax"]


# --- errors ---------------------------------------------------------------------------------------


def test_missing_page_wears_our_clothes_in_both_languages(signed_in):
    browser = signed_in(person_of())
    vietnamese = browser.get("/nothing-here/")
    browser.cookies["django_language"] = "en"
    english = browser.get("/nothing-here/")

    assert [vietnamese.status_code, english.status_code] == [404, 404]
    assert "Không tìm thấy trang này" in vietnamese.content.decode()
    assert "This page is not here" in english.content.decode()


def test_page_open_for_too_long_says_what_to_do():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person_of())

    answer = browser.post("/theme/", {"theme": "dark"})

    assert answer.status_code == 403
    assert "Vui lòng gửi lại" in answer.content.decode() or "gửi lại" in answer.content.decode()


def read_only(text: str) -> InternalError:
    """What Django says of a PostgreSQL that another machine is taking over from."""
    error = InternalError(text)
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction(text)
    return error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError, 500, "500"),
        (InternalError, 500, "500"),
        (OperationalError, 503, "503"),
        (InterfaceError, 503, "503"),
        (read_only, 503, "503"),
    ],
    ids=["broken", "broken query", "database is away", "connection is closed", "database is read-only"],
)
def test_failure_is_explained_without_the_database(signed_in, settings, monkeypatch, error, status, words):
    def fail(request):
        raise error("on purpose")

    monkeypatch.setattr("intranet.views.home.dashboard_of", fail)
    browser = signed_in(person_of())
    browser.raise_request_exception = False

    answer = browser.get("/")

    page = answer.content.decode()
    assert [answer.status_code, answer.get("Retry-After")] == [status, "30" if status == 503 else None]
    assert f'<p class="plain-code">{words}</p>' in page
    assert settings.WAGTAIL_SITE_NAME in page
    assert "on purpose" not in page


def test_garbage_host_is_a_clear_400(client):
    answer = client.get("/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "plain-code" in answer.content.decode()


FOREIGN_HOST = {"headers": {"host": "evil.example"}}  # refused before anybody has looked for the language
TOO_MUCH = {"data": {"login": "x" * 6_000_000}}
TOO_MANY = {"data": {f"field{number}": "" for number in range(1100)}}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("status", "request_of"),
    [(400, FOREIGN_HOST), (400, TOO_MANY), (413, TOO_MUCH)],
    ids=["host", "fields", "size"],
)
def test_refused_requests_are_answered_in_the_browsers_language_and_theme(
    client, settings, language, status, request_of
):
    """These pages said lang="vi" over English words, left out the ministry's name and were light at night."""
    settings.SITE_NAME_EN = "Ministry of Information and Communications"
    client.cookies["django_language"], client.cookies["theme"] = language, "dark"

    with translation.override("vi" if language == "en" else "en"):  # of whoever was served before
        answer = client.post("/sign-in/", **request_of)

    page = answer.content.decode()
    names = {"vi": settings.WAGTAIL_SITE_NAME, "en": settings.SITE_NAME_EN}
    assert (answer.status_code, answer["Content-Language"]) == (status, language)
    assert f'<html lang="{language}" data-bs-theme="dark">' in page
    assert [name in page for name in (names[language], *names.values())].count(True) == 2
    assert ("To the home page" in page) == (language == "en")


# --- private files --------------------------------------------------------------------------------


def sent(**settings):
    file = ContentFile(b"<script>alert(1)</script>", name="documents/1/a.html")
    with override_settings(**settings):
        return send_private_file(file, "Công văn số 12.html", "text/html", inline=True)


def test_private_file_cannot_act_as_a_page_and_is_not_kept():
    answer = sent()

    assert b"".join(answer) == b"<script>alert(1)</script>"
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert answer["Cache-Control"] == "private, no-store"
    assert "C%C3%B4ng%20v%C4%83n" in answer["Content-Disposition"]


def test_private_file_is_left_to_nginx_when_it_stands_in_front():
    answer = sent(X_ACCEL_PREFIX="/private")

    assert [answer["X-Accel-Redirect"], answer.content] == ["/private/documents/1/a.html", b""]


def test_favicon_leads_strangers_to_the_mark(client):
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.url) == (302, static("intranet/mark.svg"))
