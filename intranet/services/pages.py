"""The Wagtail pages of the units, and the groups that let people edit them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from wagtail.models import GroupPagePermission, Site

from intranet.models import HomePage, UnitPage
from sso.api import Role, Unit, User, fold

SITE_ADMINS = "site-admins"
OF_UNIT = "unit-page:"  # and its code, which it may lose to another
PAGE_ACTS = ("change_page", "publish_page")
SITE_ACTS = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")


@transaction.atomic
def ensure_unit_pages() -> tuple[int, int]:
    """Make a page for each unit below the ministry, keep titles as the units are called, take pages of closed
    units off the air, and bring the groups of page admins up to date. Return how many were made and updated.
    """
    home = HomePage.objects.get()
    _update_site(home)
    units = list(Unit.objects.top())
    pages = {page.unit_id: page for page in UnitPage.objects.all()}
    made = updated = 0
    for unit in units:
        page = pages.get(unit.pk)
        if page is None:
            page = home.add_child(
                instance=UnitPage(unit=unit, title=unit.name_vi, slug=_free_slug(unit, home))
            )
            page.save_revision(changed=False)
            made += 1
        elif page.title != unit.name_vi or not page.live:
            page.title = page.draft_title = unit.name_vi
            page.live = True
            page.save()
            updated += 1
        _allow(_group_of(unit), page, PAGE_ACTS)
    for key, page in pages.items():
        if page.live and key not in {unit.pk for unit in units}:
            page.unpublish()
            updated += 1
    _allow(SITE_ADMINS, home, SITE_ACTS)
    update_page_admins()
    return made, updated


@transaction.atomic
def update_page_admins() -> None:
    """Put the people who hold the role of unit or system admin into the groups of the pages, all others out."""
    ours = Group.objects.filter(Q(name=SITE_ADMINS) | Q(name__startswith=OF_UNIT))
    groups = {group.name: group for group in ours}
    members = {name: set() for name in groups}
    roles = Role.objects.filter(name__in=[Role.UNIT_ADMIN, Role.SYSTEM_ADMIN], user__is_active=True)
    for role in roles.select_related("unit"):
        if role.name == Role.SYSTEM_ADMIN:
            name = SITE_ADMINS
        elif role.unit is not None:
            name = _group_of(role.unit)
        else:
            continue
        if name in members:
            members[name].add(role.user_id)
    link = User.groups.through
    present = set(link.objects.filter(group__in=groups.values()).values_list("user_id", "group_id"))
    wanted = {(user, groups[name].pk) for name, people in members.items() for user in people}
    for user, group in present - wanted:
        link.objects.filter(user_id=user, group_id=group).delete()
    link.objects.bulk_create([link(user_id=user, group_id=group) for user, group in wanted - present])


def _group_of(unit: Unit) -> str:
    return f"{OF_UNIT}{unit.code}"


def _allow(name: str, page, acts: tuple[str, ...]) -> None:
    """Let the group called ``name`` edit ``page``, unless it has a right there already: who changed it meant that."""
    group, _is_new = Group.objects.get_or_create(name=name)
    if GroupPagePermission.objects.filter(group=group, page=page).exists():
        return
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for permission in Permission.objects.filter(codename__in=acts, content_type__app_label="wagtailcore"):
        GroupPagePermission.objects.get_or_create(group=group, page=page, permission=permission)


def _free_slug(unit: Unit, home: HomePage) -> str:
    """Return a slug of the unit's code, with its key behind when two codes look alike without marks."""
    slug = slugify(fold(unit.code)) or str(unit.pk)
    return f"{slug}-{unit.pk}" if home.get_children().filter(slug=slug).exists() else slug


def _update_site(home: HomePage) -> None:
    address = urlsplit(settings.BASE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    where = {"hostname": address.hostname, "port": port, "site_name": settings.WAGTAIL_SITE_NAME}
    Site.objects.update_or_create(is_default_site=True, defaults={**where, "root_page": home})
