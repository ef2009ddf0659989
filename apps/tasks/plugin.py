"""What the app offers the shell."""

from datetime import datetime, time, timedelta
from email import message_from_bytes, policy
from html import unescape

from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.tasks import services
from apps.tasks.models import Task, led_by, reach_of
from intranet.api import Duty, Hit, Named, Plugin, Receiver, Timer, Widget, kept, peek
from sso.api import prepared

MOST = 100
NEEDING = "tasks.needing"
ROWS = 6


def needing(user):
    """What waits for the person, the soonest first, asked once for a page; no badge counts beyond a hundred."""
    return kept(user, NEEDING, lambda: _needing(user.pk, tuple(led_by(user))))


@prepared
def _needing(person, led):
    return Task.objects.needing_person(person, led).with_people()[:MOST]


def badge(user):
    rows = peek(user, NEEDING)
    return len(_needing(user.pk, tuple(led_by(user))) if rows is None else rows)


def my_tasks(place):
    """The next of the person's open tasks."""
    return {"tasks": list(Task.objects.open_for(place.user).with_people()[:ROWS])}


def unit_tasks(place):
    """The four-way count of the unit's tasks, for those who belong to it or oversee it."""
    unit, reach = place.unit, reach_of(place.user)
    belongs = unit.pk in reach.units or unit.path.startswith(reach.overseen)
    return {"unit": unit, "counts": Task.objects.below(unit).in_four_classes() if belongs else None}


def duties(user):
    for task in needing(user):
        yield duty(task, user)


def duty(task, user):
    title, is_reported = task.title, task.state == Task.State.REPORTED
    if is_reported:
        title = _("Confirm: %(task)s") % {"task": title}
    elif task.creator_id == user.pk and not task.is_own:
        title = _("Decide the extension: %(task)s") % {"task": title}
    url = task.get_absolute_url()
    ticked = {"act_url": f"{url}complete/", "act_label": pgettext_lazy("act", "Done")}
    return Duty(
        title=title,
        url=url,
        source=source(task, user),
        due=None if is_reported else task.due,
        waits_since=task.finished if is_reported else None,
        **(ticked if task.is_tickable else {}),
    )


def source(task, user):
    """Return who stands on the other side of the task."""
    if task.is_own:
        return _("Own to-do")
    return str(task.lead if task.creator_id == user.pk else task.creator)


def agenda(user, starts, ends):
    """The deadlines of the person's open tasks; each takes its whole day."""
    first, last = timezone.localdate(starts), timezone.localdate(ends - timedelta(microseconds=1))
    rows = peek(user, NEEDING)
    if rows is None:
        tasks = Task.objects.open_for(user).filter(due__range=(first, last)).only("title", "due")
    else:
        tasks = [task for task in rows if task.due and first <= task.due <= last and is_to_do(task, user)]
    for task in tasks:
        midnight = timezone.make_aware(datetime.combine(task.due, time.min))
        yield Hit(
            title=_("Due: %(task)s") % {"task": task.title},
            url=task.get_absolute_url(),
            starts=midnight,
            ends=midnight + timedelta(days=1),
        )


def is_to_do(task, user):
    """Say what ``open_for`` asks the database."""
    is_mine = task.assignee_id == user.pk or (task.assignee_id is None and task.unit_id in led_by(user))
    return is_mine and task.state in Task.TO_DO


def search(user, query, limit):
    """The tasks that hold every word; those that hold the words as written come first."""
    for task in Task.objects.visible_to(user).matching(query).exact_first(query).with_people()[:limit]:
        yield Hit(title=task.title, url=task.get_absolute_url(), excerpt=excerpt(task))


def excerpt(task):
    words = [str(task.lead), task.get_state_display()]
    if task.due:
        words.append(_("due %(day)s") % {"day": task.due.strftime("%d/%m/%Y")})
    return " · ".join(words)


def receive(user, title, content, content_type):
    """Make a to-do of the user out of a mail or a text; return its URL."""
    text = content.decode("utf-8", "replace")
    if content_type == "message/rfc822":
        message = message_from_bytes(content, policy=policy.default)
        title = title or message["subject"] or ""
        text = f"{message['from'] or ''}\n\n{text_of(message)}".strip()
    title, text = storable(title), storable(text)
    title = " ".join(title.split()) or Truncator(text.strip()).chars(80) or _("Untitled task")
    task = services.assign_task(
        by=user, title=Truncator(title).chars(250), description=Truncator(text.strip()).chars(10_000)
    )
    return task.get_absolute_url()


def text_of(message):
    """Return the words of a mail: its plain part, else its HTML without the marks."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        words = body.get_content()
    except (LookupError, ValueError):  # in a character set that nobody knows
        words = body.get_payload(decode=True).decode("utf-8", "replace")
    return unescape(strip_tags(words)) if body.get_content_subtype() == "html" else words


def storable(text):
    """Return ``text`` without what no database takes: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


PLUGIN = Plugin(
    slug="tasks",
    name=gettext_lazy("Tasks"),
    icon="checkbox",
    home="tasks:list",
    urls="apps.tasks.urls",
    badge=badge,
    nav=(
        Named(name="tasks:list", label=gettext_lazy("Tasks")),
        Named(name="tasks:new", label=gettext_lazy("New task")),
    ),
    widgets=(
        Widget(
            slug="mine",
            title=gettext_lazy("My tasks"),
            template="tasks/_widget.html",
            css="tasks/tasks.css",
            context=my_tasks,
            is_default=False,  # the duties show them already
            more="tasks:list",
        ),
        Widget(
            slug="unit",
            title=gettext_lazy("Tasks of the unit"),
            template="tasks/_widget_unit.html",
            css="tasks/tasks.css",
            context=unit_tasks,
            places=("unit",),
        ),
    ),
    search=search,
    agenda=agenda,
    duties=duties,
    kinds=(
        Named(name="tasks.assigned", label=gettext_lazy("A task is given to me or my unit")),
        Named(name="tasks.cooperating", label=gettext_lazy("I am to cooperate in a task")),
        Named(name="tasks.accepted", label=gettext_lazy("A task I gave is accepted")),
        Named(name="tasks.reported", label=gettext_lazy("Progress of a task I gave")),
        Named(name="tasks.completed", label=gettext_lazy("A task I gave is reported as completed")),
        Named(name="tasks.confirmed", label=gettext_lazy("Completion of my task is confirmed")),
        Named(name="tasks.returned", label=gettext_lazy("My task is returned")),
        Named(name="tasks.paused", label=gettext_lazy("My task is paused")),
        Named(name="tasks.resumed", label=gettext_lazy("My task is resumed")),
        Named(name="tasks.withdrawn", label=gettext_lazy("My task is withdrawn")),
        Named(name="tasks.deadline", label=gettext_lazy("The deadline of my task is decided anew")),
        Named(name="tasks.due_soon", label=gettext_lazy("A task of mine is due soon")),
        Named(name="tasks.due_today", label=gettext_lazy("A task of mine is due today")),
        Named(name="tasks.extension_asked", label=gettext_lazy("An extension is asked of me")),
        Named(name="tasks.commented", label=gettext_lazy("Somebody writes below a task of mine")),
    ),
    receives=(
        Receiver(
            content_types=("message/rfc822", "text/plain"),
            label=gettext_lazy("Make a task"),
            receive=receive,
        ),
    ),
    timers=(Timer(command="remind_of_deadlines", every=timedelta(hours=1)),),
)
