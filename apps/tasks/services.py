"""What people do with tasks. Each act is checked, locked, logged and told to those it concerns."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from mimetypes import guess_type

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.tasks.models import Attachment, Entry, Extension, Participant, Task
from apps.tasks.permissions import RULES, can_assign, people_to_hand_on_to, principal
from intranet.api import is_working_day, notify
from sso.api import Post, Unit, User, acting_for, nfc, require

Act, State = Entry.Act, Task.State
Files = Iterable[File]


@transaction.atomic
def assign_task(
    *,
    by: User,
    title: str,
    lead: User | Unit | None = None,
    creator: User | None = None,
    cooperating: Iterable[User | Unit] = (),
    files: Files = (),
    due: date | None = None,
    parent: Task | None = None,
    **wording: str | int,
) -> Task:
    """Give a task to a person or unit, one's own to-do without ``lead``; ``creator`` is whom ``by`` acts for.

    ``wording``: description, source, document, product, priority.
    Raises PermissionDenied when the giver may not assign to ``lead``.
    """
    creator = creator or by
    lead = lead or creator
    require(creator in acting_for(by, "tasks") and can_assign(creator, lead))
    require(parent is None or Task.objects.visible_to(by).filter(pk=parent.pk).exists())
    words = in_nfc({"title": title, **wording})
    task = Task(creator=creator, due=due, original_due=due, parent=parent, **words)
    if isinstance(lead, Unit):
        task.unit, task.is_for_unit = lead, True
    else:
        task.assignee = lead
        task.unit = None if task.is_own else lead.unit
    if task.is_own:
        task.state, task.source = State.IN_PROGRESS, Task.Source.OWN
    task.derive_key()
    task.save()
    beside = [one for one in dict.fromkeys(cooperating) if one != lead]
    Participant.objects.bulk_create(
        Participant(task=task, **({"unit": one} if isinstance(one, Unit) else {"user": one}))
        for one in beside
    )
    log(task, Act.ASSIGN, by, creator, files=files)
    tell("tasks.assigned", task, by, doers(task))
    tell("tasks.cooperating", task, by, people_of(beside))
    return task


@transaction.atomic
def edit_task(task: Task, *, by: User, **wording: str | int) -> Task:
    """Change the words of ``task``: title, description, source, document, product, priority."""
    task, person = begin(task, "edit", by)
    for name, value in in_nfc(wording).items():
        setattr(task, name, value)
    task.derive_key()
    task.save(update_fields=[*wording, "search_key"])
    log(task, Act.EDIT, by, person)
    return task


@transaction.atomic
def hand_on(task: Task, *, by: User, to: User, text: str = "") -> Task:
    """Make ``to``, one of the unit that the task was given to, the person who carries it out."""
    task, person = begin(task, "hand_on", by)
    if not people_to_hand_on_to(task.unit).filter(pk=to.pk).exists():
        raise ValidationError({"to": _("This person does not belong to the unit of the task.")})
    task.assignee, task.state = to, State.NOT_STARTED
    task.save(update_fields=["assignee", "state"])
    log(task, Act.HAND_ON, by, person, text, handed_to=to)
    tell("tasks.assigned", task, by, [to], text)
    return task


@transaction.atomic
def accept_task(task: Task, *, by: User, text: str = "") -> Task:
    """Take ``task`` on. One that is being worked on stays as it is."""
    task, person = begin(task, "accept", by, State.IN_PROGRESS)
    if person:
        task.state = State.IN_PROGRESS
        task.save(update_fields=["state"])
        log(task, Act.ACCEPT, by, person, text)
        tell("tasks.accepted", task, by, deciders(task))
    return task


@transaction.atomic
def report_task(task: Task, *, by: User, progress: int, text: str = "", files: Files = ()) -> Task:
    """Report how far the work is, in percent; a task that nobody has accepted is accepted by it."""
    task, person = begin(task, "report", by)
    task.progress, task.state = progress, State.IN_PROGRESS
    task.save(update_fields=["progress", "state"])
    log(task, Act.REPORT, by, person, text, files, progress=progress)
    tell("tasks.reported", task, by, deciders(task), text)
    return task


@transaction.atomic
def complete_task(task: Task, *, by: User, text: str = "", files: Files = ()) -> Task:
    """Report ``task`` as completed today; one's own to-do is done by it. A completed task stays as it is."""
    task, person = begin(task, "complete", by, State.REPORTED, State.DONE)
    if not person:
        return task
    task.progress, task.finished, task.state = 100, timezone.localdate(), State.REPORTED
    if task.is_own:
        task.state, task.completed_at = State.DONE, timezone.now()
    task.save(update_fields=["progress", "finished", "state", "completed_at"])
    close_extension(task, by)
    log(task, Act.COMPLETE, by, person, text, files, progress=100)
    tell("tasks.completed", task, by, deciders(task), text)
    return task


@transaction.atomic
def confirm_task(task: Task, *, by: User, text: str = "") -> Task:
    """Confirm that ``task`` is completed. A done task stays as it is."""
    task, person = begin(task, "confirm", by, State.DONE)
    if person:
        task.state, task.completed_at = State.DONE, timezone.now()
        task.save(update_fields=["state", "completed_at"])
        log(task, Act.CONFIRM, by, person, text)
        tell("tasks.confirmed", task, by, doers(task), text)
    return task


@transaction.atomic
def return_task(task: Task, *, by: User, text: str) -> Task:
    """Give ``task`` back as not completed; ``text`` says why. Its deadline counts as it did before."""
    task, person = begin(task, "return", by)
    task.state, task.finished = State.IN_PROGRESS, None
    task.save(update_fields=["state", "finished"])
    log(task, Act.RETURN, by, person, text)
    tell("tasks.returned", task, by, doers(task), text)
    return task


@transaction.atomic
def pause_task(task: Task, *, by: User, text: str) -> Task:
    task, person = begin(task, "pause", by, State.PAUSED)
    if person:
        task.state = State.PAUSED
        task.save(update_fields=["state"])
        log(task, Act.PAUSE, by, person, text)
        tell("tasks.paused", task, by, doers(task), text)
    return task


@transaction.atomic
def resume_task(task: Task, *, by: User, text: str = "") -> Task:
    task, person = begin(task, "resume", by, State.IN_PROGRESS)
    if person:
        task.state = State.IN_PROGRESS
        task.save(update_fields=["state"])
        log(task, Act.RESUME, by, person, text)
        tell("tasks.resumed", task, by, doers(task), text)
    return task


@transaction.atomic
def withdraw_task(task: Task, *, by: User, text: str) -> Task:
    """Take ``task`` back for good; ``text`` says why. A withdrawn task stays as it is."""
    task, person = begin(task, "withdraw", by, State.WITHDRAWN)
    if person:
        task.state = State.WITHDRAWN
        task.save(update_fields=["state"])
        close_extension(task, by)
        log(task, Act.WITHDRAW, by, person, text)
        tell("tasks.withdrawn", task, by, doers(task), text)
    return task


@transaction.atomic
def change_deadline(task: Task, *, by: User, due: date | None, text: str = "") -> Task:
    """Set another deadline, or none. The original one stays in the row, each change in the log."""
    task, person = begin(task, "change_deadline", by)
    before, task.due = task.due, due
    task.save(update_fields=["due"])
    close_extension(task, by)
    log(task, Act.DEADLINE, by, person, text, due_before=before, due_after=due)
    tell("tasks.deadline", task, by, doers(task), text)
    return task


@transaction.atomic
def ask_extension(task: Task, *, by: User, due: date, text: str) -> Extension:
    """Ask the giver for a later deadline before the present one, which counts until decided, has passed."""
    task, person = begin(task, "ask_extension", by)
    if task.due is None:
        raise ValidationError(_("This task has no deadline."))
    if task.is_late:
        raise ValidationError(_("The deadline has passed; an extension must be asked for before."))
    if due <= task.due:
        raise ValidationError({"due": _("Choose a day after the present deadline.")})
    if task.extensions.undecided().exists():
        raise ValidationError(_("An extension has already been asked for and waits for a decision."))
    extension = Extension.objects.create(
        task=task, asked_by=person, reason=text, due_before=task.due, due_asked=due
    )
    log(task, Act.ASK, by, person, text, due_before=task.due, due_after=due)
    tell("tasks.extension_asked", task, by, deciders(task), text)
    return extension


@transaction.atomic
def decide_extension(task: Task, *, by: User, due: date | None, text: str = "") -> Task:
    """Decide the open request: ``due`` is the new deadline, the one asked for or another; None refuses."""
    task, person = begin(task, "decide_extension", by)
    extension = task.extensions.undecided().first()
    if extension is None:
        raise ValidationError(_("No extension waits for a decision."))
    if due and due <= extension.due_before:
        raise ValidationError({"due": _("Choose a day after the present deadline.")})
    extension.decided_by, extension.decided_at, extension.due_granted = person, timezone.now(), due
    extension.save(update_fields=["decided_by", "decided_at", "due_granted"])
    if due:
        task.due = due
        task.save(update_fields=["due"])
    act = Act.GRANT if due else Act.REFUSE
    log(task, act, by, person, text, due_before=extension.due_before, due_after=due)
    tell("tasks.deadline", task, by, [*doers(task), extension.asked_by], text)
    return task


@transaction.atomic
def comment_task(task: Task, *, by: User, text: str, files: Files = ()) -> Task:
    """Write below the task; giver, doers and participants are told."""
    task, person = begin(task, "comment", by)
    log(task, Act.COMMENT, by, person, text, files)
    beside = task.participants.filter(user__isnull=False).select_related("user")
    tell("tasks.commented", task, by, [*deciders(task), *doers(task), *(one.user for one in beside)], text)
    return task


def follow_task(task: Task, *, by: User) -> Task:
    """Put ``task`` on the user's list of followed ones; it may be there already."""
    require(principal(by, "follow", task) is not None)
    Participant.objects.get_or_create(task=task, user=by, unit=None, part=Participant.Part.FOLLOWS)
    return task


def unfollow_task(task: Task, *, by: User) -> Task:
    task.participants.filter(user=by, part=Participant.Part.FOLLOWS).delete()
    return task


def remind_of_deadlines() -> int:
    """Tell the doers of each open task the last working day before it is due and on the day; return of how many.

    Nobody is told at a weekend or on a holiday: they have been told before it.
    """
    today = timezone.localdate()
    if not is_working_day(today):
        return 0
    waiting = Task.objects.to_remind_of(today).select_related("assignee", "unit")
    return sum(_remind(task, today) for task in waiting.order_by("due", "pk"))


@transaction.atomic
def _remind(task: Task, today: date) -> bool:
    """Say whether the reminder was ours to send: another process may have been quicker."""
    if not Task.objects.to_remind_of(today).filter(pk=task.pk).update(reminded_on=today):
        return False
    kind = "tasks.due_today" if task.due == today else "tasks.due_soon"
    tell(kind, task, None, doers(task), f"{task.due:%d/%m/%Y}")
    return True


# --- what every act has in common ------------------------------------------------------------------


def begin(task: Task, act: str, by: User, *already: str) -> tuple[Task, User | None]:
    """Lock the row of ``task``; return it fresh, with the person in whose name ``by`` does ``act``.

    The person is None when the task is in one of the states ``already``: then there is nothing to do.
    Raises PermissionDenied, or ValidationError when the task's state does not allow the act.
    """
    task = Task.objects.select_for_update().get(pk=task.pk)
    person = principal(by, act, task)
    require(person is not None)
    if task.state in already:
        return task, None
    _allowed, states = RULES[act]
    if task.state not in states:
        words = {"state": task.get_state_display()}
        raise ValidationError(_("This is not possible any more: the task is %(state)s.") % words)
    return task, person


def in_nfc(wording: dict[str, str | int]) -> dict[str, str | int]:
    """Return ``wording`` with its texts as everything is stored."""
    return {name: nfc(value) if isinstance(value, str) else value for name, value in wording.items()}


def log(task: Task, act: str, by: User, person: User, text: str = "", files: Files = (), **facts) -> Entry:
    """Write the log entry of an act of ``by`` in the name of ``person``, with its files."""
    entry = Entry.objects.create(
        task=task, act=act, actor=by, on_behalf_of=None if person == by else person, text=nfc(text), **facts
    )
    for file in files:
        kind = (
            guess_type(file.name)[0] or "application/octet-stream"
        )  # what a browser says of it proves nothing
        Attachment.objects.create(
            entry=entry, file=file, name=file.name[:255], content_type=kind, size_bytes=file.size
        )
    return entry


def tell(kind: str, task: Task, by: User | None, people: Iterable[User], text: str = "") -> None:
    """Send a notice to ``people`` but ``by``, once the act is committed."""
    others = [person for person in dict.fromkeys(people) if person != by]
    if others:
        url = task.get_absolute_url()
        transaction.on_commit(partial(notify, kind, to=others, title=task.title, url=url, text=text))


def close_extension(task: Task, by: User) -> None:
    """Refuse an open request whose question has been settled otherwise."""
    task.extensions.undecided().update(decided_by=by, decided_at=timezone.now())


def doers(task: Task) -> list[User]:
    """The assignee, else the leaders of the unit."""
    return [task.assignee] if task.assignee_id else leaders_of(task.unit)


def deciders(task: Task) -> list[User]:
    """The giver; once they have left, the leaders of the assignee's unit or of that above the unit it was given to."""
    if task.creator.is_active or task.unit is None:
        return [task.creator]
    unit = task.unit.parent or task.unit if task.is_for_unit else task.unit
    return [person for person in leaders_of(unit) if person.pk != task.assignee_id]


def people_of(leads: Iterable[User | Unit]) -> list[User]:
    """The people themselves, and the leaders of the units."""
    return [person for lead in leads for person in (leaders_of(lead) if isinstance(lead, Unit) else [lead])]


def leaders_of(unit: Unit) -> list[User]:
    return [post.user for post in Post.objects.leaders().filter(unit=unit).select_related("user")]
