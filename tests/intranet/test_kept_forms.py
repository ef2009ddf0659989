"""Whatever takes words to write keeps them when the session has ended: data-keep, see intranet/forms.js."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL)
WRITING = re.compile(r"ui/(field|form)\.html|<textarea|type=\"text\"")
# Nobody is signed in yet, or all that is asked for is proof of who one is, in a moment.
OF_SIGN_IN = {
    "account/_proof.html",
    "account/invitation.html",
    "account/login.html",
    "account_pages/app.html",
    "account_pages/passkey_new.html",
    "sso/device.html",
    "sso/system.html",  # how long a secret lasts is chosen, not written
}


def templates() -> dict[str, str]:
    """Return the text of each template by folder and name."""
    paths = [
        one for tree in ("apps", "intranet", "sso") for one in (ROOT / tree).glob("**/templates/**/*.html")
    ]
    return {f"{path.parent.name}/{path.name}": path.read_text() for path in paths}


def test_a_form_that_takes_words_keeps_them():
    loose = {
        name: [
            form.split("\n")[0]
            for form in FORM.findall(text)
            if WRITING.search(form) and " data-keep" not in form
        ]
        for name, text in templates().items()
        if name not in OF_SIGN_IN
    }

    assert {name: forms for name, forms in loose.items() if forms} == {}


def test_a_page_that_keeps_words_has_the_script_for_it():
    pages = {name: text for name, text in templates().items() if " data-keep" in text and "/_" not in name}

    assert [name for name, text in pages.items() if "intranet/forms.js" not in text] == []
