"""A document goes from hand to hand: given, handed on, finished, returned, taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.documents import search
from apps.documents.models import Assignment, Document, HistoryEntry
from apps.documents.permissions import (
    can_finish,
    can_give_to,
    can_hand_on,
    can_route,
    can_withdraw,
    stand_in,
)
from apps.documents.services.history import other, record
from intranet.api import notify
from sso.api import Post, Role, Unit, User, require

Act, AssignmentRole, AssignmentState = HistoryEntry.Act, Assignment.Role, Assignment.State


@dataclass(frozen=True)
class Target:
    """Somebody to give a document to, and as what."""

    to: User | Unit
    role: str

    @property
    def fields(self) -> dict:
        return {"person" if isinstance(self.to, User) else "unit": self.to, "role": self.role}


@transaction.atomic
def route_document(
    document: Document,
    targets: Iterable[Target],
    *,
    by: User,
    parent: Assignment | None = None,
    instruction: str = "",
    due_on: date | None = None,
) -> list[Assignment]:
    """Give ``document`` to ``targets``, from the register or, with ``parent``, on from an assignment.

    Raises ValidationError when there are two leads or somebody has it already, PermissionDenied when ``by``
    may not give it, or not to one of ``targets``.
    """
    document = _locked(document)
    targets = list(targets)
    if parent:
        parent = _fresh(parent)
        acting_as = stand_in(by, can_hand_on, parent)
    else:
        acting_as = stand_in(by, can_route, document)
    if not targets:
        raise ValidationError(_("Choose at least one person or unit."))
    for target in targets:
        require(can_give_to(acting_as, target.to))
    _check_targets(document, targets, parent, acting_as)
    given = [
        Assignment.objects.create(
            document=document,
            parent=parent,
            instruction=instruction,
            due_on=None if target.role == AssignmentRole.INFORMATION else due_on,
            given_by=by,
            given_for=other(acting_as, by),
            **target.fields,
        )
        for target in targets
    ]
    act = Act.ROUTED
    if parent:
        act = Act.HANDED_ON
        if not parent.is_for_information:
            parent.state = AssignmentState.HANDED_ON
            parent.save(update_fields=["state"])
    names = "; ".join(str(assignment) for assignment in given)
    record(document, act, by=by, acting_as=acting_as, text=f"{names}\n{instruction}".strip())
    _settle(document)
    for assignment in given:
        _tell("documents.assigned", desk_of(assignment), document, by=by, text=instruction)
    return given


def _check_targets(document, targets, parent, acting_as) -> None:
    if parent and parent.is_for_information and any(t.role != AssignmentRole.INFORMATION for t in targets):
        raise ValidationError(_("What you got for information goes on for information only."))
    siblings = [
        each
        for each in document.assignments.filter(parent=parent).select_related("person", "unit")
        if each.state not in (AssignmentState.RETURNED, AssignmentState.WITHDRAWN)
    ]
    leads = [target for target in targets if target.role == AssignmentRole.LEAD]
    if len(leads) > 1 or (leads and any(each.role == AssignmentRole.LEAD for each in siblings)):
        raise ValidationError(_("Only one person or unit can lead; the others cooperate or are informed."))
    there = [each.target for each in siblings]
    for target in targets:
        if target.to in there:
            raise ValidationError(_("%(target)s has the document already.") % {"target": target.to})
        if parent and target.to in (acting_as, parent.target):
            raise ValidationError(
                _("The document is with %(target)s already; give it to others.") % {"target": target.to}
            )


@transaction.atomic
def finish_assignment(
    assignment: Assignment, *, by: User, report: str = "", reply_number: str = ""
) -> Assignment:
    """Report an assignment done, or take note of one for information. One that is finished stays as it is.

    With the last lead done, the steps it was handed on from are done too, and in the end the document.
    """
    document = _locked(assignment.document)
    assignment = _fresh(assignment)
    if assignment.state == AssignmentState.DONE:
        return assignment
    acting_as = stand_in(by, can_finish, assignment)
    _end(assignment, AssignmentState.DONE, by=by, acting_as=acting_as, report=report)
    if reply_number and not assignment.is_for_information:
        document.reply_number = reply_number
        document.save(update_fields=["reply_number"])
    act = Act.READ if assignment.is_for_information else Act.DONE
    record(document, act, by=by, acting_as=acting_as, text=f"{reply_number}\n{report}".strip())
    givers = {assignment.giver}
    step = assignment
    while step.role == AssignmentRole.LEAD and step.parent_id:
        step = step.parent
        if step.state == AssignmentState.HANDED_ON:
            _end(step, AssignmentState.DONE, by=by, acting_as=acting_as, report=report)
            givers.add(step.giver)
    _settle(document)
    if not assignment.is_for_information:
        _tell("documents.done", givers, document, by=by, text=report)
    return assignment


@transaction.atomic
def return_assignment(assignment: Assignment, *, by: User, reason: str) -> Assignment:
    """Give a document back to who gave it, because it belongs elsewhere.

    Raises ValidationError without a reason.
    """
    if not reason.strip():
        raise ValidationError(_("Say why it does not belong here, so that it finds the right place."))
    document = _locked(assignment.document)
    assignment = _fresh(assignment)
    acting_as = stand_in(by, can_finish, assignment)
    _end(assignment, AssignmentState.RETURNED, by=by, acting_as=acting_as, report=reason)
    if assignment.parent_id:
        _reopen(assignment.parent)
    record(document, Act.RETURNED, by=by, acting_as=acting_as, text=reason)
    _settle(document)
    people = {assignment.giver}
    if not assignment.parent_id:
        people |= set(clerks_of(document.register.unit))
    _tell("documents.returned", people, document, by=by, text=reason)
    return assignment


@transaction.atomic
def withdraw_assignment(assignment: Assignment, *, by: User) -> Assignment:
    """Take a document back, from those too it was handed on to. They do not see it any more."""
    document = _locked(assignment.document)
    assignment = _fresh(assignment)
    acting_as = stand_in(by, can_withdraw, assignment)
    lost = _with_children(assignment)
    for each in lost:
        _end(each, AssignmentState.WITHDRAWN, by=by, acting_as=acting_as)
    if assignment.parent_id:
        _reopen(assignment.parent)
    record(document, Act.WITHDRAWN, by=by, acting_as=acting_as, text=str(assignment))
    _settle(document)
    people = {person for each in lost for person in desk_of(each)}
    _tell("documents.withdrawn", people, document, by=by, with_url=False)
    return assignment


def _locked(document: Document) -> Document:
    """Return the document as it is now; who wants to change it meanwhile waits."""
    locked = Document.objects.select_for_update(of=("self",))
    return locked.select_related("register__unit", "type").get(pk=document.pk)


def _fresh(assignment: Assignment) -> Assignment:
    rows = Assignment.objects.select_related(
        "document__register__unit", "person", "unit", "parent", "given_by", "given_for"
    )
    return rows.get(pk=assignment.pk)


def _end(assignment: Assignment, state: str, *, by: User, acting_as: User, report: str = "") -> None:
    assignment.state = state
    assignment.ended_by, assignment.ended_for = by, other(acting_as, by)
    assignment.ended_at = timezone.now()
    assignment.report = report
    assignment.save(update_fields=["state", "ended_by", "ended_for", "ended_at", "report"])


def _reopen(parent: Assignment) -> None:
    """Let ``parent`` wait again when nobody it was handed on to has it any more."""
    held = parent.children.exclude(state__in=[AssignmentState.RETURNED, AssignmentState.WITHDRAWN])
    if parent.state == AssignmentState.HANDED_ON and not held.exists():
        parent.state = AssignmentState.WAITING
        parent.save(update_fields=["state"])


def _with_children(assignment: Assignment) -> list[Assignment]:
    """Return ``assignment`` and all that was handed on from it and is not finished."""
    found = [assignment]
    for child in assignment.children.select_related("person", "unit"):
        if child.state in (AssignmentState.WAITING, AssignmentState.HANDED_ON):
            found += _with_children(child)
    return found


def _settle(document: Document) -> None:
    """Work out the state of ``document`` from its first steps and bring the index up to date."""
    document.state = state_of([each for each in document.assignments.all() if each.parent_id is None])
    document.save(update_fields=["state"])
    search.index(document)


def state_of(steps: list[Assignment]) -> str:
    """Return the state of a document whose assignments from the register are ``steps``."""
    steps = [step for step in steps if step.state != AssignmentState.WITHDRAWN]
    standing = [step for step in steps if step.state != AssignmentState.RETURNED]
    lead = next((step for step in standing if step.role == AssignmentRole.LEAD), None)
    if lead:
        return Document.State.DONE if lead.state == AssignmentState.DONE else Document.State.ROUTED
    if any(step.state == AssignmentState.RETURNED and not step.is_for_information for step in steps):
        return Document.State.RETURNED
    if any(
        step.role == AssignmentRole.COOPERATING and step.state != AssignmentState.DONE for step in standing
    ):
        return Document.State.ROUTED
    return Document.State.INFORMED if standing else Document.State.REGISTERED


def clerks_of(unit: Unit) -> list[User]:
    return list(User.objects.active().filter(roles__name=Role.CLERK, roles__unit=unit).distinct())


def desk_of(assignment: Assignment) -> list[User]:
    """Return the people who are told: the person, or the clerks and the head of the unit."""
    if assignment.person:
        return [assignment.person]
    unit = assignment.unit
    heads = Post.objects.current().filter(unit=unit, level=Post.Level.HEAD).values("user")
    clerks = Role.objects.filter(unit=unit, name=Role.CLERK).values("user")
    return list(User.objects.active().filter(Q(pk__in=heads) | Q(pk__in=clerks)))


def _tell(
    kind: str, people: Iterable[User], document: Document, *, by: User, text: str = "", with_url=True
) -> None:
    """Send a notice after the commit to all of ``people`` but ``by``."""
    others = [person for person in people if person.pk != by.pk]
    if others:
        url = document.get_absolute_url() if with_url else ""
        send = partial(
            notify,
            kind,
            to=others,
            title=f"{document.title_line}: {document.subject}"[:500],
            url=url,
            text=text,
        )
        transaction.on_commit(send)
