"""`make screens`: pictures of the main pages, at a desk and on a phone, into docs/screens/.

    python -m demo.screens [--address http://127.0.0.1:8000] [--folder docs/screens]

Without an address it starts a demo of its own, which takes a few minutes.
"""

import argparse
import io
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from demo.browser import DESK, PHONE, NoBrowser, chromium, find_pages, options, sign_in
from demo.servers import ServerFailed, workspace
from demo.state import PROJECT
from demo.suite import running

PERSON = "nhanvien"
COLOURS = 256
TOO_MUCH_BYTES = 3_000_000
DARK = {"home"}  # shown in both themes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="", help="of a demo that is up")
    parser.add_argument("--folder", type=Path, default=PROJECT / "docs" / "screens")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as stack:
            address = given.address.rstrip("/") or stack.enter_context(own_demo())
            browser = stack.enter_context(chromium())
            size = sum(take_pictures(browser, address, given.folder))
    except (ServerFailed, NoBrowser) as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    print(f"{size / 1e6:.2f} MB in {given.folder}")
    return int(size > TOO_MUCH_BYTES)


@contextmanager
def own_demo():
    with workspace() as folder, running(folder) as suite:
        yield suite.address


def take_pictures(browser: Browser, address: str, folder: Path):
    """Take every picture and yield its bytes."""
    for old in folder.glob("*.png"):
        old.unlink()
    with visit(browser, address) as context:
        page = context.new_page()
        sign_in(page, PERSON)
        pages = find_pages(page)
        state = context.storage_state()
    for size in (DESK, PHONE):
        with visit(browser, address, size) as context:
            yield picture(context.new_page(), "/sign-in/", folder, "sign-in", size)
        for theme in ("light", "dark"):
            with visit(browser, address, size, theme=theme, storage_state=state) as context:
                for name, url in pages.items():
                    if theme == "light" or name in DARK:
                        yield picture(context.new_page(), url, folder, name, size, theme)
                if theme == "light":
                    yield picture(foreign_page(context), "", folder, "foreign-system", size)


@contextmanager
def visit(browser: Browser, address: str, size: dict[str, int] = DESK, **more):
    context = browser.new_context(**options(address, size, **more))
    try:
        yield context
    finally:
        context.close()


def foreign_page(context: BrowserContext) -> Page:
    """The foreign system, reached by its tile, with the person signed in there."""
    page = context.new_page()
    page.goto("/")
    page.locator(".launcher summary").click()
    with context.expect_page() as opened:
        page.locator(".launcher .tile", has_text="Cổng dịch vụ công").click()
    foreign = opened.value
    if (button := foreign.locator("a.button[href='/sign-in']")).count():
        button.click()
    foreign.locator("dl").wait_for()
    return foreign


def picture(page: Page, url: str, folder: Path, name: str, size: dict[str, int], theme="light") -> int:
    """Write what the window shows of ``url``, in few colours, and return its bytes."""
    if url:
        page.goto(url)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    taken = Image.open(io.BytesIO(page.screenshot()))
    path = folder / f"{name}-{size['width']}-{theme}.png"
    taken.convert("RGB").quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
    ).save(path, optimize=True)
    page.close()
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
