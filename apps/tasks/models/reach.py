"""Whose tasks a person sees: computed once for a request, used by every query."""

from dataclasses import astuple, dataclass

from sso.api import Post, Role, User, acting_for


@dataclass(frozen=True)
class Reach:
    """Keys and paths to filter by, in tuples of which SQL can be prepared (``sso.api.prepared``)."""

    person: int
    led: tuple[int, ...]  # the units in which the person is head or deputy
    people: tuple[int, ...]  # the person, and those for whom the person may act
    others: tuple[int, ...]  # only those
    units: tuple[int, ...]  # their units and those above, without the ministry itself
    overseen: tuple[str, ...]  # paths of units they lead or look after; all below belongs to them

    @property
    def values(self) -> tuple:
        """The fields in their order."""
        return astuple(self)


def reach_of(who: User | Reach) -> Reach:
    """Return what the person reaches today; kept on the instance, so that a page asks once."""
    if isinstance(who, Reach):
        return who
    kept = who.__dict__.get("_tasks_reach")
    if kept:
        return kept
    people = acting_for(who, "tasks")
    posts = who.current_posts if len(people) == 1 else posts_of(people)
    cared_for = [role.unit for role in who.current_roles if role.name == Role.UNIT_ADMIN and role.unit]
    led = [post.unit for post in posts if post.level != Post.Level.MEMBER]
    reach = who._tasks_reach = Reach(
        person=who.pk,
        led=tuple(sorted(led_by(who))),
        people=tuple(person.pk for person in people),
        others=tuple(person.pk for person in people if person != who),
        units=tuple(sorted({key for post in posts for key in post.unit.path_ids[1:]})),
        overseen=tuple(sorted({unit.path for unit in led + cared_for})),
    )
    return reach


def posts_of(people: list[User]) -> list[Post]:
    return list(Post.objects.current().filter(user__in=people).select_related("unit"))


def led_by(user: User) -> set[int]:
    """Return the keys of the units in which ``user`` is head or deputy."""
    return {post.unit_id for post in user.current_posts if post.level != Post.Level.MEMBER}
