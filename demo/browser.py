"""A Chromium that visits the demo, and the pages worth a visit. For the browser tests and the pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

from playwright.sync_api import Browser, Page, sync_playwright

from demo.people import PASSWORD

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# The same browser without any window of its own comes first: each window takes two seconds of CPU less.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# A browser that asks nobody but us, and runs in a container as well.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)


class NoBrowser(Exception):
    """No Chromium is installed."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium, without a window. Raises NoBrowser."""
    program = next(filter(None, map(which, NAMES)), None)
    if program is None:
        raise NoBrowser("Chromium is not installed. `make test` installs it.")
    arguments = [*ARGUMENTS, *([] if os.geteuid() else ["--no-sandbox"])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def options(address: str, size: dict[str, int] = DESK, *, theme: str = "light", **more) -> dict:
    """What a context of the browser is made with: a person in Vietnam at a desk, or with a phone in the hand."""
    is_phone = size["width"] < 600
    return {
        "base_url": address,
        "viewport": size,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "color_scheme": theme,
        "reduced_motion": "reduce",
        "has_touch": is_phone,
        "is_mobile": is_phone,
        **more,
    }


def sign_in(page: Page, account: str) -> None:
    """Sign ``account`` in by the form, and wait for the home page."""
    page.goto("/sign-in/")
    page.get_by_label("Tài khoản hoặc địa chỉ thư").fill(account)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    if "/account/security/required/" in page.url:  # admins have some days for their second step
        page.get_by_role("link", name="Để sau").click()
    page.wait_for_url("/")


# The main pages: an address, or where to look and which link to follow from there.
PAGES = {
    "home": "/",
    "mail": "/mail/",
    "message": ("/mail/", ".mail-row a"),
    "leaders": "/calendar/leaders/",
    "month": "/calendar/?view=month",
    "tasks": "/tasks/",
    "task": ("/tasks/", ".tasks-list .list-title"),
    "documents": "/documents/",
    "document": ("/documents/", ".documents-subject"),
    "news": "/news/",
    "article": ("/news/", ".news-title"),
    "unit": ("/units/", "main a:text-is('Vụ Kế hoạch - Tài chính')"),
    "people": "/people/",
    "search": "/search/?q=chuyen+doi+so",
}


def find_pages(page: Page) -> dict[str, str]:
    """The addresses of the main pages, as ``page``'s person sees them."""
    found = {}
    for name, where in PAGES.items():
        if isinstance(where, tuple):
            address, link = where
            page.goto(address)
            where = page.locator(link).first.get_attribute("href")
        found[name] = where
    return found
