"""What ends when: every event against every credential. Each pair is refused afterwards, or UNTOUCHED says why not.

The pairs are generated from the three tables; the modules that test them take each their credentials.
"""

from itertools import product

from sso.api import Application, Reason, User, revoke
from sso.services import sessions
from sso.services.revocation import end_system


def lock(person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    revoke([person.pk], Reason.LOCKED)


def leave(person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    revoke([person.pk], Reason.LEFT)


def rule_changed(person):
    end_system(Application.objects.get_or_create(name="Wiki")[0], Reason.RULE_CHANGED)


EVENTS = {
    "locked": lock,
    "left the directory": leave,
    "password changed": lambda person: revoke(person, Reason.PASSWORD_CHANGED),
    "factors reset": lambda person: revoke(person, Reason.FACTOR_RESET),
    "unit changed": lambda person: revoke(person, Reason.UNIT_CHANGED),
    "rule of the system changed": rule_changed,
    "signed out everywhere": lambda person: sessions.end_everywhere(person, by=person),
    "ended by an admin": lambda person: revoke(person, Reason.BY_ADMIN, words="test"),
}
IN_PROCESS = [
    "session", "code", "access token", "refresh token", "device grant", "trusted browser", "passkey invitation",
    "mail token", "token of a program", "calendar feed",
]  # fmt: skip
CREDENTIALS = [*IN_PROCESS, "socket", "mailbox connection"]

OF_THE_PERSON = "it belongs to the person, not to the system whose rule has changed"
UNTOUCHED = {
    **{
        ("rule of the system changed", name): OF_THE_PERSON
        for name in CREDENTIALS
        if name not in {"code", "access token", "refresh token", "device grant", "token of a program"}
    },
    **{
        (event, "token of a program"): "it is of no person; it ends with its system, its rule or its secret"
        for event in EVENTS
        if event != "rule of the system changed"
    },
    **{
        (
            event,
            "calendar feed",
        ): "nobody signs in with it: it shows one calendar to whoever has the address, "
        "asks at each fetching whether the person is active, and is renewed on its own page"
        for event in EVENTS
        if event not in {"locked", "left the directory"}
    },
}


def pairs(credentials):
    return list(product(EVENTS, credentials))
