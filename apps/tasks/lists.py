"""The list of tasks: which, how many, and what their rows show."""

from datetime import date
from functools import lru_cache

from django.core.paginator import Page, Paginator
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.tasks.models import GROUPS, Reach, Task, reach_of
from sso.api import User, prepared

VIEWS = {
    "mine": pgettext_lazy("tasks", "Mine"),
    "unit": pgettext_lazy("tasks", "Of the unit"),
    "given": pgettext_lazy("tasks", "Given by me"),
    "followed": pgettext_lazy("tasks", "Followed"),
    "others": pgettext_lazy("tasks", "On behalf of others"),
}
PER_PAGE = 50


def tasks_of(view: str, who: User | Reach):
    """Return the tasks of a view. All but those of the units are visible by what they are asked for."""
    return {
        "mine": Task.objects.for_person,
        "unit": Task.objects.visible_to(who).of_units,
        "given": Task.objects.given_by,
        "followed": Task.objects.followed_by,
        "others": Task.objects.on_behalf_of_others,
    }[view](who)


def in_order(tasks, group: str):
    """Return ``tasks`` with what a row shows: those that are closed by their end, others by their deadline."""
    rows = tasks.with_people()
    return rows.order_by("-finished", "-pk") if group == "done" else rows.soonest_first()


def page_of(view: str, group: str, user: User, number: str | None, query: str = "") -> tuple[Page, dict]:
    """Return a page of tasks, and how many each group has. Two queries, composed anew only for a search."""
    today, reach = timezone.localdate(), reach_of(user)
    found = tasks_of(view, reach).matching(query) if query else None
    rows = list(found.counted_groups(today)) if query else _counts(view)(today, *reach.values)
    counts = dict(zip(GROUPS, rows[0], strict=True)) if rows else dict.fromkeys(GROUPS, 0)
    page = Paginator(range(counts[group]), PER_PAGE).get_page(number)
    first = (page.number - 1) * PER_PAGE
    if query:
        page.object_list = list(in_order(found.in_group(group, today), group)[first : first + PER_PAGE])
    else:
        page.object_list = _rows(view, group, first)(today, *reach.values)
    return page, counts


@lru_cache(maxsize=50)
def _counts(view: str):
    @prepared
    def counts(today: date, *values):
        return tasks_of(view, Reach(*values)).counted_groups(today)

    return counts


@lru_cache(maxsize=200)
def _rows(view: str, group: str, first: int):
    @prepared
    def rows(today: date, *values):
        tasks = tasks_of(view, Reach(*values)).in_group(group, today)
        return in_order(tasks, group)[first : first + PER_PAGE]

    return rows


# --- rows ---------------------------------------------------------------------------------------

TONES = {Task.Priority.HIGH: "due", Task.Priority.URGENT: "late"}


def rows_of(tasks: list[Task], user: User) -> list[dict]:
    """Return what the rows of ``tasks`` show to ``user``. Texts only: a page draws many of them."""
    home = reverse("tasks:list")
    return [_row(task, user, f"{home}{task.pk}/") for task in tasks]


def _row(task: Task, user: User, url: str) -> dict:
    return {
        "key": str(task.pk),
        "url": url,
        "title": task.title,
        "about": _about(task, user),
        "bucket": task.bucket_label,
        "css": _css(task),
        "icon": _icon(task),
        "priority": "" if task.is_closed else task.priority and Task.Priority(task.priority).label,
        "priority_tone": TONES.get(task.priority, ""),
        "status": _status(task),
        "status_tone": _status_tone(task),
        "due": None if task.is_closed or task.state == Task.State.REPORTED else task.due,
        "is_tickable": task.is_tickable and task.assignee_id == user.pk,
    }


def _about(task: Task, user: User) -> str:
    """Return who stands on the other side, how far the work is, and the source document."""
    told = [_people(task, user)]
    if task.progress and not task.is_closed:
        told.append(f"{task.progress}\N{NO-BREAK SPACE}%")
    if task.document:
        told.append(truncatechars(task.document, 60))
    return " · ".join(filter(None, told))


def _people(task: Task, user: User) -> str:
    if task.is_own:
        return _("Own to-do")
    words = "" if task.creator_id == user.pk else str(task.creator)
    if task.assignee_id != user.pk:
        lead = [task.unit if task.is_for_unit else None, task.assignee]
        words += f" → {', '.join(str(one) for one in lead if one)}"
    return words.strip()


def _css(task: Task) -> str:
    if task.is_closed:
        return "is-done"
    return "is-late" if task.is_late else "is-today" if task.is_today else ""


def _icon(task: Task) -> str:
    if task.is_for_unit and not task.assignee_id:
        return "building"
    return "list-check" if task.is_own else "checkbox"


def _status(task: Task) -> str:
    """Return the words of a state that is worth telling in a list."""
    if task.is_closed and task.classification:
        return task.classification
    if task.is_closed or task.state in (Task.State.REPORTED, Task.State.PAUSED):
        return Task.State(task.state).label
    return ""


def _status_tone(task: Task) -> str:
    if task.state == Task.State.DONE:
        return "is-due" if task.is_late else "is-ok"
    return "is-brand" if task.state == Task.State.REPORTED else ""
