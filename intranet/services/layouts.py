"""Changes of a layer of the home page."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from intranet.layouts import Slot, arranged, compute, layers_above, owner_name, slots_of
from intranet.models import DashboardLayout
from intranet.permissions import can_arrange
from sso.api import User, require

ACTS = {"hide", "show", "lock", "unlock"}


def change_layout(layout: DashboardLayout, act: str, name: str, *, by: User) -> None:
    """Hide, show, lock or unlock the widget ``name`` in ``layout``; only a shared layer locks.

    Raises PermissionDenied when ``by`` may not arrange it, ValidationError for what cannot be done.
    """
    if act not in ACTS or (layout.user_id and act in {"lock", "unlock"}):
        raise ValidationError(_("This cannot be done here."))
    _append(layout, {"act": act, "widget": name}, by=by)


def move_widget(layout: DashboardLayout, name: str, *, down: bool, by: User) -> None:
    """Move the widget ``name`` past its next visible neighbour in the same column, or leave it at the edge.

    Raises PermissionDenied when ``by`` may not arrange it, ValidationError for a widget that is not there.
    """
    slots = compute(slots_of(by), [*layers_above(layout, by), layout])
    slot = _find(slots, name)
    column = [s.name for s in slots if not s.is_hidden and s.widget.is_wide == slot.widget.is_wide]
    if name not in column:
        return
    at = column.index(name)
    if at == (len(column) - 1 if down else 0):
        return
    moved, before = (column[at + 1], name) if down else (name, column[at - 1])
    _append(layout, {"act": "move", "widget": moved, "before": before}, by=by)


def place_widget(layout: DashboardLayout, name: str, before: str, *, by: User) -> None:
    """Put the widget ``name`` before the widget ``before``, at the end when that is "".

    Raises PermissionDenied when ``by`` may not arrange it, ValidationError for a widget that is not there.
    """
    if before:
        _find(slots_of(by), before)
    _append(layout, {"act": "move", "widget": name, "before": before or None}, by=by)


@transaction.atomic
def reset_layout(layout: DashboardLayout, *, by: User) -> None:
    """Forget what this layer changed: the page is again that of the layers below it."""
    require(can_arrange(by, layout))
    if layout.pk:
        layout.delete()


@transaction.atomic
def _append(layout: DashboardLayout, operation: dict, *, by: User) -> None:
    require(can_arrange(by, layout))
    owner = {"user_id": layout.user_id, "unit_id": layout.unit_id}
    row, _created = DashboardLayout.objects.get_or_create(**owner)
    row = DashboardLayout.objects.select_for_update().select_related(None).get(pk=row.pk)
    below = compute(slots_of(by), layers_above(layout, by))
    slot = _find(below, operation["widget"])
    if operation["act"] == "hide" and slot.pinned_by:
        raise ValidationError(_("“%(title)s” is pinned and stays.") % {"title": slot.widget.title})
    row.operations = _simplified(below, [*row.operations, operation], owner_name(layout))
    row.save(update_fields=["operations"])


def _find(slots: list[Slot], name: str) -> Slot:
    for slot in slots:
        if slot.name == name:
            return slot
    raise ValidationError(_("This card is not there any more."))


def _simplified(below: list[Slot], operations: list[dict], owner: str) -> list[dict]:
    """Return the operations without those that change nothing, so that the list does not grow for ever."""
    wanted = arranged(below, operations, owner)
    present = {slot.name for slot in below}
    for operation in list(operations):
        fewer = [other for other in operations if other is not operation]
        if operation["widget"] in present and arranged(below, fewer, owner) == wanted:
            operations = fewer
    return operations
