"""Who writes and who publishes."""

import pytest

from apps.news.permissions import NEWS_EDITOR
from sso.api import Role
from tests.factories import RoleFactory, UnitFactory, UserFactory, person_of


@pytest.fixture
def unit_admin():
    return person_of(UnitFactory(code="KHTC"), role=Role.UNIT_ADMIN)


@pytest.fixture
def editor():
    return RoleFactory(user=UserFactory(), unit=None, name=NEWS_EDITOR).user
