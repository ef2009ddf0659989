"""The arrangement of the home page, computed from its layers: ministry, units, person."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.translation import gettext as _

from intranet.models import DashboardLayout
from intranet.plugins import Plugin, Widget, plugins_for
from sso.api import Unit, User, prepared


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A widget's place. ``pinned_by`` names the layer that keeps it there, "" when it may be hidden."""

    plugin: Plugin
    widget: Widget
    is_hidden: bool = False
    pinned_by: str = ""

    @property
    def name(self) -> str:
        return f"{self.plugin.slug}.{self.widget.slug}"

    @property
    def html_id(self) -> str:
        return f"widget-{self.plugin.slug}-{self.widget.slug}"


def slots_of(user: User, place: str = "home") -> list[Slot]:
    """Return all widgets that ``user`` may have at ``place``, in the order the plug-ins offer them."""
    return [
        Slot(plugin=plugin, widget=widget, is_hidden=place == "home" and not widget.is_default)
        for plugin in plugins_for(user)
        for widget in plugin.widgets
        if place in widget.places
    ]


def arranged(slots: list[Slot], operations: list[dict], owner: str) -> list[Slot]:
    """Return ``slots`` after ``operations`` of the layer called ``owner``, without what is not there any more."""
    slots = list(slots)
    for operation in operations:
        index = _index(slots, operation["widget"])
        if index is None:
            continue
        match operation["act"]:
            case "hide" if not slots[index].pinned_by:
                slots[index] = replace(slots[index], is_hidden=True)
            case "show":
                slots[index] = replace(slots[index], is_hidden=False)
            case "lock":
                slots[index] = replace(
                    slots[index], is_hidden=False, pinned_by=slots[index].pinned_by or owner
                )
            case "unlock" if slots[index].pinned_by == owner:
                slots[index] = replace(slots[index], pinned_by="")
            case "move":
                moved = slots.pop(index)
                before = _index(slots, operation["before"])
                slots.insert(len(slots) if before is None else before, moved)
    return slots


def _index(slots: list[Slot], name: str | None) -> int | None:
    return next((index for index, slot in enumerate(slots) if slot.name == name), None)


def layers_above(layout: DashboardLayout, user: User) -> list[DashboardLayout]:
    """Return the saved layers that ``layout`` builds on, the ministry's first. One query."""
    if layout.user_id:
        unit = user.unit
        keys = unit.path_ids if unit else []
    else:
        keys = layout.unit.path_ids[:-1] if layout.unit_id else None
    if keys is None:
        return []
    rows = DashboardLayout.objects.filter(Q(unit=None) | Q(unit__in=keys), user=None).select_related("unit")
    return sorted(rows, key=_depth)


def home_layers(user: User) -> list[DashboardLayout]:
    """Return the saved layers of the person's home page, their own last. One query."""
    return sorted(_rows_for(user.pk, tuple(user.unit.path_ids if user.unit else ())), key=_depth)


@prepared
def _rows_for(person: int, units: tuple[int, ...]):
    shared = Q(user=None) & (Q(unit=None) | Q(unit__in=units))
    return DashboardLayout.objects.filter(shared | Q(user=person)).select_related("unit")


def _depth(layout: DashboardLayout) -> int:
    if layout.user_id:
        return 1000
    return len(layout.unit.path_ids) if layout.unit_id else 0


def owner_name(layout: DashboardLayout) -> str:
    """Return the words by which a pinned card names its layer."""
    if layout.user_id:
        return ""
    return str(layout.unit) if layout.unit_id and layout.unit.parent_id else _("Ministry")


def compute(slots: list[Slot], layers: list[DashboardLayout]) -> list[Slot]:
    for layer in layers:
        slots = arranged(slots, layer.operations, owner_name(layer))
    return slots


def own_layout(user: User) -> DashboardLayout:
    """Return the person's layer, a new one that is not saved when they have arranged nothing."""
    return DashboardLayout.objects.filter(user=user).first() or DashboardLayout(user=user)


def unit_layout(unit: Unit | None) -> DashboardLayout:
    """Return the layer of ``unit``, of the ministry for None; a new one when nothing is arranged there."""
    rows = DashboardLayout.objects.filter(user=None, unit=unit).select_related("unit")
    return rows.first() or DashboardLayout(unit=unit)
