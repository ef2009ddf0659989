"""The one search: people, units, and what every plug-in finds, each behind its own guard."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from intranet.guard import guarded
from intranet.plugins import Hit, plugins_for
from sso.api import Unit, User, canon_tone, fold

LONGEST_QUERY = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one source found. ``is_broken`` when it could not be asked."""

    slug: str
    name: str
    icon: str
    hits: list[Hit] = field(default_factory=list)
    is_broken: bool = False


def find(user: User, query: str, limit: int) -> list[Found]:
    """Return what ``user`` may see of what matches ``query``, at most ``limit`` of each source that has any."""
    query = " ".join(query.replace("\0", "").split())[:LONGEST_QUERY]
    if not fold(query):
        return []
    answers = [
        Found(slug="people", name=_("People"), icon="users", hits=_people(query, limit)),
        Found(slug="units", name=_("Units"), icon="sitemap", hits=_units(query, limit)),
    ]
    for plugin in plugins_for(user):
        if plugin.search is None:
            continue
        ask = lambda plugin=plugin: _hits_of(plugin.search(user, query, limit))  # noqa: E731
        hits = guarded(plugin, "Search", ask, None)
        answers.append(
            Found(
                slug=plugin.slug,
                name=str(plugin.name),
                icon=plugin.icon,
                hits=(hits or [])[:limit],
                is_broken=hits is None,
            )
        )
    answers = [found for found in answers if found.hits or found.is_broken]
    if fold(query) != query.casefold():  # typed with accents: what agrees with them comes first
        answers.sort(key=lambda found: not any(_agrees(hit, query) for hit in found.hits))
    return answers


def _agrees(hit: Hit, query: str) -> bool:
    """Say whether the words of ``hit`` hold ``query`` as it is written, the tone in the old place or the new."""
    return canon_tone(query).casefold() in canon_tone(f"{hit.title} {hit.excerpt}").casefold()


def _hits_of(found: Iterable) -> list[Hit]:
    """Raises TypeError for what is no hit: it would be a row without words."""
    hits = list(found)
    if not all(isinstance(hit, Hit) for hit in hits):
        raise TypeError(f"{hits[:3]!r} are no hits")
    return hits


def _people(query: str, limit: int) -> list[Hit]:
    return [
        Hit(title=person.full_name, url=reverse("person", args=[person.username]), excerpt=person.post_line)
        for person in User.objects.active().matching(query).with_posts()[:limit]
    ]


def _units(query: str, limit: int) -> list[Hit]:
    """Units by name or code."""
    found = Unit.objects.current().select_related("parent", "page").matching(query)
    found.sort(key=lambda unit: query.casefold() not in unit.name_vi.casefold())
    return [
        Hit(
            title=unit.name,
            url=unit_url(unit),
            excerpt=str(unit.parent) if unit.parent and unit.parent.parent_id else "",
        )
        for unit in found[:limit]
    ]


def unit_url(unit: Unit) -> str:
    """Return the unit's page, for a unit without one the people in it."""
    page = getattr(unit, "page", None)
    return reverse("unit", args=[page.slug]) if page and page.live else f"{reverse('people')}?unit={unit.pk}"
