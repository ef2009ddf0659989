"""What systems are told: by which name, which claims, in which kind of token."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from sso.api import ensure_client
from sso.models import AccessToken, User
from sso.oauth.claims import BY_SCOPE, claims_of, profile
from sso.services.uses import systems_of
from tests.factories import person_of
from tests.sso.conftest import (
    REDIRECT,
    ask,
    browser_of,
    introspect,
    is_in,
    parameters_of,
    read,
    refresh,
    registered,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db


# --- names ---------------------------------------------------------------------------------------


def test_g14_systems_of_one_group_know_a_person_by_one_name_and_others_by_another(session_of, person):
    systems = [
        registered("A", subject_group="health"), registered("B", subject_group="health"),
        registered("C", subject_group="tax"), registered("D"),
    ]  # fmt: skip
    browser, names = session_of(person), []
    for system in systems:
        tokens = tokens_of(browser, system)
        told = {
            read(tokens["id_token"])["sub"],
            userinfo(browser, tokens["access_token"]).json()["sub"],
            introspect(browser, system, tokens["access_token"]).json()["sub"],
            read(refresh(browser, system, tokens["refresh_token"]).json()["id_token"])["sub"],
        }
        assert len(told) == 1
        names.append(told.pop())

    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert names[3] == str(person.subject)


def test_g14_a_session_has_another_name_in_each_group(person, receiver, queue):
    """Two systems of different groups find each other's people by nothing that we tell them."""
    told = {"backchannel_logout_uri": receiver.address}
    systems = [
        registered("A", subject_group="health", **told), registered("B", subject_group="health", **told),
        registered("C", subject_group="tax", **told), registered("D", **told),
    ]  # fmt: skip
    browser, names = browser_of(person), {}
    for row, secret in systems:
        tokens = tokens_of(browser, (row, secret))
        again = refresh(browser, (row, secret), tokens["refresh_token"]).json()
        names[row.client_id] = read(tokens["id_token"])["sid"]
        assert read(again["id_token"])["sid"] == names[row.client_id]

    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()

    first, second, *_others = names.values()
    assert first == second
    assert len(set(names.values())) == 3
    assert {claims["aud"]: claims["sid"] for claims in map(read, receiver.tokens)} == names


def test_a_system_of_a_group_ends_the_session_by_its_id_token(person):
    system = registered("A", subject_group="health", frontchannel_logout_uri="https://wiki.example/out")
    browser = browser_of(person)
    hint = tokens_of(browser, system)["id_token"]

    page = browser.get(reverse("oauth-end-session"), {"id_token_hint": hint}, follow=True)

    assert not is_in(browser)
    assert f"sid={read(hint)['sid']}" in page.content.decode()


def test_id_tokens_tell_what_their_scopes_tell(session_of, person):
    """Many products read the ID token only: Synapse and Nextcloud as they come."""
    browser, system = session_of(person), registered("A")

    tokens = tokens_of(browser, system, scope="openid profile email organization")

    told = userinfo(browser, tokens["access_token"]).json()
    assert {"name", "preferred_username", "email", "unit", "posts", "roles", "groups"} <= set(told)
    refreshed = refresh(browser, system, tokens["refresh_token"]).json()
    for token in (tokens["id_token"], refreshed["id_token"]):
        assert told.items() <= read(token).items()
    assert {use.scope for held in systems_of(person) for use in held.uses} == {
        "openid profile email organization"
    }


@pytest.mark.parametrize(("tells", "scope"), [(True, "openid"), (False, "openid profile email organization")])
def test_id_tokens_tell_no_more(session_of, person, tells, scope):
    browser, system = session_of(person), registered("A", id_token_tells=tells)

    claims = read(tokens_of(browser, system, scope=scope)["id_token"])

    assert not {
        "name",
        "preferred_username",
        "email",
        "unit",
        "posts",
        "roles",
        "groups",
        "phone_number",
    } & set(claims)


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Tạ Hoàng Nguyên Vỹ", ("Tạ", "Hoàng Nguyên", "Vỹ")),
        ("Lê Tám", ("Lê", None, "Tám")),
        ("", (None, None, None)),
    ],
)
def test_the_parts_of_a_name_make_up_the_whole(full_name, parts):
    """Moodle and others put it together again from its parts."""
    told = profile(User(full_name=full_name))

    assert tuple(map(told.get, ("family_name", "middle_name", "given_name"))) == parts
    assert " ".join(filter(None, parts)) == told.get("name", "")


def test_what_nobody_knows_is_left_out(db):
    """Neither null nor an empty text stands for it (OpenID Connect Core §5.3.2)."""
    person = User(full_name="Lê Tám", username="tam")

    told = claims_of(person, BY_SCOPE)

    assert set(told) == {
        "name", "family_name", "given_name", "preferred_username", "locale", "zoneinfo", "posts", "roles", "groups",
    }  # fmt: skip


def test_g14_two_people_have_two_names_in_a_group(session_of):
    system = registered("A", subject_group="health")

    names = {read(tokens_of(session_of(person_of()), system)["id_token"])["sub"] for _twice in range(2)}

    assert len(names) == 2


def test_a_hint_and_a_wanted_subject_are_compared_by_the_name_in_the_group(session_of, person):
    system = registered("A", subject_group="health")
    browser = session_of(person)
    id_token = tokens_of(browser, system)["id_token"]
    name = read(id_token)["sub"]

    def answered(**asked):
        return parameters_of(ask(browser, system[0], prompt="none", **asked))

    assert "code" in answered(id_token_hint=id_token)
    assert "code" in answered(claims=json.dumps({"id_token": {"sub": {"value": name}}}))
    wrong = json.dumps({"id_token": {"sub": {"value": str(person.subject)}}})
    assert answered(claims=wrong)["error"] == "login_required"
    assert answered(claims='{"userinfo": {"sub": {"value": 7}}}')["error"] == "login_required"


def test_an_api_that_introspects_learns_the_name_of_its_own_group(session_of, person):
    portal = registered("Portal", subject_group="portal")
    token = tokens_of(session_of(person), portal)["access_token"]
    AccessToken.objects.update(audience=["api"])
    api = ensure_client(
        "API", client_id="api", authorization_grant_type="client-credentials", subject_group="api"
    )
    own, others = introspect(Client(), portal, token).json(), introspect(Client(), api, token).json()

    assert own["active"] is others["active"] is True
    assert own["sub"] != others["sub"] != str(person.subject)


def test_g14_introspection_names_the_account_to_none_that_may_not_know_it(session_of, person):
    """The name is told by the scope "profile", to systems that have it, and to the server of a scope."""
    both, browser = registered("A", subject_group="a"), session_of(person)
    token = tokens_of(browser, both)["access_token"]
    shy = tokens_of(browser, both, scope="openid")["access_token"]
    AccessToken.objects.update(audience=["api"])
    api = ensure_client("API", client_id="api", authorization_grant_type="client-credentials")

    assert introspect(Client(), both, token).json()["username"] == person.username
    for asking, about in [(both, shy), (api, token), (api, shy)]:
        told = introspect(Client(), asking, about).json()
        assert (told["active"], "username" in told) == (True, False)


# --- claims asked for one by one -----------------------------------------------------------------


def test_a_single_claim_is_told_where_it_was_asked_for(session_of, person):
    system, browser = registered("A"), session_of(person)
    claims = {"userinfo": {"email": None, "roles": {"essential": False}}, "id_token": {"name": None}}

    tokens = tokens_of(browser, system, scope="openid", claims=json.dumps(claims))

    wanted = {"sub": str(person.subject), "email": person.email, "roles": []}
    assert userinfo(browser, tokens["access_token"]).json() == wanted
    assert read(tokens["id_token"])["name"] == person.full_name
    later = refresh(browser, system, tokens["refresh_token"]).json()
    assert userinfo(browser, later["access_token"]).json() == wanted
    system[0].allowed_scopes = ["openid", "organization"]
    system[0].save()
    later = refresh(browser, system, later["refresh_token"]).json()
    assert userinfo(browser, later["access_token"]).json() == {"sub": str(person.subject), "roles": []}


def test_a_claim_beyond_the_systems_scopes_is_not_told(session_of, person):
    system = ensure_client("A", redirect_uris=REDIRECT, allowed_scopes=["openid"], skip_authorization=True)
    browser = session_of(person)
    claims = json.dumps({"userinfo": {"email": {"essential": True}}, "id_token": {"email": None, "x": None}})

    tokens = tokens_of(browser, system, scope="openid", claims=claims)

    assert userinfo(browser, tokens["access_token"]).json() == {"sub": str(person.subject)}
    assert not {"email", "x"} & set(read(tokens["id_token"]))


def test_consent_is_asked_for_single_claims_too(session_of, person, wiki):
    wiki[0].skip_authorization = False
    wiki[0].save()
    person.consents.create(application=wiki[0], scopes=["openid"])
    browser = session_of(person)
    claims = json.dumps({"userinfo": {"email": None}})

    assert "code" in parameters_of(ask(browser, wiki[0], scope="openid", prompt="none"))
    refused = ask(browser, wiki[0], scope="openid", prompt="none", claims=claims)
    assert parameters_of(refused)["error"] == "consent_required"
    page = ask(browser, wiki[0], scope="openid", claims=claims)
    assert "Địa chỉ thư" in page.content.decode()


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ('{"id_token": {"acr": {"essential": true, "values": ["1"]}}}', None),
        ('{"id_token": {"acr": {"essential": true, "values": ["3", "1"]}}}', None),
        ('{"id_token": {"acr": {"value": "3"}}}', None),
        ('{"id_token": {"acr": {"essential": true, "values": ["3"]}}}', "unmet_authentication_requirements"),
        ('{"id_token": {"acr": {"essential": true, "value": "gold"}}}', "unmet_authentication_requirements"),
        ('{"id_token": {"acr": {"essential": true, "value": 3}}}', "unmet_authentication_requirements"),
        ('{"id_token": {"acr": {"essential": true, "values": [3]}}}', "unmet_authentication_requirements"),
        ('{"id_token": {"acr": {"essential": true}}}', None),
        ("{}", None),
        ("[]", "invalid_request"),
        ("{", "invalid_request"),
        ('{"userinfo": []}', None),
        ('{"userinfo": "x"}', "invalid_request"),
        ('{"userinfo": {"email": 1}}', "invalid_request"),
        ("[" * 7000, "invalid_request"),
        ("null", "invalid_request"),
    ],
)
def test_p03_an_essential_strength_is_shown_or_refused(session_of, person, wiki, claims, error):
    answer = parameters_of(ask(session_of(person), wiki[0], claims=claims))

    assert answer.get("error") == error
