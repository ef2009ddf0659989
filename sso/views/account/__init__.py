"""The pages of one's own account, and the one list of what stands in their navigation."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sso.models import User


@dataclass(frozen=True)
class Page:
    """An entry of the navigation: ``name`` is the page's URL name; pages below it begin with that name."""

    name: str
    label: str
    icon: str
    is_for: Callable[[User], bool] = lambda user: True


def is_of_directory(user: User) -> bool:
    """Say whether the directory keeps a password of the account."""
    return user.origin == User.Origin.DIRECTORY


PAGES = [
    Page("account", _("Overview"), "user-circle"),
    Page("account-devices", _("Devices and sessions"), "devices"),
    Page("account-password", pgettext_lazy("account page", "Password"), "lock", is_of_directory),
    Page("account-security", _("Sign-in security"), "shield-lock"),
    Page("account-systems", _("Systems"), "apps"),
    Page("account-delegation", _("Delegation"), "user-share"),
    Page("account-data", _("My data"), "download"),
]
