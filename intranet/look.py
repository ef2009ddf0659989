"""One look at a page asks once, and what a person has just seen need not be drawn anew.

While a page is drawn, a plug-in's duties, agenda and badge may share what it has asked of the database
(``kept``). The drawn home page and what the frame tells of the person are kept per person for half a minute
(``HOME_KEPT_SECONDS``), and forgotten when the person changes anything or is told of anything.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token

from sso.api import User

Answer = TypeVar("Answer")
THEMES = ("auto", "light", "dark")
CSRF_MARK = "csrf-token-of-this-browser"  # stands in the kept page where each browser has its own token


# --- asked once ---------------------------------------------------------------------------------


def begin_look(user: User, **known: Any) -> None:
    """From now on ``kept`` answers of this instance of the person, which lives as long as its request."""
    user._kept = known


def kept(user: User, name: str, ask: Callable[[], Answer]) -> Answer:
    """Return ``ask()``; while one page is drawn for the person, it is asked once."""
    answers = getattr(user, "_kept", None)
    if answers is None:
        return ask()
    if name not in answers:
        answers[name] = ask()
    return answers[name]


def peek(user: User, name: str) -> Any | None:
    """Return what ``kept`` has asked under ``name`` while this page is drawn, None when nobody has."""
    return (getattr(user, "_kept", None) or {}).get(name)


# --- the page as drawn last ---------------------------------------------------------------------


def page_of(request: HttpRequest, draw: Callable[[], str]) -> str:
    """Return the person's home page, from the cache when it was drawn just now, with this browser's CSRF token.

    ``draw`` puts ``CSRF_MARK`` where the token stands. A page with a message for the person is drawn anew.
    """
    has_message = "messages" in request.COOKIES or "_messages" in request.session
    user, keep_for = request.user, 0 if has_message else settings.HOME_KEPT_SECONDS
    key = _key(user.pk, request.LANGUAGE_CODE, request.COOKIES.get("theme", "auto"))
    frame_key = _frame_key(user.pk, request.LANGUAGE_CODE)
    known = cache.get_many([key, frame_key]) if keep_for else {}
    text = known.get(key)
    if text is None:
        begin_look(user, frame=known.get(frame_key))
        text = draw()
        if keep_for:
            cache.set(key, text, keep_for)
            cache.set(frame_key, peek(user, "frame"), keep_for)
    return text.replace(CSRF_MARK, get_token(request))


def told_of(user: User, language: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what the frame tells of the person (numbers, post, rights), from ``ask`` when it is not kept."""
    look = getattr(user, "_kept", None)
    if look is not None:  # the home page, which has asked the cache and will tell it
        look["frame"] = look.get("frame") or ask()
        return look["frame"]
    if not settings.HOME_KEPT_SECONDS:
        return ask()
    key = _frame_key(user.pk, language)
    told = cache.get(key)
    if told is None:
        told = ask()
        cache.set(key, told, settings.HOME_KEPT_SECONDS)
    return told


def forget_pages(*user_ids: int) -> None:
    """Draw the home pages and frames of these people anew when they are asked for next."""
    languages = [code for code, _name in settings.LANGUAGES]
    keys = [_key(*parts) for parts in product(user_ids, languages, THEMES)]
    if settings.HOME_KEPT_SECONDS and keys:
        cache.delete_many([*keys, *(_frame_key(*parts) for parts in product(user_ids, languages))])


def _frame_key(user_id: int, language: str) -> str:
    return f"frame.{user_id}.{language}"


def _key(user_id: int, language: str, theme: str) -> str:
    return f"home.{user_id}.{language}.{theme if theme in THEMES else 'auto'}"
