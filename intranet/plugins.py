"""The plug-in contract: what an app offers, and the shell consumes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.forms import BaseForm
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from intranet.guard import guarded

if TYPE_CHECKING:
    from sso.api import Unit, User

Label = str | Promise


@dataclass(frozen=True, kw_only=True)
class Named:
    """A name of the app, such as "tasks.assigned", with the label people read."""

    name: str
    label: Label


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Something found, or something dated. Times are aware; ``ends`` is None for a moment."""

    title: str
    url: str
    excerpt: str = ""
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something that a person must act on.

    ``due`` is a day (in time until its end) or an aware moment. What others have done and only waits for a
    yes has the day of that, ``waits_since``, and is never late. ``act_url`` takes a POST that does it at
    once; it is empty when the thing must be opened first.
    """

    title: str
    url: str
    source: str = ""
    due: date | datetime | None = None
    waits_since: date | None = None
    act_url: str = ""
    act_label: Label = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a widget stands: on the home page of ``user``, or on the page of ``unit`` seen by ``user``."""

    user: "User"
    unit: "Unit | None" = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A card. ``context(place)`` fills ``template``.

    ``places`` says where it may stand: "home", "unit". A ``remote`` widget asks another server, so it is
    loaded after the page. ``is_wide`` takes two thirds of the desktop's width.
    """

    slug: str
    title: Label
    template: str
    context: Callable[[Place], dict[str, Any]]
    places: tuple[str, ...] = ("home",)
    options: type[BaseForm] | None = None
    remote: bool = False
    is_wide: bool = False
    is_default: bool = True  # False: not on a home page until somebody puts it there
    more: str = ""  # URL name behind "see all"
    css: str = ""  # stylesheet that the template needs: "tasks/tasks.css"


@dataclass(frozen=True, kw_only=True)
class Item:
    """Content that somebody sent. ``sender`` is the one mail address that its message names, else empty."""

    title: str
    content: bytes
    content_type: str
    sender: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemCard:
    """What an app says of an item: ``template`` filled with ``context``, and what can be done with it.

    ``done`` is the name of the act that is in force already.
    """

    template: str
    context: dict[str, Any]
    acts: tuple[Named, ...] = ()
    done: str = ""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Takes content of other apps: ``receive(user, title, content, content_type)`` returns the new thing's URL.

    ``card(user, item)`` tells what an item is whenever somebody opens it; ``act(user, item, name)`` does one of
    the card's acts and returns words for the person. Both raise ValidationError for what cannot be done.
    """

    content_types: tuple[str, ...]
    label: Label
    receive: Callable[["User", str, bytes, str], str]
    card: Callable[["User", Item], ItemCard] | None = None
    act: Callable[["User", Item, str], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail that an app sends in a person's name; ``content`` says the same as ``text`` to programs."""

    to: str
    subject: str
    text: str
    content: bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Timer:
    """A command of manage.py that takes no arguments, may run twice, and runs again and again."""

    command: str
    every: timedelta


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """What an app offers. ``slug`` is its URL prefix, URL namespace and name prefix.

    ``nav``, ``scopes``, ``panel`` and a widget's ``options`` are part of the contract, but nothing shows them yet.
    """

    slug: str
    name: Label
    icon: str
    home: str  # URL name of the launcher tile
    urls: str  # dotted path of the URLconf, mounted at /<slug>/
    may_use: Callable[["User"], bool] = lambda user: user.is_active
    badge: Callable[["User"], int] | None = None  # number on the tile, 0 shows none; at most one query
    badge_is_remote: bool = False  # the badge asks another server: fetched after the page
    nav: tuple[Named, ...] = ()  # name: a URL name
    widgets: tuple[Widget, ...] = ()
    search: Callable[["User", str, int], Iterable[Hit]] | None = None  # user, query, limit
    agenda: Callable[["User", datetime, datetime], Iterable[Hit]] | None = None
    duties: Callable[["User"], Iterable[Duty]] | None = None  # soonest due first, undated last
    kinds: tuple[Named, ...] = ()  # notices: "tasks.assigned"
    scopes: tuple[Named, ...] = ()  # OAuth: "tasks:read"
    panel: type[BaseForm] | None = None  # settings: form(data, user=, prefix=).save()
    receives: tuple[Receiver, ...] = ()
    send: Callable[["User", Letter], None] | None = None  # sends mail; ValidationError when it cannot
    timers: tuple[Timer, ...] = ()


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return the installed plug-ins in INSTALLED_APPS order."""
    paths = (getattr(app, "intranet_plugin", None) for app in apps.get_app_configs())
    return tuple(import_string(path) for path in paths if path)


def plugins_for(user: "User") -> tuple[Plugin, ...]:
    """Return the plug-ins that ``user`` may use."""
    return tuple(plugin for plugin in plugins() if may_use(plugin, user))


def may_use(plugin: Plugin, user: "User") -> bool:
    """Say whether ``user`` may use ``plugin``; nobody may one that cannot tell."""
    return guarded(plugin, "Door", lambda: plugin.may_use(user), False)
