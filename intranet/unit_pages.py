"""What a unit's page shows beside the words its admin wrote."""

from django.http import HttpRequest

from intranet.dashboard import card_of, stylesheets_of
from intranet.layouts import slots_of
from intranet.models import UnitPage
from intranet.plugins import Place
from sso.api import Post, Unit, User, is_unit_admin


def content_of(page: UnitPage, request: HttpRequest) -> dict:
    unit, user = page.unit, request.user
    place = Place(user=user, unit=unit)
    slots = slots_of(user, "unit")
    cards = [card_of(slot, place, request) for slot in slots]
    return {
        "stylesheets": stylesheets_of(slots),
        "unit": unit,
        "leaders": Post.objects.filter(unit=unit, user__is_active=True).leaders().select_related("user"),
        "sub_units": Unit.objects.current().filter(parent=unit),
        "people_count": User.objects.active().of_unit(unit).count(),
        "wide_cards": [card for card in cards if card.slot.widget.is_wide],
        "narrow_cards": [card for card in cards if not card.slot.widget.is_wide],
        "may_edit": is_unit_admin(user, unit),
    }
