"""Each migration names what it stands on, so that any order of the others will do; the tests run others' first."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from tests.make_database import OURS


def ours():
    return sorted(node for node in MigrationLoader(None).graph.nodes if node[0] in OURS)


@pytest.fixture(scope="module")
def loader():
    return MigrationLoader(None)


@pytest.mark.parametrize("node", ours(), ids=".".join)
def test_a_migration_names_what_it_stands_on(loader, node):
    """With those alone that it names, directly or by way of others, each table is there that a column points to."""
    state = loader.project_state(node)

    assert {target for target, rows in state.relations.items() if rows} - state.models.keys() == set()


def test_a_package_without_migrations_has_no_table():
    """The provider's tables are swapped for ours, so its migrations would change nothing."""
    (package,) = settings.MIGRATION_MODULES

    tables = list(apps.get_app_config(package).get_models(include_swapped=True))

    assert len(tables) == 6
    assert [model for model in tables if not model._meta.swapped] == []
