"""Any order of signing in, issuing, refreshing and ending leaves nothing alive that was ended, and ends no more."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sso.api import Reason, ensure_client, revoke
from sso.models import RefreshToken
from sso.services import sessions
from sso.services.expiry import clear_expired
from sso.services.revocation import end_sessions, end_system
from tests.conftest import record_sign_in
from tests.factories import person_of
from tests.sso.conftest import REDIRECT, ask, parameters_of, redeem, refresh

pytestmark = pytest.mark.django_db
ACTS = [
    "sign in", "code", "redeem", "refresh", "refresh", "revoke", "keep", "end one", "end others", "end system",
    "clear",
]  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 1)), min_size=4, max_size=24
)


@dataclass
class Signed:
    """A session of the person number ``who``, and what was issued in it: code, access and refresh tokens by system."""

    who: int
    browser: Client
    codes: list = field(default_factory=list)
    tokens: list = field(default_factory=list)
    is_alive: bool = True

    @property
    def sid(self):
        return self.browser.session["sid"] if self.is_alive else ""


@dataclass
class Issued:
    system: int
    access: str = ""
    refresh: str = ""
    code: str = ""
    is_alive: bool = True


class World:
    def __init__(self):
        self.people = [person_of(), person_of()]
        fields = {"redirect_uris": REDIRECT, "allowed_scopes": ["openid"], "skip_authorization": True}
        self.systems = [ensure_client(f"Hệ thống {number}", **fields) for number in range(2)]
        self.signed: list[Signed] = []
        self.outside = Client()

    def of(self, who, alive=True):
        return [one for one in self.signed if one.who == who and one.is_alive == alive]

    def end(self, which):
        for one in which:
            one.is_alive = False
            for issued in (*one.codes, *one.tokens):
                issued.is_alive = False

    def act(self, act: str, number: int, choice: int) -> None:
        who, mine = number % 2, self.of(number % 2)
        person = self.people[who]
        one = mine[number % len(mine)] if mine else None
        if act == "sign in":
            browser = Client()
            browser.force_login(person)
            record_sign_in(browser, person)
            self.signed.append(Signed(who, browser))
            self.end(self.of(who)[:-10])
        elif act == "revoke":
            revoke([person.pk], Reason.LOCKED)
            person.refresh_from_db()
            self.end(mine)
        elif act == "clear":
            clear_expired()
        elif act == "end system":
            system, _secret = self.systems[choice]
            end_system(system, Reason.ENDED_HERE, person=person)
            for issued in (issued for one in mine for issued in (*one.codes, *one.tokens)):
                issued.is_alive = issued.is_alive and issued.system != choice
        elif one is None:
            return
        elif act == "code":
            answer = ask(one.browser, self.systems[choice][0], scope="openid")
            one.codes.append(Issued(choice, code=parameters_of(answer)["code"]))
        elif act == "redeem" and one.codes:
            self.redeem(one, one.codes.pop())
        elif act == "refresh" and one.tokens:
            self.refresh(one, one.tokens[-1])
        elif act == "keep":
            revoke([person.pk], Reason.PASSWORD_CHANGED, keep=one.sid)
            person.refresh_from_db()
            self.end([other for other in mine if other is not one])
        elif act == "end one":
            end_sessions([one.sid], Reason.ENDED_HERE)
            self.end([one])
        elif act == "end others":
            sessions.end_others(person, one.sid, by=person)
            self.end([other for other in mine if other is not one])

    def redeem(self, one: Signed, code: Issued) -> None:
        answer = redeem(self.outside, *self.systems[code.system], code.code)
        assert (answer.status_code == 200) is code.is_alive, answer.content
        if code.is_alive:
            self.got(one, code.system, answer.json())

    def refresh(self, one: Signed, issued: Issued) -> None:
        answer = refresh(self.outside, self.systems[issued.system], issued.refresh)
        assert (answer.status_code == 200) is issued.is_alive, answer.content
        if issued.is_alive:
            self.got(one, issued.system, answer.json())

    def got(self, one: Signed, system: int, answer: dict) -> None:
        one.tokens.append(Issued(system, access=answer["access_token"], refresh=answer["refresh_token"]))

    def check(self) -> None:
        """Use everything that was ever issued, alive or not."""
        for one in self.signed:
            assert (one.browser.get(reverse("people")).status_code == 200) is one.is_alive
            for issued in one.tokens:
                bearer = {"HTTP_AUTHORIZATION": f"Bearer {issued.access}"}
                status = self.outside.get(reverse("oauth-userinfo"), **bearer).status_code
                assert (status == 200) is issued.is_alive
            for issued in list(one.tokens):
                if not issued.is_alive:
                    self.refresh(one, issued)
            for code in one.codes:
                self.redeem(one, code)
        dead = sum(not issued.is_alive for one in self.signed for issued in one.tokens)
        assert (
            dead == 0
            or RefreshToken.objects.in_force().count() <= sum(len(one.tokens) for one in self.signed) - dead
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_g2_any_order_leaves_nothing_alive_that_was_ended_and_ends_no_more(steps, db):
    with transaction.atomic():
        world = World()
        world.act("sign in", 0, 0)
        world.act("sign in", 1, 0)
        for step in steps:
            world.act(*step)
        world.check()
        transaction.set_rollback(True)
