"""Whose tasks a person sees: computed once for a request, used by every query."""

from dataclasses import dataclass

from sso.api import Post, Role, User, acting_for


@dataclass(frozen=True)
class Reach:
    """Keys and paths to filter by."""

    people: frozenset[int]  # the person, and those for whom the person may act
    units: frozenset[int]  # their units and those above, without the ministry itself
    overseen: tuple[str, ...]  # paths of units they lead or look after; all below belongs to them


def reach_of(user: User) -> Reach:
    """Return what ``user`` reaches today; kept on the instance, so that a page asks once."""
    kept = user.__dict__.get("_tasks_reach")
    if kept:
        return kept
    people = acting_for(user, "tasks")
    posts = user.current_posts if len(people) == 1 else posts_of(people)
    cared_for = [role.unit for role in user.current_roles if role.name == Role.UNIT_ADMIN and role.unit]
    led = [post.unit for post in posts if post.level != Post.Level.MEMBER]
    reach = user._tasks_reach = Reach(
        people=frozenset(person.pk for person in people),
        units=frozenset(key for post in posts for key in post.unit.path_ids[1:]),
        overseen=tuple(sorted({unit.path for unit in led + cared_for})),
    )
    return reach


def posts_of(people: list[User]) -> list[Post]:
    return list(Post.objects.current().filter(user__in=people).select_related("unit"))


def led_by(user: User) -> set[int]:
    """Return the keys of the units in which ``user`` is head or deputy."""
    return {post.unit_id for post in user.current_posts if post.level != Post.Level.MEMBER}
