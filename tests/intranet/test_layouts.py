import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from intranet.layouts import compute, home_layers, own_layout, slots_of, unit_layout
from intranet.models import DashboardLayout
from intranet.plugins import Widget
from intranet.services import change_layout, move_widget, place_widget, reset_layout
from sso.api import Role, User
from tests.factories import UnitFactory, ministry, person_of, system_admin
from tests.intranet.conftest import make_plugin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four_widgets(installed):
    kinds = {"template": "ui/badge.html", "context": lambda place: {"label": "x"}, "title": "Ô"}
    widgets = [Widget(slug=slug, **kinds) for slug in "abcd"]
    installed(make_plugin("p", widgets=tuple(widgets)))


def shown(user: User) -> str:
    """Return the widgets that ``user`` sees, in order: "abcd". Asked anew, as with the next request."""
    user = User.objects.get(pk=user.pk)
    slots = compute(slots_of(user), home_layers(user))
    return "".join(slot.widget.slug for slot in slots if not slot.is_hidden)


def test_layers_add_up_from_the_ministry_to_the_person():
    department = UnitFactory()
    section = UnitFactory(parent=department)
    person, admin = person_of(section), system_admin()
    change_layout(unit_layout(None), "hide", "p.a", by=admin)
    move_widget(unit_layout(department), "p.d", down=False, by=admin)
    change_layout(own_layout(person), "hide", "p.b", by=person)

    assert [shown(person), shown(person_of(department)), shown(person_of())] == ["dc", "bdc", "bcd"]


def test_later_change_by_the_unit_reaches_people_who_arranged_theirs():
    unit = UnitFactory()
    person, admin = person_of(unit), person_of(unit, role=Role.UNIT_ADMIN)
    move_widget(own_layout(person), "p.d", down=False, by=person)
    assert shown(person) == "abdc"

    change_layout(unit_layout(unit), "hide", "p.b", by=admin)
    move_widget(unit_layout(unit), "p.a", down=True, by=admin)

    assert [shown(person), shown(person_of(unit))] == ["dca", "cad"]


def test_a_card_is_put_before_another_or_at_the_end():
    person = person_of()

    place_widget(own_layout(person), "p.d", "p.b", by=person)
    assert shown(person) == "adbc"
    place_widget(own_layout(person), "p.a", "", by=person)
    assert shown(person) == "dbca"


@pytest.mark.parametrize(("name", "before"), [("p.x", "p.a"), ("p.a", "p.x"), ("", "")])
def test_a_card_that_is_not_there_is_put_nowhere(name, before):
    person = person_of()

    with pytest.raises(ValidationError):
        place_widget(own_layout(person), name, before, by=person)
    assert shown(person) == "abcd"


def test_nobody_puts_cards_for_others(signed_in):
    unit = UnitFactory()
    admin, colleague, stranger = person_of(unit, role=Role.UNIT_ADMIN), person_of(unit), person_of()

    for by in (colleague, stranger):
        with pytest.raises(PermissionDenied):
            place_widget(unit_layout(unit), "p.d", "p.a", by=by)
        with pytest.raises(PermissionDenied):
            place_widget(own_layout(admin), "p.d", "p.a", by=by)
    data = {"act": "place", "widget": "p.d", "before": "p.a"}
    address = f"/arrange/unit/{unit.pk}/"
    assert [signed_in(who).post(address, data).status_code for who in (stranger, admin)] == [404, 302]
    assert shown(colleague) == "dabc"


def test_person_shows_again_what_the_unit_hides():
    unit = UnitFactory()
    person, admin = person_of(unit), person_of(unit, role=Role.UNIT_ADMIN)
    change_layout(unit_layout(unit), "hide", "p.b", by=admin)

    change_layout(own_layout(person), "show", "p.b", by=person)

    assert shown(person) == "abcd"


def test_pinned_widget_cannot_be_hidden_and_reappears_where_it_was():
    person = person_of()
    change_layout(own_layout(person), "hide", "p.b", by=person)

    change_layout(unit_layout(None), "lock", "p.b", by=system_admin())

    assert shown(person) == "abcd"
    with pytest.raises(ValidationError):
        change_layout(own_layout(person), "hide", "p.b", by=person)


def test_unit_cannot_unpin_what_the_ministry_pinned():
    unit = UnitFactory()
    person, admin = person_of(unit), person_of(unit, role=Role.UNIT_ADMIN)
    change_layout(unit_layout(None), "lock", "p.b", by=system_admin())

    change_layout(unit_layout(unit), "unlock", "p.b", by=admin)
    with pytest.raises(ValidationError):
        change_layout(unit_layout(unit), "hide", "p.b", by=admin)

    assert shown(person) == "abcd"


@pytest.mark.parametrize("act", ["lock", "unlock", "explode", ""])
def test_own_layout_cannot(act):
    person = person_of()

    with pytest.raises(ValidationError):
        change_layout(own_layout(person), act, "p.a", by=person)


def test_widget_of_an_app_switched_off_is_skipped_and_comes_back(installed):
    person = person_of()
    change_layout(own_layout(person), "hide", "p.b", by=person)
    DashboardLayout.objects.filter(user=person).update(
        operations=[{"act": "hide", "widget": "gone.x"}, {"act": "hide", "widget": "p.b"}]
    )

    assert shown(person) == "acd"


def test_moving_to_and_fro_keeps_the_list_short():
    person = person_of()
    for _turn in range(20):
        move_widget(own_layout(person), "p.a", down=True, by=person)
        move_widget(own_layout(person), "p.a", down=False, by=person)

    assert shown(person) == "abcd"
    assert len(own_layout(person).operations) <= 4


def test_every_order_can_be_reached_by_moving():
    person = person_of()
    for name, down in [("d", False), ("d", False), ("a", True), ("b", True), ("c", False), ("d", True)]:
        before = shown(person)
        move_widget(own_layout(person), f"p.{name}", down=down, by=person)
        at = before.index(name)
        other = before[at + (1 if down else -1)] if 0 <= at + (1 if down else -1) < 4 else ""
        pair = name + other if down else other + name
        assert shown(person) == before.replace(pair, pair[::-1])


def test_reset_goes_back_to_the_unit():
    person = person_of()
    change_layout(own_layout(person), "hide", "p.a", by=person)

    reset_layout(own_layout(person), by=person)

    assert shown(person) == "abcd"


WHO = [
    ("own", "self", True),
    ("own", "colleague", False),
    ("own", "unit admin", False),
    ("unit", "self", False),
    ("unit", "unit admin", True),
    ("unit", "admin of another unit", False),
    ("unit", "system admin", True),
    ("ministry", "unit admin", False),
    ("ministry", "system admin", True),
]


@pytest.mark.parametrize(("what", "who", "allowed"), WHO)
def test_change_layout_is_for_its_owner(what, who, allowed):
    unit = UnitFactory()
    person = person_of(unit)
    by = {
        "self": lambda: person,
        "colleague": lambda: person_of(unit),
        "unit admin": lambda: person_of(unit, role=Role.UNIT_ADMIN),
        "admin of another unit": lambda: person_of(role=Role.UNIT_ADMIN),
        "system admin": system_admin,
    }[who]()
    layout = own_layout(person) if what == "own" else unit_layout(unit if what == "unit" else None)

    for act in (
        lambda: change_layout(layout, "hide", "p.a", by=by),
        lambda: move_widget(layout, "p.c", down=True, by=by),
        lambda: reset_layout(layout, by=by),
    ):
        if allowed:
            act()
        else:
            with pytest.raises(PermissionDenied):
                act()


def test_ministry_has_one_layout():
    DashboardLayout.objects.create()

    with pytest.raises(IntegrityError), transaction.atomic():
        DashboardLayout.objects.create()


def test_page_works_without_scripts(signed_in):
    person = person_of()
    browser = signed_in(person)

    answer = browser.post("/arrange/", {"act": "hide", "widget": "p.a"})

    assert [answer.status_code, answer["Location"]] == [302, "/arrange/"]
    assert [slot.name for slot in browser.get("/arrange/").context["hidden"]] == ["p.a"]


def test_page_explains_what_cannot_be_done(signed_in):
    change_layout(unit_layout(None), "lock", "p.b", by=system_admin())

    answer = signed_in(person_of()).post("/arrange/", {"act": "hide", "widget": "p.b"})

    assert answer.status_code == 422
    assert "“Ô” đã được ghim, không ẩn được." in answer.content.decode()


@pytest.mark.parametrize("path", ["/arrange/ministry/", "/arrange/unit/{unit}/"])
def test_layers_of_others_are_not_there(signed_in, path):
    person = person_of()

    assert signed_in(person).get(path.format(unit=person.unit.pk)).status_code == 404


def test_unit_admin_arranges_the_unit_by_page(signed_in):
    unit = UnitFactory()
    admin = person_of(unit, role=Role.UNIT_ADMIN)

    signed_in(admin).post(f"/arrange/unit/{unit.pk}/", {"act": "hide", "widget": "p.a"})

    assert [shown(person_of(unit)), shown(person_of())] == ["bcd", "abcd"]
    assert ministry().pk != unit.pk
