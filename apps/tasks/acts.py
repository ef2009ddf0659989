"""What one may do on the page of a task: each act with its word, its form and its service."""

from collections.abc import Callable
from dataclasses import dataclass

from django.forms import BaseForm
from django.utils.translation import pgettext_lazy

from apps.tasks import forms, services
from apps.tasks.models import Task
from intranet.api import Label


@dataclass(frozen=True)
class Act:
    """``is_next`` marks what the task waits for: its form is open, its button filled."""

    label: Label
    form: type[BaseForm]
    service: Callable
    is_next: bool = False
    icon: str = ""


ACTS = {
    "decide_extension": Act(
        pgettext_lazy("act", "Decide the extension"),
        forms.DecideExtensionForm,
        services.decide_extension,
        is_next=True,
        icon="calendar-due",
    ),
    "confirm": Act(
        pgettext_lazy("act", "Confirm completion"),
        forms.NoteForm,
        services.confirm_task,
        is_next=True,
        icon="checks",
    ),
    "hand_on": Act(pgettext_lazy("act", "Hand on"), forms.HandOnForm, services.hand_on, icon="user-share"),
    "accept": Act(
        pgettext_lazy("act", "Accept"), forms.NoteForm, services.accept_task, is_next=True, icon="user-check"
    ),
    "complete": Act(
        pgettext_lazy("act", "Report as completed"),
        forms.CompleteForm,
        services.complete_task,
        is_next=True,
        icon="check",
    ),
    "report": Act(
        pgettext_lazy("act", "Report progress"), forms.ReportForm, services.report_task, icon="progress"
    ),
    "ask_extension": Act(
        pgettext_lazy("act", "Ask for an extension"),
        forms.AskExtensionForm,
        services.ask_extension,
        icon="hourglass",
    ),
    "return": Act(
        pgettext_lazy("act", "Return"), forms.ReasonForm, services.return_task, icon="arrow-back-up"
    ),
    "change_deadline": Act(
        pgettext_lazy("act", "Change the deadline"),
        forms.DeadlineForm,
        services.change_deadline,
        icon="calendar-time",
    ),
    "pause": Act(pgettext_lazy("act", "Pause"), forms.ReasonForm, services.pause_task, icon="player-pause"),
    "resume": Act(
        pgettext_lazy("act", "Resume"), forms.NoteForm, services.resume_task, is_next=True, icon="player-play"
    ),
    "withdraw": Act(
        pgettext_lazy("act", "Withdraw"), forms.ReasonForm, services.withdraw_task, icon="circle-x"
    ),
    "comment": Act(pgettext_lazy("act", "Send"), forms.CommentForm, services.comment_task, icon="send"),
}


def form_for(act: str, task: Task, data=None, files=None) -> BaseForm:
    """Return the form of ``act``, filled with what is likely, its ids told apart by the act's name."""
    options = {"auto_id": f"{act}_%s", "initial": initial(act, task)}
    if act == "hand_on":
        options["task"] = task
    return ACTS[act].form(data, files, **options)


def initial(act: str, task: Task) -> dict:
    if act == "report":
        return {"progress": task.progress}
    if act == "change_deadline":
        return {"due": task.due}
    if act == "decide_extension":
        extension = task.extensions.undecided().first()
        return {"due": extension.due_asked if extension else None, "decision": "grant"}
    return {}
