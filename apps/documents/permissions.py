"""Who may do what. A predicate asks about one person; ``stand_in`` finds in whose name somebody may act.

A system admin looks after the system and reads no documents by it.
"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.documents.models import Assignment, Document, Register
from apps.documents.reach import APP, reach_of
from sso.api import Role, Unit, User, acting_for, is_clerk, is_leader


def stand_in(by: User, allowed: Callable[..., bool], *about) -> User:
    """Return the person in whose name ``by`` may do it: ``by``, or somebody who lets them act.

    Raises PermissionDenied when there is nobody.
    """
    for person in acting_for(by, APP):
        if allowed(person, *about):
            return person
    raise PermissionDenied


def may(by: User, allowed: Callable[..., bool], *about) -> bool:
    """Say whether ``stand_in`` would find somebody."""
    return any(allowed(person, *about) for person in acting_for(by, APP))


def can_keep(user: User, unit: Unit) -> bool:
    """Clerks open, fill and correct the registers of their unit."""
    return is_clerk(user, unit)


def can_open_register(user: User, register: Register) -> bool:
    return can_keep(user, register.unit)


def can_correct(user: User, document: Document) -> bool:
    return can_keep(user, document.register.unit)


def can_route(user: User, document: Document) -> bool:
    """An incoming document is routed by the clerk of its register and by the leaders of that unit."""
    unit = document.register.unit
    return document.register.is_incoming and (is_clerk(user, unit) or is_leader(user, unit))


def is_desk_of(user: User, unit: Unit) -> bool:
    """Clerks and leaders handle what is given to their unit."""
    return is_clerk(user, unit) or is_leader(user, unit)


def holds(user: User, assignment: Assignment) -> bool:
    if assignment.person_id:
        return assignment.person_id == user.pk
    return is_desk_of(user, assignment.unit)


def can_finish(user: User, assignment: Assignment) -> bool:
    """Who holds an assignment reports it done, takes note of it or returns it, while it waits for them."""
    return assignment.is_waiting and holds(user, assignment)


def can_hand_on(user: User, assignment: Assignment) -> bool:
    """Who holds an assignment hands it on; one for information goes on only to inform others."""
    return assignment.is_open and holds(user, assignment)


def can_withdraw(user: User, assignment: Assignment) -> bool:
    """Who gave an unfinished assignment takes it back; the first step, everybody who may route."""
    if not assignment.is_open:
        return False
    gave = user.pk in (assignment.given_by_id, assignment.given_for_id)
    return gave or (assignment.parent_id is None and can_route(user, assignment.document))


def can_give_to(user: User, target: User | Unit) -> bool:
    """Leaders and clerks give to everybody; other people only to colleagues of their own unit."""
    if any(post.level != post.Level.MEMBER for post in user.current_posts) or user.has_role(Role.CLERK):
        return True
    if isinstance(target, Unit):
        return False
    return bool(
        {post.unit.top_id for post in user.current_posts} & {p.unit.top_id for p in target.current_posts}
    )


def reasons(user: User, document: Document) -> list[str]:
    """Return why ``user`` may see ``document``, in words, for people they act for too."""
    unit, found = document.register.unit, []
    for person in acting_for(user, APP):
        own = []
        if is_clerk(person, unit):
            own.append(_("clerk of %(unit)s, which keeps the register") % {"unit": unit})
        if is_leader(person, unit):
            own.append(_("leader over %(unit)s, which keeps the register") % {"unit": unit})
        for assignment in document.assignments.all():
            if assignment.state == Assignment.State.WITHDRAWN:
                continue
            if assignment.person_id == person.pk:
                own.append(
                    _("the document was given to you (%(role)s)") % {"role": assignment.get_role_display()}
                )
            elif assignment.unit and (
                is_desk_of(person, assignment.unit) or person.has_role(Role.UNIT_ADMIN, assignment.unit)
            ):
                own.append(_("it was given to %(unit)s, where you are in charge") % {"unit": assignment.unit})
        if person != user:
            own = [
                _("on behalf of %(person)s: %(reason)s") % {"person": person, "reason": why} for why in own
            ]
        found += own
    return list(dict.fromkeys(found))


def keeps_registers(user: User) -> bool:
    """Say whether ``user`` is a clerk anywhere, for themselves or for another."""
    return any(person.has_role(Role.CLERK) for person in reach_of(user).users)
