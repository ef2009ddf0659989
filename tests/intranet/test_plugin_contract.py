"""Every installed plug-in keeps the contract."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from intranet.dashboard import body_of
from intranet.guard import guarded
from intranet.plugins import Duty, Hit, Place, plugins
from intranet.services import ensure_unit_pages
from tests.factories import UnitFactory, person_of

pytestmark = pytest.mark.django_db

PLUGINS = pytest.mark.parametrize("plugin", plugins(), ids=lambda plugin: plugin.slug)
WIDGETS = pytest.mark.parametrize(
    ("plugin", "widget"),
    [(plugin, widget) for plugin in plugins() for widget in plugin.widgets],
    ids=lambda part: part.slug,
)


def asks_another_server(plugin):
    return plugin.badge_is_remote or any(widget.remote for widget in plugin.widgets)


@PLUGINS
def test_home_page_is_there_for_a_new_person(plugin, signed_in):
    person = person_of()
    expected = {200, 503} if asks_another_server(plugin) else {200}
    if not plugin.may_use(person):  # such as mail where no mail server is named
        expected = {404}

    assert signed_in(person).get(reverse(plugin.home)).status_code in expected


@PLUGINS
def test_urls_live_below_the_slug(plugin):
    names = [plugin.home, *(named.name for named in plugin.nav), *(w.more for w in plugin.widgets if w.more)]

    assert [name for name in names if not reverse(name).startswith(f"/{plugin.slug}/")] == []


@PLUGINS
def test_names_carry_the_slug(plugin):
    dots = [named.name for named in plugin.kinds]
    colons = [plugin.home, *(named.name for named in (*plugin.nav, *plugin.scopes))]

    assert [name for name in dots if not name.startswith(f"{plugin.slug}.")] == []
    assert [name for name in colons if not name.startswith(f"{plugin.slug}:")] == []


@PLUGINS
def test_timers_are_commands_that_may_run_at_any_time(plugin):
    for timer in plugin.timers:
        call_command(timer.command, verbosity=0)
        call_command(timer.command, verbosity=0)

    assert all(timer.every >= timedelta(seconds=1) for timer in plugin.timers)


@PLUGINS
def test_every_page_asks_for_sign_in(plugin, client):
    answer = client.get(reverse(plugin.home))

    assert [answer.status_code, "next=" in answer["Location"]] == [302, True]


@PLUGINS
def test_badge_is_a_number_for_at_most_one_query(plugin):
    if plugin.badge is None or plugin.badge_is_remote:
        return
    person = person_of()
    _ = person.current_posts, person.current_roles  # every page has asked for them
    with CaptureQueriesContext(connection) as queries:
        count = plugin.badge(person)

    asked = [query["sql"] for query in queries if "sso_delegation" not in query["sql"]]
    assert [count, len(asked) <= 1] == [0, True]


@WIDGETS
@pytest.mark.parametrize("language", ["vi", "en"])
def test_widget_is_drawn_for_a_new_person_with_no_data(plugin, widget, language, rf, signed_in, caplog):
    unit = UnitFactory()
    ensure_unit_pages()
    person = person_of(unit)
    assert set(widget.places) <= {"home", "unit"}
    assert widget.places
    get_template(widget.template)
    browser = signed_in(person)
    browser.cookies["django_language"] = language
    for place in widget.places:
        if widget.remote:
            continue
        address = reverse("widget", args=[plugin.slug, widget.slug])
        answer = browser.get(f"{address}?unit={unit.pk}" if place == "unit" else address)
        assert [answer.status_code, bool(answer.context["card"].body.strip())] == [200, True]
    assert "is broken" not in caplog.text


@WIDGETS
def test_local_widget_asks_at_most_two_queries(plugin, widget, rf):
    if widget.remote:
        return
    person = person_of()
    _ = person.current_posts, person.current_roles
    request = rf.get("/")
    request.user, request.LANGUAGE_CODE = person, "vi"
    for place in widget.places:
        unit = person.unit if place == "unit" else None
        with CaptureQueriesContext(connection) as queries:
            body_of(plugin, widget, Place(user=person, unit=unit), request)
        asked = [query["sql"] for query in queries if "sso_delegation" not in query["sql"]]
        assert len(asked) <= (2 if place == "home" else 4), asked


@PLUGINS
def test_agenda_and_duties_are_what_they_should_be(plugin):
    person, now = person_of(), timezone.now()

    agenda = list(plugin.agenda(person, now, now + timedelta(days=1))) if plugin.agenda else []
    duties = list(plugin.duties(person)) if plugin.duties else []

    assert {type(hit) for hit in agenda} <= {Hit}
    assert {type(duty) for duty in duties} <= {Duty}


@PLUGINS
@pytest.mark.parametrize("query", ["công văn", "a", "%", "'\"", "*", "(", "-", "số 12", "x" * 200])
def test_search_gives_a_stranger_nothing_and_takes_any_words(plugin, query):
    if plugin.search is None:
        return
    person = person_of()

    hits = guarded(plugin, "Search", lambda: list(plugin.search(person, query, 5)), None)

    assert hits == [] or (hits is None and asks_another_server(plugin))


@PLUGINS
def test_receivers_say_what_they_do(plugin):
    for receiver in plugin.receives:
        assert receiver.content_types
        assert str(receiver.label)
        assert all("/" in kind for kind in receiver.content_types)
        assert (receiver.card is None) == (receiver.act is None)


def test_one_app_at_most_sends_mail():
    assert len([plugin.slug for plugin in plugins() if plugin.send]) <= 1


@pytest.mark.parametrize(
    "name", ["home", "search", "notices", "people", "units", "arrange", "duties", "theme"]
)
def test_shell_has_its_own_pages(name):
    try:
        reverse(name)
    except NoReverseMatch:
        pytest.fail(name)
