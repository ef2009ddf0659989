"""Posts: who is where, with days; what has ended stays."""

from collections import defaultdict
from datetime import date, timedelta

from sso.directory.entries import Kind, PostEntry
from sso.models import Post, Unit, User
from sso.services.revocation import Reason, revoke
from sso.services.sync.mirror import unit_name
from sso.services.sync.writing import BATCH, set_all, write

FIELDS = ["rank", "is_main", "valid_from", "valid_to"]


def sync_posts(work) -> None:
    """Make the posts what the entries say, and end the access of people who are in other units than before."""
    wanted = {entry.key: entry for entry in work.people if entry.posts is not None}
    people = {key: work.users[key] for key in wanted} | left(work)
    old = defaultdict(list)
    posts = Post.objects.filter(user__origin=User.Origin.DIRECTORY)
    if not work.mirror.is_whole:
        posts = posts.filter(user__in=[user.pk for user in people.values()])
    for post in posts:
        old[post.user_id].append(post)
    units = units_of(work, wanted.values())
    change = Change(work)
    for key, user in people.items():
        entry = wanted.get(key)
        posts = dict.fromkeys(entry.posts) if entry else ()
        known = []
        for post in posts:
            unit = units.get(work.mirror.key_of(entry, unit_name(post.unit_code)))
            if unit is None:
                work.report.add("post left out", f"{entry.uid}: there is no unit {post.unit_code!r}")
            else:
                known.append((post, unit))
        change.person(user, old[user.pk], known)
    Post.objects.filter(pk__in=[post.pk for post in change.unused]).delete()
    Post.objects.bulk_create(change.new, batch_size=BATCH)
    write(Post, change.changed, FIELDS)
    revoke(change.moved, Reason.UNIT_CHANGED)


def left(work) -> dict:
    """The people who have left, whose posts end with that."""
    gone = {row.key for row in work.mirror.gone if row.kind == Kind.PERSON and not row.held_at}
    return {key: work.users[key] for key in gone & work.users.keys()}


def units_of(work, entries) -> dict:
    """The units that are named, by key."""
    keys = {work.mirror.key_of(entry, unit_name(post.unit_code)) for entry in entries for post in entry.posts}
    units = Unit.objects.filter(entry_uuid__isnull=False)
    units = units if work.mirror.is_whole else units.filter(entry_uuid__in=keys - {None})
    return {unit.entry_uuid: unit for unit in units}


class Change:
    """What is to be written of posts."""

    def __init__(self, work):
        self.work, self.today = work, work.today
        self.yesterday = work.today - timedelta(days=1)
        self.new: list[Post] = []
        self.changed: list[Post] = []
        self.unused: list[Post] = []  # held for less than a day
        self.moved: list[User] = []  # people

    def person(self, user: User, old: list[Post], wanted: list[tuple[PostEntry, Unit]]) -> None:
        """Make the posts ``old`` of ``user`` those that are ``wanted``."""
        before = {post.unit_id for post in old if self.is_held(post)}
        now, rest = [], list(old)
        for entry, unit in wanted:
            post = matching(rest, entry, unit, self.today)
            if post is None:
                post = self.added(user, entry, unit)
            else:
                rest.remove(post)
                self.changed_to(user, post, entry)
            now.append(post)
        for post in rest:
            if post.valid_to is None or post.valid_to >= self.today:
                self.end(user, post)
        if before and before != {post.unit_id for post in now if self.is_held(post)} and user.is_active:
            self.moved.append(user)

    def is_held(self, post: Post) -> bool:
        return (post.valid_from is None or post.valid_from <= self.today) and (
            post.valid_to is None or post.valid_to >= self.today
        )

    def added(self, user: User, entry: PostEntry, unit: Unit) -> Post:
        since = entry.valid_from or self.since(entry)
        post = Post(user=user, unit=unit, title_vi=entry.title, level=entry.level, valid_from=since)
        set_all(post, {"rank": entry.rank, "is_main": entry.is_main, "valid_to": entry.valid_to})
        self.new.append(post)
        self.work.report.add("post added", f"{user.username}: {entry.title}, {unit.code}")
        return post

    def since(self, entry: PostEntry) -> date | None:
        """The first day of a post of which the directory names none: today, or unknown when we have just begun."""
        if self.work.is_first or (entry.valid_to and entry.valid_to < self.today):
            return None
        return self.today

    def changed_to(self, user: User, post: Post, entry: PostEntry) -> None:
        values = {"rank": entry.rank, "is_main": entry.is_main, "valid_to": entry.valid_to}
        if entry.valid_from:
            values["valid_from"] = entry.valid_from
        if differing := set_all(post, values):
            self.changed.append(post)
            self.work.report.add("post changed", f"{user.username}: {entry.title}, {', '.join(differing)}")

    def end(self, user: User, post: Post) -> None:
        if post.valid_from and post.valid_from > self.yesterday:
            self.unused.append(post)
        else:
            post.valid_to = self.yesterday
            self.changed.append(post)
        self.work.report.add("post ended", f"{user.username}: {post.title_vi}")


def matching(old: list[Post], entry: PostEntry, unit: Unit, today: date) -> Post | None:
    """Return the post that ``entry`` speaks of: the same days, or else the one that has not ended."""
    alike = [
        post
        for post in old
        if (post.unit_id, post.title_vi, post.level) == (unit.pk, entry.title, entry.level)
    ]
    for post in alike:
        if (post.valid_from, post.valid_to) == (entry.valid_from, entry.valid_to):
            return post
    for post in alike:
        is_open = post.valid_to is None or post.valid_to >= today
        if post.valid_from == entry.valid_from if entry.valid_from else is_open:
            return post
    for post in alike:
        if entry.valid_from and post.valid_from is None and (post.valid_to is None or post.valid_to >= today):
            return post
    return None
