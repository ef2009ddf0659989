"""What systems answer to SCIM, and how that reads."""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from sso.outbound import Trouble

HTTP = re.compile(r"HTTP (\d{3})(?:: (.*))?", re.DOTALL)
LONGEST = 200  # of what is kept


class Problem(models.TextChoices):
    """What is wrong although an answer came."""

    GARBLED = "garbled", _("the answer is not SCIM")
    TAKEN = "taken", _("the account name there belongs to somebody else's account")
    TWICE = "twice", _("there are several such accounts there")
    HIDDEN = "hidden", _("the system says that there is such an account, but does not show it")
    NO_TOKEN = "no_token", _("the token cannot be read here any more; type it in again")
    INTERNAL = "internal", _("a fault of ours; it stands in the log")


OF_STATUS = {
    400: _("the system does not take what it was sent"),
    401: _("the system does not accept the token"),
    403: _("the system does not allow it"),
    404: _("there is no such address"),
    409: _("the system says that there is such an account already"),
    413: _("the system says that it is too much"),
    429: _("the system asks us to wait"),
    501: _("the system cannot do that"),
    503: _("the system is not ready"),
}
REDIRECTED, OWN_FAULT, OTHER = (
    _("the system sends us to another address, which is not followed"),
    _("the system has a fault of its own"),
    _("the system refuses"),
)


class Failed(Exception):
    """The system did not do what it was asked.

    ``answer`` is what to keep of it; ``is_whole`` says that asking for another account makes no sense either,
    ``is_fault`` that the system is to blame and not the account, ``after`` how many seconds it asks us to wait.
    """

    def __init__(self, answer: str, *, status=0, is_whole=False, is_fault=False, after: float | None = None):
        super().__init__(answer)
        self.answer, self.status = answer[:LONGEST], status
        self.is_whole, self.is_fault, self.after = is_whole, is_fault, after


def words_of(answer: str) -> str:
    """Return in the reader's language what ``Failed.answer`` says; what nobody knows stays as it is."""
    if match := HTTP.fullmatch(answer):
        return f"{words_of_status(int(match[1]))} ({answer})"
    return str({**dict(Trouble.choices), **dict(Problem.choices)}.get(answer, answer))


def words_of_status(status: int):
    if 300 <= status < 400:
        return REDIRECTED
    return OF_STATUS.get(status) or (OWN_FAULT if status >= 500 else OTHER)
