"""Who may do what with a task.

Each predicate is about one person; whoever acts for that person (a delegation) may do the same in the
person's name. In short: the giver decides, the assignee works, the unit's leaders work and hand on what
was given to their unit, everybody who sees a task may speak.
"""

from django.db.models import Q

from apps.tasks.models import Task
from sso.api import Post, Role, Unit, User, acting_for

State = Task.State


def can_assign(person: User, lead: User | Unit) -> bool:
    """Anybody gives to-dos to themselves; leaders to the people of their unit and to the units below it.

    The leadership of the ministry leads everything, so it may assign to every person and unit.
    """
    if lead == person:
        return True
    candidates = assignable_units(person) if isinstance(lead, Unit) else assignable_people(person)
    return candidates.filter(pk=lead.pk).exists()


def can_hand_on(person: User, task: Task) -> bool:
    """The leaders of the unit that the task was given to and of those above but the ministry; unit admins."""
    if not task.is_for_unit:
        return False
    led = (post.unit for post in leading_posts(person) if post.unit.parent_id)
    return any(map(task.unit.is_within, led)) or person.has_role(Role.UNIT_ADMIN, task.unit)


def can_accept(person: User, task: Task) -> bool:
    """The assignee, and the leaders of the unit that the task was given to."""
    return task.assignee_id == person.pk or (task.is_for_unit and heads(person, task.unit_id))


can_report = can_complete = can_ask_extension = can_accept


def can_confirm(person: User, task: Task) -> bool:
    """Only the giver decides what becomes of a task; once they have left, whoever could give it."""
    if task.creator.is_active:
        return task.creator_id == person.pk
    lead = task.lead if task.is_for_unit or task.assignee.is_active else task.unit
    return lead not in (None, person) and can_assign(person, lead)


can_return = can_withdraw = can_pause = can_resume = can_edit = can_confirm
can_change_deadline = can_decide_extension = can_confirm


def can_comment(person: User, task: Task) -> bool:
    """Everybody who sees the task."""
    return Task.objects.visible_to(person).filter(pk=task.pk).exists()


can_follow = can_comment

# Each act with its predicate and the states in which it has a meaning.
OPEN = {State.NOT_STARTED, State.IN_PROGRESS}
UNFINISHED = OPEN | {State.REPORTED, State.PAUSED}
RULES = {
    "hand_on": (can_hand_on, OPEN),
    "accept": (can_accept, {State.NOT_STARTED}),
    "report": (can_report, OPEN),
    "complete": (can_complete, OPEN),
    "ask_extension": (can_ask_extension, OPEN),
    "confirm": (can_confirm, {State.REPORTED}),
    "return": (can_return, {State.REPORTED}),
    "decide_extension": (can_decide_extension, OPEN | {State.PAUSED}),
    "change_deadline": (can_change_deadline, UNFINISHED - {State.REPORTED}),
    "edit": (can_edit, UNFINISHED),
    "pause": (can_pause, OPEN),
    "resume": (can_resume, {State.PAUSED}),
    "withdraw": (can_withdraw, UNFINISHED),
    "comment": (can_comment, set(State)),
    "follow": (can_follow, set(State)),
}


def principal(user: User, act: str, task: Task) -> User | None:
    """Return the person in whose name ``user`` may do ``act``, first the user's own; None when nobody's."""
    allowed, _states = RULES[act]
    return next((person for person in acting_for(user, "tasks") if allowed(person, task)), None)


def acts(user: User, task: Task) -> set[str]:
    """Return the acts that ``user`` may do on ``task`` now, for one who sees it."""
    possible = {act for act, (_allowed, states) in RULES.items() if task.state in states}
    free = possible & {"comment", "follow"}
    return free | {act for act in possible - free if principal(user, act, task)}


def assignable_units(person: User):
    """The units below those that ``person`` leads."""
    below = Q(pk__in=())
    for post in leading_posts(person):
        below |= Q(path__startswith=post.unit.path) & ~Q(pk=post.unit_id)
    return Unit.objects.current().filter(below)


def assignable_people(person: User):
    """``person``, and the people of the units that ``person`` leads; a deputy gives nothing to the head."""
    within = Q(pk__in=())
    for post in leading_posts(person):
        above = Q(unit=post.unit_id, level=Post.Level.HEAD) if post.level == Post.Level.DEPUTY else Q(pk=None)
        within |= Q(unit__path__startswith=post.unit.path) & ~above
    posts = Post.objects.current().filter(within)
    return User.objects.active().filter(Q(pk__in=posts.values("user")) | Q(pk=person.pk))


def people_to_hand_on_to(unit: Unit):
    """The people of ``unit`` and of the units below it."""
    return User.objects.active().of_unit(unit)


def leading_posts(person: User) -> list[Post]:
    return [post for post in person.current_posts if post.level != Post.Level.MEMBER]


def heads(person: User, unit_id: int) -> bool:
    """Say whether ``person`` is head or deputy of just this unit."""
    return any(post.unit_id == unit_id for post in leading_posts(person))
