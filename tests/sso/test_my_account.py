"""One's own account: who sees and ends what. A stranger's things look as if they were not there."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sso.models import AuditEntry, Consent, LogoutNotice, RefreshToken, Session, SystemUse
from sso.services import export, sessions, uses
from sso.services.audit import Action
from sso.templatetags.export_file import COLUMNS
from sso.views.account import PAGES
from tests.factories import DelegationFactory, UserFactory, person_of, system_admin
from tests.sso.conftest import browser_of, is_in, tokens_of

pytestmark = pytest.mark.django_db
OWN = {"account", "account-devices", "account-systems", "account-delegation", "account-data"}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in OWN], ids=lambda page: page.name)
def test_each_page_names_itself_and_is_marked_in_the_navigation(mine, page):
    response = mine.get(reverse(page.name))

    assert response.status_code == 200
    assert f'href="{reverse(page.name)}" aria-current="page"' in response.content.decode()
    assert response["Cache-Control"].startswith("max-age=0") or "no-store" in response["Cache-Control"]


def test_the_overview_says_in_words_that_no_system_reads_anything(mine):
    page = mine.get(reverse("account")).content.decode()

    assert "Chưa có hệ thống nào truy cập dữ liệu." in page
    assert "0 hệ thống" not in page


ACTS = [  # every act of these pages: all by POST
    ("account-device-end", [1]),
    ("account-devices-others", []),
    ("account-devices-everywhere", []),
    ("account-system-end", [1]),
    ("account-delegation-end", [1]),
    ("account-data-file", []),
]


@pytest.mark.parametrize(("name", "arguments"), ACTS)
def test_acts_are_by_post_with_a_token_and_for_people_signed_in(person, name, arguments):
    url = reverse(name, args=arguments)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)

    assert browser_of(person).get(url).status_code == 405
    assert careful.post(url).status_code == 403
    assert Client().post(url)["Location"].startswith(reverse("account_login"))
    assert is_in(careful)


# --- systems -------------------------------------------------------------------------------------


def test_systems_show_what_they_may_read_and_what_they_have_read(person, mine, wiki):
    tokens = tokens_of(mine, wiki)
    Client().get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")

    (held,) = uses.systems_of(person)

    assert (held.system, held.has_tokens, held.scopes) == (
        wiki[0],
        True,
        {"openid", "profile", "email", "organization"},
    )
    assert [use.scope for use in held.uses] == ["openid profile email organization"]
    page = mine.get(reverse("account-systems")).content.decode()
    assert "Wiki" in page
    assert "Họ tên, tài khoản" in page


def test_g14_what_a_system_asks_for_claim_by_claim_is_shown_too(person, mine, wiki):
    claims = '{"userinfo": {"email": null}, "id_token": {"unit": null}}'

    tokens = tokens_of(mine, wiki, scope="openid", claims=claims)
    Client().get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")

    (held,) = uses.systems_of(person)
    assert held.scopes == {"openid", "email"}
    assert {use.scope for use in held.uses} == {"organization", "openid email"}


def test_g14_what_a_signed_access_token_tells_is_shown(person, mine, wiki):
    wiki[0].token_audience, wiki[0].id_token_tells = "api", False
    wiki[0].save()

    tokens_of(mine, wiki, scope="openid organization")

    (held,) = uses.systems_of(person)
    assert [use.scope for use in held.uses] == ["organization"]


def test_a_reading_is_written_down_once_in_ten_minutes(person, mine, wiki, django_assert_max_num_queries):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens_of(mine, wiki)['access_token']}"}
    Client().get(reverse("oauth-userinfo"), **bearer)
    first = SystemUse.objects.get(user=person).last_at

    with django_assert_max_num_queries(3):  # the token; posts and roles for the claims
        Client().get(reverse("oauth-userinfo"), **bearer)

    assert SystemUse.objects.get(user=person).last_at == first
    uses._written.clear()
    Client().get(reverse("oauth-userinfo"), **bearer)
    use = SystemUse.objects.get(user=person)
    assert use.last_at > first == use.first_at


def test_a_system_is_ended(person, mine, wiki):
    tokens_of(mine, wiki)
    Consent.objects.create(user=person, application=wiki[0], scopes=["openid"])

    mine.post(reverse("account-system-end", args=[wiki[0].pk]))

    assert not RefreshToken.objects.filter(user=person).exists()
    assert not Consent.objects.filter(user=person).exists()
    entry = AuditEntry.objects.get(action="token_ended")
    assert (entry.person_id, entry.by_id, entry.client, entry.cause) == (
        person.pk, person.pk, wiki[0].client_id, "ended_here",
    )  # fmt: skip


def test_systems_of_others_are_not_there(mine, wiki):
    tokens_of(mine, wiki)
    stranger = browser_of(person_of())

    assert stranger.post(reverse("account-system-end", args=[wiki[0].pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        uses.end_system_of(RefreshToken.objects.get().user, wiki[0], by=UserFactory())
    assert RefreshToken.objects.count() == 1


def test_what_is_of_others_is_on_none_of_the_pages(colleague, mine, wiki):
    browser_of(colleague)
    Consent.objects.create(user=colleague, application=wiki[0], scopes=["openid"])
    SystemUse.objects.create(user=colleague, application=wiki[0], scope="openid")
    LogoutNotice.objects.create(user=colleague, application=wiki[0], sid="x", reason="signed_out")

    systems, overview = mine.get(reverse("account-systems")), mine.get(reverse("account"))

    assert (systems.context["found"], list(systems.context["notices"])) == ([], [])
    assert (overview.context["sessions"], overview.context["systems"]) == (1, 0)


def test_one_and_many_systems_take_as_many_queries(person, mine, wiki, django_assert_num_queries):
    from sso.api import ensure_client

    tokens_of(mine, wiki)
    with django_assert_num_queries(3):
        uses.systems_of(person)
    for number in range(5):
        system, _secret = ensure_client(f"Hệ thống {number}")
        Consent.objects.create(user=person, application=system, scopes=["openid"])
        SystemUse.objects.create(user=person, application=system, scope="openid")
    with django_assert_num_queries(3):
        assert len(uses.systems_of(person)) == 6


# --- data ----------------------------------------------------------------------------------------


def test_the_export_holds_all_of_the_person_and_nothing_of_others_nor_any_secret(
    person, mine, wiki, colleague
):
    tokens = tokens_of(mine, wiki)
    DelegationFactory(giver=person, receiver=colleague)
    other = person_of(full_name="Người Khác Hẳn")
    browser_of(other)

    response = mine.post(reverse("account-data-file"))
    file = zipfile.ZipFile(io.BytesIO(response.content))
    data = json.loads(file.read("data.json"))
    page = file.read("index.html").decode()

    assert response["Content-Type"] == "application/zip"
    assert sorted(file.namelist()) == ["data.json", "index.html"]
    assert data["account"][0]["username"] == person.username
    assert len(data["posts"]) == len(data["sessions"]) == len(data["given"]) == 1
    everything = file.read("data.json").decode() + page
    assert other.username not in everything
    secrets = [tokens["access_token"], tokens["refresh_token"], mine.session.session_key]
    secrets += [value for row in Session.objects.values_list("key_hash", "data") for value in row]
    assert [secret for secret in secrets if secret in everything] == []
    assert person.full_name in page
    with pytest.raises(PermissionDenied):
        export.export_of(person, by=other)


def test_the_export_says_what_is_held_now_and_which_passkey_is_which(person, mine, wiki):
    tokens_of(mine, wiki)
    Authenticator.objects.create(
        user=person, type="webauthn", data={"name": "Máy ở cơ quan", "credential": {}}
    )

    data = {part["name"]: part["rows"] for part in export.everything_of(person)}

    assert [row["application__name"] for row in data["held"]] == [wiki[0].name]
    assert [row["data__name"] for row in data["factors"]] == ["Máy ở cơ quan"]
    assert data["record"][-1]["detail"]["scopes"] == ["openid", "profile", "email", "organization"]


def test_the_export_names_no_system_that_can_read_nothing_any_more(person, mine, wiki):
    tokens_of(mine, wiki)
    RefreshToken.objects.update(created=timezone.now() - timedelta(days=365))

    data = {part["name"]: part["rows"] for part in export.everything_of(person)}

    assert data["held"] == []


@pytest.mark.parametrize(("language", "words"), [("vi", "Địa chỉ mạng"), ("en", "Network address")])
def test_the_page_of_the_export_is_in_words(person, mine, wiki, language, words):
    tokens_of(mine, wiki)
    mine.cookies["django_language"] = language

    file = zipfile.ZipFile(io.BytesIO(mine.post(reverse("account-data-file")).content))
    page = file.read("index.html").decode()

    headings = re.findall(r'<th scope="col">(.*?)</th>', page)
    assert words in headings
    assert [heading for heading in headings if "_" in heading] == []
    assert Action.GRANTED.value not in page
    texts = [export.POST, export.SESSION, export.FACTOR, export.TRUSTED, export.CONSENT, export.ACCOUNT]
    texts += [export.USE, export.HELD, export.TOLD, export.GUEST, export.SPAN, export.ENTRY]
    assert {name for text in texts for name in text.split()} <= set(COLUMNS)


# --- a system admin ------------------------------------------------------------------------------


def test_a_system_admin_sees_and_ends_everything_with_a_reason(person, mine, wiki):
    tokens_of(mine, wiki)
    admin = system_admin()
    browser = browser_of(admin)
    url = reverse("access", args=[person.username])

    shown = browser.get(url)
    without = browser.post(url, {"words": "  "})
    assert (shown.status_code, len(shown.context["rows"]), len(shown.context["found"])) == (200, 1, 1)
    assert (without.status_code, is_in(mine)) == (422, True)
    browser.post(url, {"words": "Máy bị mất"})

    assert not is_in(mine)
    entry = AuditEntry.objects.get(action="revoked")
    assert (entry.person_id, entry.by_id, entry.facts) == (person.pk, admin.pk, {"words": "Máy bị mất"})
    assert "Máy bị mất" in browser.get(url).content.decode()


@pytest.mark.parametrize("who", ["oneself", "colleague", "head", "unit_admin"])
def test_nobody_else_sees_it(person, mine, who):
    asks = {
        "oneself": lambda: person,
        "colleague": lambda: person_of(person.unit),
        "head": lambda: person_of(person.unit, level="head"),
        "unit_admin": lambda: person_of(person.unit, role="unit_admin"),
    }[who]()
    browser, url = browser_of(asks), reverse("access", args=[person.username])

    assert browser.get(url).status_code == 404
    assert browser.post(url, {"words": "x"}).status_code == 404
    with pytest.raises(PermissionDenied):
        sessions.end_everything_of(person, "x", by=asks)
    assert is_in(mine)
    assert f'"{url}"' not in browser.get(reverse("person", args=[person.username])).content.decode()


def test_the_page_of_a_person_leads_system_admins_there(person):
    page = browser_of(system_admin()).get(reverse("person", args=[person.username])).content.decode()

    assert reverse("access", args=[person.username]) in page


def test_the_menu_leads_to_the_account(mine):
    assert f'href="{reverse("account")}"' in mine.get(reverse("people")).content.decode()
