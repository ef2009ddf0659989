"""No Content-Type, however odd, breaks a page: Django itself would fail before any of our code."""

from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest
from django.urls import reverse

from intranet.handler import Handler

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def pages():
    return Handler()


def status_of(pages, name: str, kind: str, query: str = "", body: bytes = b"") -> int:
    environ = {
        "REQUEST_METHOD": "POST" if body else "GET", "PATH_INFO": reverse(name), "QUERY_STRING": query,
        "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body),
    }  # fmt: skip
    setup_testing_defaults(environ)
    return pages.get_response(pages.request_class(environ)).status_code


@pytest.mark.parametrize("charset", ["hex", "idna", "undefined", "punycode", "utf-16", "rot13", "\x00", ""])
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain"])
def test_a_charset_of_whatever_kind(pages, charset, kind):
    kind = f"{kind}; charset={charset}"

    assert status_of(pages, "account_login", kind, "next=%C3%A9") == 200
    assert status_of(pages, "oauth-authorize", kind, "client_id=%C3%A9") == 400
    assert status_of(pages, "oauth-token", kind, "a=%C3%A9", b"--x\r\n\r\n\xff\r\n--x--") in {400, 401}


@pytest.mark.parametrize(
    "kind", [";", ";;=", "a; x*=none''%41", "a; x*=hex''%41", "a; x*0*=utf-16''%ff", "\xff; é"]
)
def test_a_kind_that_cannot_be_read(pages, kind):
    assert status_of(pages, "account_login", kind, "next=%C3%A9") == 200


def test_a_form_is_read_as_utf_8(pages):
    """Programs name what they were built with; a form has no other encoding (URL standard §5.1)."""
    body = b"grant_type=client_credentials&client_id=%C3%A9&client_secret=x"

    assert status_of(pages, "oauth-token", f"{FORM}; charset=ISO-8859-1", body=body) == 401
