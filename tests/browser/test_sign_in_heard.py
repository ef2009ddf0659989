"""What a screen reader is told on the pages of sign-in: Chromium's accessibility tree, in both languages."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from demo.people import PASSWORD, people
from tests.failure.conftest import soon

ACCOUNTS = {"vi": people()[310].uid, "en": people()[311].uid}  # nobody whom other tests sign in
SITE = {"vi": "Bộ Thông tin và Truyền thông", "en": "Ministry of Information and Communications"}
WORDS = {
    "vi": {
        "sign in": "Đăng nhập",
        "error": "Lỗi: ",
        "login": "Tài khoản hoặc địa chỉ thư",
        "password": "Mật khẩu",
        "required": "Mục này bắt buộc phải điền.",
        "both": "Vui lòng điền cả hai ô.",
        "wrong": "Tài khoản hoặc mật khẩu không đúng, hoặc tài khoản đang bị khóa. Hãy kiểm tra phím Caps Lock và bộ "
        "gõ tiếng Việt (Unikey). Nếu đã nhập đúng, hãy liên hệ bộ phận hỗ trợ của Trung tâm Thông tin.",
        "down": r"Hiện chưa đăng nhập được bằng mật khẩu: danh bạ tài khoản không phản hồi từ \d\d:\d\d ngày "
        r"\d\d/\d\d/20\d\d\. Người đã đăng nhập vẫn làm việc bình thường\.",
        "second": "Bước xác minh thứ hai",
        "code": "Mã trong ứng dụng hoặc một mã khôi phục",
        "wrong code": "Mã sai hoặc đã dùng rồi. Hãy nhập mã đang hiện.",
        "again": "Xác nhận danh tính",
        "present": "Mật khẩu hiện tại",
        "not changed": "Chưa đổi mật khẩu. Vui lòng xem ô được đánh dấu và nhập lại các mật khẩu.",
    },
    "en": {
        "sign in": "Sign in",
        "error": "Error: ",
        "login": "Account or mail address",
        "password": "Password",
        "required": "This field is required.",
        "both": "Please fill in both fields.",
        "wrong": "The account or the password is wrong, or the account is locked. Check the Caps Lock key and the "
        "typing method (Unikey). If both are right, ask the help desk of the information centre.",
        "down": r"Signing in with a password is not possible at the moment: the directory of accounts has not been "
        r"answering since \d\d:\d\d on \d\d/\d\d/20\d\d\. Whoever is signed in goes on working\.",
        "second": "Second step",
        "code": "Code from the app, or a recovery code",
        "wrong code": "This code is wrong or was used before. Type the one shown now.",
        "again": "Confirm it is you",
        "present": "Present password",
        "not changed": "The password has not been changed. Please look at the marked field and type the passwords "
        "again.",
    },
}  # fmt: skip


@pytest.fixture(params=["vi", "en"])
def language(request):
    return request.param


@pytest.fixture
def page(page_of, suite, language):
    page = page_of()
    page.context.add_cookies([{"name": "django_language", "value": language, "url": suite.address}])
    return page


@pytest.fixture
def words(language):
    return WORDS[language]


def heard(page) -> dict:
    """What is read out with the page: its name, what has the focus, with what belongs to it, and alerts."""
    page.wait_for_load_state()
    page.locator(":focus").wait_for(state="attached")  # the browser gives it when it has drawn the page
    session = page.context.new_cdp_session(page)
    nodes = [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    focused = [node for node in nodes if "focused" in truths(node) and value(node, "role") != "RootWebArea"]
    return {
        "title": page.title(),
        "language": page.locator("html").get_attribute("lang"),
        "main headings": [said(node) for node in nodes if is_main_heading(node)],
        "focus": [(said(node), value(node, "description"), is_invalid(node)) for node in focused],
        "alerts": page.get_by_role("alert").all_inner_texts(),
        "without a name": [node for node in nodes if value(node, "role") in CONTROLS and not said(node)],
    }


CONTROLS = {"textbox", "button", "link", "checkbox", "radio", "combobox"}


def value(node: dict, name: str) -> str:
    return node.get(name, {}).get("value", "")


def said(node: dict) -> str:
    return value(node, "name")


def properties(node: dict) -> dict:
    return {one["name"]: one["value"].get("value") for one in node.get("properties", [])}


def truths(node: dict) -> set[str]:
    return {name for name, value in properties(node).items() if value is True}


def is_invalid(node: dict) -> bool:
    return properties(node).get("invalid") == "true"


def is_main_heading(node: dict) -> bool:
    return value(node, "role") == "heading" and properties(node)["level"] == 1


def told(language: str, heading: str, focus: tuple, *alerts: str, title: str = "") -> dict:
    """What ``heard`` must be."""
    return {
        "title": f"{title or heading} · {SITE[language]}",
        "language": language,
        "main headings": [heading],
        "focus": [focus],
        "alerts": list(alerts),
        "without a name": [],
    }


def send(page, account: str, password: str) -> None:
    page.goto("/sign-in/")
    page.locator("#id_login").fill(account)
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")


def test_the_page_as_it_opens(page, language, words):
    page.goto("/sign-in/")

    assert heard(page) == told(language, words["sign in"], (words["login"], "", False))
    expect(page.locator("main form").first).to_match_aria_snapshot(
        f"""
        - heading "{words["sign in"]}" [level=1]
        - paragraph
        - text: {words["login"]}
        - textbox "{words["login"]}"
        - text: {words["password"]}
        - textbox "{words["password"]}"
        - button "{words["sign in"]}"
        """
    )


def test_after_a_wrong_password(page, language, words):
    send(page, "nhanvien", "không phải mật khẩu")
    expect(page.get_by_role("alert")).to_be_visible()

    title = words["error"] + words["sign in"]
    focus = (words["password"], words["wrong"], True)
    assert heard(page) == told(language, words["sign in"], focus, words["wrong"], title=title)
    account = page.get_by_label(words["login"])
    expect(account).to_have_value("nhanvien")
    expect(account).to_have_accessible_description(words["wrong"])


def test_after_nothing_was_typed(page, language, words):
    send(page, "", "")
    expect(page.get_by_role("alert")).to_be_visible()

    title = words["error"] + words["sign in"]
    focus = (words["login"], words["required"], True)
    assert heard(page) == told(language, words["sign in"], focus, words["both"], title=title)


def test_while_the_directory_is_down(page, suite, language, words):
    slapd = suite.servers["slapd"]
    slapd.stop()
    try:
        assert soon(lambda: tells(page))
        found = heard(page)
    finally:
        slapd.start()
    assert soon(lambda: not tells(page))

    ((name, description, is_wrong),) = found.pop("focus")
    assert (name, bool(re.fullmatch(words["down"], description)), is_wrong) == (words["login"], True, False)
    whole = told(language, words["sign in"], ())
    assert found == {name: what for name, what in whole.items() if name != "focus"}


def tells(page) -> bool:
    page.goto("/sign-in/")
    return page.locator("#told").count() > 0


def test_from_the_second_step_to_a_changed_password(page, language, words):
    account = ACCOUNTS[language]
    send(page, account, PASSWORD)
    page.wait_for_url("/")
    speak(page, language)
    page.goto("/account/security/app/")
    secret = page.locator(".sso-secret").text_content()
    page.locator("#id_code").fill(code_of(secret))
    page.keyboard.press("Enter")
    codes = page.locator(".sso-codes li")
    expect(codes).to_have_count(10)
    first, second = codes.all_inner_texts()[:2]
    page.context.clear_cookies(name="session")

    send(page, account, PASSWORD)
    page.wait_for_url("/sign-in/second-step/")
    assert heard(page) == told(language, words["second"], (words["code"], "", False))
    page.locator("#id_code").fill("123456")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    title, focus = words["error"] + words["second"], (words["code"], words["wrong code"], True)
    assert heard(page) == told(language, words["second"], focus, words["wrong code"], title=title)
    page.locator("#id_code").fill(first)
    page.keyboard.press("Enter")
    page.wait_for_url("/")

    page.goto("/sign-in/again/?need=act&next=/account/security/")
    assert heard(page) == told(language, words["again"], (words["password"], "", False))
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_code").fill("123456")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    title, focus = words["error"] + words["again"], (words["password"], words["wrong code"], False)
    assert heard(page) == told(language, words["again"], focus, words["wrong code"], title=title)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_code").fill(second)
    page.keyboard.press("Enter")
    page.wait_for_url("/account/security/")

    page.goto("/account/password/")
    for field in ("present", "new", "again"):
        page.locator(f"#id_{field}").fill(f"không phải {field}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    title, focus = words["error"] + words["password"], (words["present"], words["not changed"], False)
    assert heard(page) == told(language, words["password"], focus, words["not changed"], title=title)


def speak(page, language: str) -> None:
    """Choose the language, which is the person's from then on."""
    page.goto("/sign-out/")
    if page.locator("html").get_attribute("lang") != language:
        page.locator(f".plain-foot button[lang={language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", language)


def code_of(secret: str) -> str:
    """What an authenticator app with this key shows now."""
    return format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30))
