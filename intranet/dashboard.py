"""The personal home page: what I owe, my day, and the widgets, all asked of the plug-ins behind a guard."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from time import monotonic as time_now

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from intranet.addresses import address
from intranet.days import day_line, end_hours, greeting, hours, sunday_in_mind
from intranet.guard import guarded
from intranet.layouts import Slot, compute, home_layers, slots_of
from intranet.look import CSRF_MARK
from intranet.plugins import Duty, Place, Plugin, Widget, plugins_for
from intranet.templatetags.ui import due_state, due_words, when
from sso.api import Unit, User

log = logging.getLogger(__name__)
SHOWN_DUTIES = 8
FAR_FUTURE = date.max
WAITS = "is-waiting"  # the state of a duty that somebody else has done and that wants a yes
SLOW_SECONDS = 3.0  # what a widget may take of a page
SLOW_FOR = 600  # seconds for which one that took more comes after the page
slow_until: dict[tuple[str, str], float] = {}  # of this process


@dataclass(frozen=True, kw_only=True)
class DutyRow:
    """A duty as the list shows it."""

    duty: Duty
    plugin: Plugin
    day: date
    moment: datetime | None
    state: str
    words: str
    meta: str


@dataclass(frozen=True, kw_only=True)
class AgendaRow:
    """A dated thing of today as the list shows it. ``state`` is "is-now", "is-due", "is-past" or ""."""

    title: str
    url: str
    line: str
    starts: str
    ends: str
    state: str
    order: datetime


@dataclass(frozen=True, kw_only=True)
class Card:
    """A widget as the page shows it. ``body`` is None while it is remote, "" when it is broken."""

    slot: Slot
    body: SafeString | str | None
    url: str = ""
    more: str = ""


def dashboard_of(request: HttpRequest) -> dict:
    """Return all that the home page shows to the person of ``request``."""
    user, now = request.user, timezone.localtime()
    slots = [slot for slot in compute(slots_of(user), home_layers(user)) if not slot.is_hidden]
    cards = [card_of(slot, Place(user=user), request, csrf_token=CSRF_MARK) for slot in slots]
    return {
        "greeting": greeting(now, user.get_short_name()),
        "day_line": day_line(now.date()),
        "wide_cards": [card for card in cards if card.slot.widget.is_wide],
        "narrow_cards": [card for card in cards if not card.slot.widget.is_wide],
        "stylesheets": stylesheets_of(slots),
        "badges_come": {card.slot.plugin.slug for card in cards if card.body is None},
        **duties_of(user, limit=SHOWN_DUTIES),
        **agenda_of(user),
    }


# --- what I owe ---------------------------------------------------------------------------------


def duties_of(user: User, *, limit: int | None = None) -> dict:
    """Return the duties from every app by urgency, and the names of the apps that could not say theirs.

    At most ``limit`` are shown, the most urgent ones; ``duty_count`` counts all.
    """
    rows, silent = [], []
    for plugin in plugins_for(user):
        if plugin.duties is None:
            continue
        ask = lambda plugin=plugin: [_duty_row(duty, plugin) for duty in plugin.duties(user)]  # noqa: E731
        found = guarded(plugin, "Duties", ask, None)
        if found is None:
            silent.append(plugin.name)
        else:
            rows += found
    rows.sort(key=lambda row: (row.day, row.moment is None, row.moment and row.moment.timestamp()))
    return {
        "duty_groups": _grouped(rows, limit),
        "duty_count": len(rows),
        "duty_rest": max(0, len(rows) - limit) if limit else 0,
        "duty_silent": silent,
    }


def _duty_row(duty: Duty, plugin: Plugin) -> DutyRow:
    moment = timezone.localtime(duty.due) if isinstance(duty.due, datetime) else None
    return DutyRow(
        duty=duty,
        plugin=plugin,
        day=duty.waits_since or (moment.date() if moment else duty.due or FAR_FUTURE),
        moment=moment,
        state=WAITS if duty.waits_since else due_state(duty.due),
        words=_("since %(day)s") % {"day": when(duty.waits_since)}
        if duty.waits_since
        else due_words(duty.due),
        meta=f"{plugin.name} · {duty.source}" if duty.source else str(plugin.name),
    )


def _grouped(rows: list[DutyRow], limit: int | None) -> list[dict]:
    sunday, is_next = sunday_in_mind(timezone.localdate())
    groups = [
        (_("Overdue"), [row for row in rows if row.state == "is-late"]),
        (_("Today"), [row for row in rows if row.state == "is-today"]),
        (_("Waiting for your confirmation"), [row for row in rows if row.state == WAITS]),
        (
            _("Next week") if is_next else _("This week"),
            [row for row in rows if not row.state and row.day <= sunday],
        ),
        (_("Later"), [row for row in rows if not row.state and row.day > sunday]),
    ]
    shown, left = [], limit if limit else len(rows)
    for title, members in groups:
        if members and left > 0:
            shown.append({"title": title, "count": len(members), "rows": members[:left]})
        left -= len(members)
    return shown


# --- my day -------------------------------------------------------------------------------------


def agenda_of(user: User) -> dict:
    """Return today's dated things from every app in their order, and the apps that could not say theirs."""
    now = timezone.localtime()
    start = timezone.make_aware(datetime.combine(now.date(), time.min))
    end = start + timedelta(days=1)
    rows, silent = [], []
    for plugin in plugins_for(user):
        if plugin.agenda is None:
            continue
        ask = lambda plugin=plugin: [  # noqa: E731
            _agenda_row(hit, plugin, start, end, now) for hit in plugin.agenda(user, start, end)
        ]
        found = guarded(plugin, "Agenda", ask, None)
        if found is None:
            silent.append(plugin.name)
        else:
            rows += found
    return {"agenda": sorted(rows, key=lambda row: row.order), "agenda_silent": silent}


def _agenda_row(hit, plugin: Plugin, start: datetime, end: datetime, now: datetime) -> AgendaRow:
    if hit.starts is None:
        raise TypeError(f"{hit!r} has no time")
    starts = timezone.localtime(hit.starts)
    ends = timezone.localtime(hit.ends) if hit.ends else None
    if ends is None:
        state = "is-due"
    elif starts <= now < ends:
        state = "is-now"
    else:
        state = "is-past" if ends <= now else ""
    is_whole_day = ends is not None and starts <= start and ends >= end
    return AgendaRow(
        title=hit.title,
        url=hit.url,
        line=hit.excerpt or str(plugin.name),
        starts=_("All day") if is_whole_day else hours(max(starts, start)),
        ends="" if is_whole_day or ends in (None, starts) else end_hours(min(ends, end)),
        state="" if is_whole_day else state,
        order=max(starts, start),
    )


# --- widgets ------------------------------------------------------------------------------------


def card_of(slot: Slot, place: Place, request: HttpRequest, **context) -> Card:
    """Return the card of a widget: drawn, or with the address a remote one is loaded from after the page."""
    plugin, widget = slot.plugin, slot.widget
    more = guarded(plugin, "Link", lambda: address(widget.more), "") if widget.more else ""
    if widget.remote or was_slow(plugin, widget):
        return Card(slot=slot, body=None, url=widget_url(slot, place.unit), more=more)
    return Card(slot=slot, body=body_of(plugin, widget, place, request, **context), more=more)


def body_of(plugin: Plugin, widget, place: Place, request: HttpRequest, **context) -> SafeString | str:
    """Return the widget's content, "" when it is broken (a line in the log then says why)."""

    def draw():
        return render_to_string(widget.template, {**widget.context(place), **context}, request)

    began = time_now()
    body = guarded(plugin, f"Widget {widget.slug}", draw, "")
    if (seconds := time_now() - began) > SLOW_SECONDS and not was_slow(plugin, widget):
        slow_until[plugin.slug, widget.slug] = time_now() + SLOW_FOR
        text = "Widget %s of %s took %.1f s; for ten minutes it comes after the page."
        log.warning(text, widget.slug, plugin.slug, seconds)
    return body


def was_slow(plugin: Plugin, widget: Widget) -> bool:
    """Say whether the widget has lately kept a page waiting."""
    return time_now() < slow_until.get((plugin.slug, widget.slug), 0)


def stylesheets_of(slots: list[Slot]) -> list[str]:
    """Return the addresses of the stylesheets that the widgets need, each once."""
    sheets = {slot.widget.css: slot.plugin for slot in slots if slot.widget.css}
    found = (guarded(plugin, "Stylesheet", partial(static, css), "") for css, plugin in sheets.items())
    return [address for address in found if address]


def widget_url(slot: Slot, unit: Unit | None) -> str:
    url = address("widget", slot.plugin.slug, slot.widget.slug)
    return f"{url}?unit={unit.pk}" if unit else url
