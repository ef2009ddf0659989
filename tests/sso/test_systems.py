"""Registering systems: pages and services."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from sso.models import AccessToken, Application, AuditEntry, RefreshToken, SystemRequest
from sso.oauth.clients import is_secret
from sso.services import mail_token, renew_secret, save_system
from sso.services.audit import Action
from sso.services.clients import NotWaiting, approve_request, refuse_request
from tests.factories import person_of, system_admin
from tests.sso.conftest import ask, refresh, tokens_of

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Wiki",
    "description": "",
    "tile_url": "https://wiki.example/",
    "icon": "apps",
    "tile_order": "10",
    "authorization_grant_type": "authorization-code",
    "client_type": "confidential",
    "redirect_uris": "https://wiki.example/a\r\nhttp://127.0.0.1:5000/b\r\n",
    "post_logout_redirect_uris": "",
    "allowed_scopes": ["openid", "email"],
    "backchannel_logout_uri": "https://wiki.example/logout",
    "frontchannel_logout_uri": "",
    "required_acr": "1",
    "skip_authorization": "on",
    "is_enabled": "on",
}


def test_registered_system_gets_a_secret_shown_once(admin_client):
    page = admin_client.post(reverse("system-new"), FORM)

    system = Application.objects.get()
    secret = page.context["secret"]
    assert is_secret(secret, system.client_secret)
    assert secret in page.content.decode()
    assert secret not in admin_client.get(system.get_absolute_url()).content.decode()
    assert system.redirect_uris == "https://wiki.example/a http://127.0.0.1:5000/b"
    assert (system.is_approved, system.is_enabled) == (False, False)
    assert (system.client_type, system.algorithm, system.allowed_scopes) == (
        "confidential",
        "RS256",
        ["openid", "email"],
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"redirect_uris": ""}, "redirect_uris"),
        ({"redirect_uris": "http://wiki.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://*.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://a@b.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://b.example/#x"}, "redirect_uris"),
        ({"redirect_uris": "javascript:alert(1)"}, "redirect_uris"),
        ({"redirect_uris": "https://b.example:99999/"}, "redirect_uris"),
        ({"tile_url": "javascript:alert(1)"}, "tile_url"),
        ({"backchannel_logout_uri": "http://wiki.example/out"}, "backchannel_logout_uri"),
        ({"frontchannel_logout_uri": "javascript:alert(1)"}, "frontchannel_logout_uri"),
        ({"icon": "hình tròn"}, "icon"),
        ({"allowed_scopes": ["root"]}, "allowed_scopes"),
        ({"allowed_scopes": ["mail"], "authorization_grant_type": "client-credentials"}, "allowed_scopes"),
        (
            {
                "allowed_scopes": ["mail"],
                "authorization_grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            },
            "allowed_scopes",
        ),
        ({"allowed_scopes": ["openid", "mail"], "client_type": "public"}, "allowed_scopes"),
        ({"allowed_scopes": ["openid", "mail"], "token_audience": "https://api.example"}, "token_audience"),
        ({"allowed_scopes": []}, "allowed_scopes"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(admin_client, changes, field):
    page = admin_client.post(reverse("system-new"), FORM | changes)

    assert list(page.context["form"].errors) == [field]
    assert Application.objects.count() == 0
    assert page.context["form"]["icon"].value() == changes.get("icon", "apps")


WHO = [("admin", 200), ("person", 404), ("nobody", 302)]
PAGES = ["systems", "system-new", "system", "system-edit", "system-rule", "system-why"]
ACTS = ["system-secret", "system-check", "system-decide"]
WITHOUT_KEY = {"systems", "system-new"}


@pytest.mark.parametrize(("who", "status"), WHO)
@pytest.mark.parametrize("page", [*PAGES, *ACTS])
def test_pages_are_for_system_admins(client, signed_in, wiki, who, status, page):
    people = {"admin": system_admin, "person": lambda: person_of(role="unit_admin")}
    if who in people:
        signed_in(people[who]())
    waiting = SystemRequest.objects.create(application=wiki[0], asked_by=system_admin())
    args = [] if page in WITHOUT_KEY else [waiting.pk if page == "system-decide" else wiki[0].pk]
    form = {"overlap": "7", "age": "365"} if page == "system-secret" else {}

    method = client.post if page in ACTS else client.get
    expected = 302 if page == "system-decide" and who == "admin" else status

    assert method(reverse(page, args=args), form).status_code == expected
    assert waiting.__class__.objects.get().state == (
        "refused" if (page, who) == ("system-decide", "admin") else "waiting"
    )


@pytest.mark.parametrize(
    "page", ["system-secret", "system-decide", "system-edit", "system-new", "system-rule"]
)
def test_who_has_not_confirmed_for_five_minutes_does_it_first(session_of, wiki, page):
    """Whoever finds an open session of an admin changes nothing with it."""
    browser = session_of(system_admin(), age=600)
    waiting = SystemRequest.objects.create(application=wiki[0], asked_by=system_admin())
    args = [] if page == "system-new" else [waiting.pk if page == "system-decide" else wiki[0].pk]
    before = Application.objects.values().get()

    answer = browser.post(
        reverse(page, args=args), FORM | {"decision": "approve", "overlap": "0", "age": "0"}
    )

    assert answer.status_code == 401
    assert "account/confirm_typed.html" in [template.name for template in answer.templates]
    assert (Application.objects.values().get(), SystemRequest.objects.get().state) == (before, "waiting")


@pytest.mark.parametrize("page", ACTS)
def test_acts_are_posts(admin_client, wiki, page):
    assert admin_client.get(reverse(page, args=[wiki[0].pk])).status_code == 405


@pytest.mark.parametrize("act", [save_system, renew_secret])
def test_services_are_for_system_admins(wiki, act):
    before = Application.objects.get().client_secret

    with pytest.raises(PermissionDenied):
        act(wiki[0], by=person_of(role="unit_admin"))

    assert Application.objects.get().client_secret == before


def test_new_secret_ends_the_old_one(wiki):
    row, old = wiki

    new = renew_secret(row, by=system_admin())

    row.refresh_from_db()
    assert (is_secret(old, row.client_secret), is_secret(new, row.client_secret)) == (False, True)


def test_mail_token_is_short_and_hashed():
    person = person_of()

    raw = mail_token(person)

    row = AccessToken.objects.get()
    assert (row.user, row.scope, row.token, len(raw)) == (person, "mail", "", 43)
    assert 290 < (row.expires - row.created).total_seconds() <= 300
    person.is_active = False
    with pytest.raises(PermissionDenied):
        mail_token(person)


@pytest.mark.parametrize("count", [1, 5])
def test_list_asks_as_many_queries_for_any_length(admin_client, count, django_assert_max_num_queries):
    for number in range(count):
        Application.objects.create(name=f"S{number}", client_type="confidential")

    admin_client.get(reverse("systems"))
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("systems"))


# --- two people ----------------------------------------------------------------------------------


@pytest.fixture
def asked(admin_client):
    """A system that somebody has registered: (system, secret, its request)."""
    secret = admin_client.post(reverse("system-new"), FORM).context["secret"]
    system = Application.objects.get()
    return system, secret, system.requests.get()


def test_system_does_not_work_before_another_has_approved_it(session_of, asked):
    system, _secret, waiting = asked
    browser = session_of(person_of())
    where = {"redirect_uri": "https://wiki.example/a", "scope": "openid"}

    assert ask(browser, system, **where).status_code == 400
    approve_request(waiting, by=system_admin())

    system.refresh_from_db()
    answer = ask(browser, system, **where)
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://wiki.example/a?code=")
    assert system.is_enabled


def test_nobody_approves_what_they_asked_for(asked):
    _system, _secret, waiting = asked

    with pytest.raises(PermissionDenied):
        approve_request(waiting, by=waiting.asked_by)
    for stranger in (person_of(), person_of(role="unit_admin")):
        for act in (approve_request, refuse_request):
            with pytest.raises(PermissionDenied):
                act(waiting, by=stranger)

    assert (Application.objects.get().is_enabled, SystemRequest.objects.get().state) == (False, "waiting")


def test_whoever_changes_a_waiting_system_is_the_one_who_may_not_approve_it(client, asked):
    """Else one admin would slip another address under what a second one has asked for."""
    system, _secret, first = asked
    other = system_admin()
    client.force_login(other)

    client.post(reverse("system-edit", args=[system.pk]), FORM | {"redirect_uris": "https://evil.example/"})

    first.refresh_from_db()
    newer = system.requests.waiting().get()
    assert (first.state, newer.asked_by) == ("taken_back", other)
    with pytest.raises(NotWaiting):
        approve_request(first, by=system_admin())
    with pytest.raises(PermissionDenied):
        approve_request(newer, by=other)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("redirect_uris", "https://other.example/"),
        ("post_logout_redirect_uris", "https://other.example/bye"),
        ("backchannel_logout_uri", "https://other.example/out"),
        ("frontchannel_logout_uri", "https://other.example/out"),
        ("allowed_scopes", ["openid", "organization"]),
        ("skip_authorization", ""),
        ("required_acr", "2"),
    ],
)
def test_change_of_what_others_rely_on_waits(admin_client, asked, field, value):
    system, _secret, waiting = asked
    approve_request(waiting, by=system_admin())
    before = getattr(Application.objects.get(), field)

    admin_client.post(reverse("system-edit", args=[system.pk]), FORM | {"name": "Wiki mới", field: value})

    row, newer = Application.objects.get(), system.requests.waiting().get()
    assert (row.name, getattr(row, field), row.is_enabled) == ("Wiki mới", before, True)
    approve_request(newer, by=system_admin())
    assert getattr(Application.objects.get(), field) == (value if field != "skip_authorization" else False)


def test_refused_change_changes_nothing(admin_client, asked):
    system, _secret, waiting = asked
    approve_request(waiting, by=system_admin())
    admin_client.post(
        reverse("system-edit", args=[system.pk]), FORM | {"redirect_uris": "https://other.example/"}
    )

    refuse_request(system.requests.waiting().get(), "không đúng địa chỉ", by=system_admin())

    assert Application.objects.get().redirect_uris == "https://wiki.example/a http://127.0.0.1:5000/b"
    assert system.requests.first().words == "không đúng địa chỉ"


def test_approval_is_shown_to_others_only_and_recorded(client, asked):
    system, _secret, waiting = asked
    pages = {}
    for name, person in (("asker", waiting.asked_by), ("other", system_admin())):
        client.force_login(person)
        pages[name] = client.get(system.get_absolute_url()).content.decode()
    client.post(reverse("system-decide", args=[waiting.pk]), {"decision": "approve"})

    assert [' value="approve"' in pages[name] for name in ("asker", "other")] == [False, True]
    assert Application.objects.get().is_approved
    assert AuditEntry.objects.filter(action=Action.SYSTEM_APPROVED, client=system.client_id).count() == 1


# --- secrets -------------------------------------------------------------------------------------


def test_two_secrets_are_valid_for_the_overlap(session_of, client, wiki):
    row, old = wiki
    browser = session_of(person_of())
    tokens = tokens_of(browser, wiki)

    new = renew_secret(row, by=system_admin(), overlap=timedelta(days=7))

    for secret in (old, new):
        tokens = refresh(client, (row, secret), tokens["refresh_token"]).json()
        assert "access_token" in tokens
    with travel(timezone.now() + timedelta(days=7, minutes=1)):
        answers = [refresh(client, (row, secret), "x").json()["error"] for secret in (old, new)]
    assert answers == ["invalid_client", "invalid_grant"]
    assert old not in str(vars(Application.objects.get()))


def test_secret_that_has_run_out_is_refused_and_marked_before(client, admin_client, wiki):
    row, _old = wiki
    secret = renew_secret(row, by=system_admin(), age=timedelta(days=365))
    assert refresh(client, (row, secret), "x").json()["error"] == "invalid_grant"

    with travel(timezone.now() + timedelta(days=340)):
        admin_client.force_login(system_admin())
        assert "Khóa sắp hết hạn" in admin_client.get(reverse("systems")).content.decode()
    with travel(timezone.now() + timedelta(days=366)):
        assert refresh(client, (row, secret), "x").json()["error"] == "invalid_client"


def test_third_secret_ends_the_first(client, wiki):
    row, first = wiki
    admin = system_admin()
    second = renew_secret(row, by=admin, overlap=timedelta(days=30))
    third = renew_secret(row, by=admin, overlap=timedelta(days=30))

    errors = [refresh(client, (row, secret), "x").json()["error"] for secret in (first, second, third)]

    assert errors == ["invalid_client", "invalid_grant", "invalid_grant"]


def test_new_secret_without_overlap_ends_tokens(session_of, wiki):
    tokens_of(session_of(person_of()), wiki)

    renew_secret(wiki[0], by=system_admin())

    assert not RefreshToken.objects.exists()


def test_list_says_in_words_what_systems_may_learn(admin_client, wiki):
    Application.objects.create(
        name="Mail server", authorization_grant_type="client-credentials", allowed_scopes=[]
    )

    page = admin_client.get(reverse("systems")).content.decode()

    assert "Địa chỉ thư điện tử" in page
    assert "organization" not in page
    assert "–</td>" not in page


@pytest.mark.parametrize(
    ("language", "name"), [("vi", "Thư điện tử của mạng nội bộ"), ("en", "Intranet mail")]
)
def test_the_mail_of_the_suite_has_a_name_in_each_language(signed_in, language, name):
    mail_token(person_of())
    browser = signed_in(system_admin())
    browser.cookies["django_language"] = language

    rows, record = [browser.get(reverse(page)).content.decode() for page in ("systems", "audit")]

    assert f">{name}</a>" in rows
    assert f">{name}</option>" in record


def test_page_tells_what_is_registered_and_leaves_out_the_rest(admin_client):
    admin_client.post(reverse("system-new"), FORM | {"backchannel_logout_uri": ""})
    system = Application.objects.get(name="Wiki")

    given = admin_client.get(system.get_absolute_url()).context_data["given"]

    assert [value for _label, value in given] == [
        "Cán bộ đăng nhập vào hệ thống",
        "Trên máy chủ, giữ được khóa bí mật",
        "https://wiki.example/a\nhttp://127.0.0.1:5000/b",
        "Danh tính người đăng nhập; Địa chỉ thư điện tử",
        "có",
        "bằng mật khẩu",
        "RSA (RS256), hệ thống nào cũng hỗ trợ",
    ]


@pytest.mark.parametrize("page", ["system-new", "system-edit"])
def test_form_shows_each_field_once(admin_client, wiki, page):
    args = [wiki[0].pk] if page == "system-edit" else []
    answer = admin_client.get(reverse(page, args=args), {"preset": "moodle", "base": "https://m.example"})

    drawn = answer.content.decode()
    shown = [field.name for field in answer.context_data["form"].visible_fields()]
    assert {name: drawn.count(f'id="field-{name}"') for name in shown} == dict.fromkeys(shown, 1)
    assert drawn.count('name="preset"') == 1
