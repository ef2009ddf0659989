"""Answers by a form (OAuth 2.0 Form Post Response Mode), which ASP.NET Core asks for when nobody tells it otherwise."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from sso.models import Consent
from sso.services.rules import Way, save_rule
from tests.factories import system_admin
from tests.sso.conftest import REDIRECT, ask, redeem

pytestmark = pytest.mark.django_db


class Form(HTMLParser):
    """The form of a page that leads to the system, and what it carries."""

    def __init__(self, response):
        super().__init__()
        self.fields, self.is_ours = {}, False
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form":
            self.is_ours = values["action"] == REDIRECT and values["method"] == "post"
        elif tag == "input" and self.is_ours:
            self.fields[values["name"]] = values["value"]

    def handle_endtag(self, tag):
        self.is_ours = self.is_ours and tag != "form"


def by_form(client, system, **changes):
    return ask(client, system, response_mode="form_post", **changes)


def test_a_code_goes_back_by_a_form_and_not_in_the_address(session_of, person, wiki, settings):
    browser = session_of(person)

    page = by_form(browser, wiki[0])

    fields = Form(page).fields
    code = fields.pop("code")
    assert (page.status_code, fields) == (200, {"state": "s-1", "iss": settings.BASE_URL})
    assert redeem(browser, *wiki, code).status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "strict-origin"


def test_the_page_may_send_its_form_and_has_no_script_of_its_own(session_of, person, wiki):
    page = by_form(session_of(person), wiki[0])

    policy = page["Content-Security-Policy"]
    assert "form-action 'self' https:" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "mail"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"request": "x.y.z"}, "request_not_supported"),
    ],
)
def test_errors_go_the_same_way(session_of, person, wiki, settings, changes, error):
    fields = Form(by_form(session_of(person), wiki[0], **changes)).fields

    assert (fields["error"], fields["state"], fields["iss"]) == (error, "s-1", settings.BASE_URL)


def test_a_silent_question_of_a_stranger_is_answered_by_a_form(client, wiki):
    assert Form(by_form(client, wiki[0], prompt="none")).fields["error"] == "login_required"


def test_what_a_system_sends_along_cannot_break_out_of_the_form(session_of, person, wiki):
    nasty = '"><script>alert(1)</script>'

    page = by_form(session_of(person), wiki[0], state=nasty)

    assert "<script>alert" not in page.content.decode()
    assert Form(page).fields["state"] == nasty


@pytest.mark.parametrize(("answer", "field"), [("yes", "code"), ("no", "error")])
def test_the_answer_to_the_question_for_consent_goes_by_a_form(session_of, person, wiki, answer, field):
    wiki[0].skip_authorization = False
    wiki[0].save()
    browser = session_of(person)
    question = by_form(browser, wiki[0])

    page = browser.post(question.context["answer_url"], {"allow": answer})

    assert field in Form(page).fields
    assert Consent.objects.exists() is (answer == "yes")


def test_who_may_not_enter_goes_back_by_a_form(session_of, person, wiki):
    save_rule(wiki[0], [Way(roles=("system_admin",))], by=system_admin())

    page = by_form(session_of(person), wiki[0])

    assert page.status_code == 403
    assert Form(page).fields["error"] == "access_denied"
    assert "form-action 'self' https:" in page["Content-Security-Policy"]


def test_an_app_of_the_device_takes_no_form(session_of, person, public):
    system = public[0]
    system.redirect_uris = "vn.gov.example.app:/back"
    system.save()

    answer = by_form(session_of(person), system, redirect_uri=system.redirect_uris)

    assert (answer.status_code, "error=invalid_request" in answer["Location"]) == (302, True)


def test_discovery_names_both_ways(client):
    found = client.get(reverse("oauth-discovery")).json()

    assert found["response_modes_supported"] == ["query", "form_post"]
