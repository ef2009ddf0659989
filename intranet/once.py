"""What several parts of one page need is asked once."""

from collections.abc import Callable
from typing import TypeVar

from sso.api import User

Answer = TypeVar("Answer")


def once(user: User, name: str, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returned the first time for this ``user`` object, which lives as long as its request.

    ``name`` starts with the slug of the app: "tasks.open".
    """
    answers = getattr(user, "_answers", None)
    if answers is None:
        answers = user._answers = {}
    if name not in answers:
        answers[name] = ask()
    return answers[name]
