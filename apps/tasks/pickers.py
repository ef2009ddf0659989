"""Choosing people and units out of many: a search, then a choice among what it found.

The chosen ones travel as "person:12" or "unit:5", so a picker works without scripts: the search is a
button of the form itself, and what is chosen stays chosen.
"""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sso.api import Post, Unit, User

LIMIT = 12


@dataclass(frozen=True)
class Choice:
    """A person or a unit in the list of a picker."""

    value: str
    label: str
    line: str = ""
    is_chosen: bool = False


def find(people, units, query: str, chosen: list) -> list[Choice]:
    """Return the chosen ones, then what matches ``query``: units first, LIMIT of each at most."""
    found = [*matching_units(units, query), *people.matching(query)[:LIMIT]]
    rest = [one for one in found if one not in chosen]
    lines = post_lines([one for one in [*chosen, *rest] if isinstance(one, User)])
    return [Choice(value_of(one), str(one), line_of(one, lines), one in chosen) for one in [*chosen, *rest]]


def matching_units(units, query: str) -> list[Unit]:
    """Return the units that match ``query``, the higher first."""
    found = units.select_related("parent").matching(query)
    return sorted(found, key=lambda unit: (len(unit.path_ids), unit.parent.order, unit.order))[:LIMIT]


def line_of(one: User | Unit, lines: dict[int, str]) -> str:
    """Return the post of a person; of a division, the unit it belongs to."""
    if isinstance(one, User):
        return lines.get(one.pk, "")
    return str(one.parent) if len(one.path_ids) > 2 else ""


def post_lines(people: list[User]) -> dict[int, str]:
    """Return for each person the line below the name. One query."""
    posts = Post.objects.current().filter(user__in=people).select_related("unit").order_by("is_main", "-rank")
    return {post.user_id: f"{post.title} · {post.unit}" for post in posts}


def value_of(one: User | Unit) -> str:
    return f"{'unit' if isinstance(one, Unit) else 'person'}:{one.pk}"


class PickerWidget(forms.Widget):
    """Draws the picker; ``name-find`` carries the words of the search."""

    template_name = "tasks/_picker.html"
    use_fieldset = True

    def __init__(self, field):
        super().__init__()
        self.field = field

    def value_from_datadict(self, data, files, name):
        self.query = data.get(f"{name}-find", "")
        return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])

    def value_omitted_from_data(self, data, files, name):
        return False

    def use_required_attribute(self, initial):
        return False

    def get_context(self, name, value, attrs):
        value = [value] if isinstance(value, str) else value or []
        chosen = [one for one in map(self.field.one, value) if one]
        query = getattr(self, "query", "")
        return {
            "name": name,
            "many": self.field.many,
            "query": query,
            "choices": self.field.find(query, chosen),
            "find_url": self.field.find_url,
        }


class PickerField(forms.Field):
    """A person or a unit; a list of them when ``many``. ``offer`` says among whom."""

    def __init__(self, *, many: bool = False, **kwargs):
        self.many = many
        self.offer(User.objects.none(), Unit.objects.none())
        super().__init__(widget=PickerWidget(self), **kwargs)

    def __deepcopy__(self, memo):
        copy = super().__deepcopy__(memo)
        copy.widget.field = copy
        return copy

    def offer(self, people, units, find_url: str = "") -> None:
        self.people, self.units, self.find_url = people, units, find_url

    def find(self, query: str, chosen: list) -> list[Choice]:
        """Return what the list shows; a list for many is empty until something is looked for."""
        if self.many and not query:
            return find(User.objects.none(), Unit.objects.none(), "", chosen)
        return find(self.people, self.units, query, chosen)

    def one(self, value: str) -> User | Unit | None:
        """Return who or what ``value`` names, None unless offered."""
        kind, _colon, key = str(value).partition(":")
        if not key.isdecimal() or len(key) > 18:
            return None
        offered = {"person": self.people, "unit": self.units}.get(kind)
        return offered.filter(pk=key).first() if offered is not None else None

    def to_python(self, value):
        chosen = []
        for text in value or []:
            one = self.one(text)
            if one is None:
                raise ValidationError(_("Choose among those that the search has found."))
            chosen.append(one)
        if self.many:
            return chosen
        return chosen[0] if chosen else None
