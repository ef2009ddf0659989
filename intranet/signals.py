"""What follows when something of identity changes, or ends."""

import asyncio

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intranet import notifications
from intranet.consumers import NoticeConsumer
from intranet.frame import forget_systems
from intranet.models import Notification
from intranet.notifications import notify
from intranet.services import update_page_admins, withdraw_notices
from sso.api import (
    Application,
    Role,
    User,
    access_ended,
    accounts_held,
    accounts_watched,
    delegation_changed,
    directory_watched,
    emergency_account_used,
    factors_changed,
    password_reset,
    signed_in_from_new_device,
)


@receiver([post_save, post_delete], sender=Application)
def systems_changed(sender, **kwargs):
    transaction.on_commit(forget_systems)


@receiver([post_save, post_delete], sender=Role)
def roles_changed(sender, **kwargs):
    transaction.on_commit(update_page_admins)


@receiver(access_ended)
def close_sockets(sender, user_id, sid, kept, **kwargs):
    """Close the person's sockets of this process; their pages come to the sign-in with the next click."""
    loop = notifications.sockets_loop
    if loop and loop.is_running() and user_id in NoticeConsumer.open:
        asyncio.run_coroutine_threadsafe(NoticeConsumer.close_ended(user_id, sid, kept), loop)


@receiver(delegation_changed)
def tell_of_delegation(sender, delegation, has_begun, by, **kwargs):
    """Tell the other of the two, in their language."""
    other = delegation.receiver if by == delegation.giver else delegation.giver
    with translation.override(other.language or settings.LANGUAGE_CODE):
        if has_begun:
            title = _("%(person)s lets you act in their name") % {"person": delegation.giver}
        elif other == delegation.receiver:
            title = _("%(person)s no longer lets you act in their name") % {"person": delegation.giver}
        else:
            title = _("%(person)s no longer acts in your name") % {"person": delegation.receiver}
    notify("account.delegation", to=[other], title=title, url=reverse("account-delegation"))


@receiver(emergency_account_used)
def tell_of_emergency(sender, person, **kwargs):
    """Tell every system admin, each in their language: nobody uses that account in silence."""
    for admin in system_admins().exclude(pk=person.pk):
        with translation.override(admin.language or settings.LANGUAGE_CODE):
            notify("account.emergency", to=[admin], title=_("The emergency account has signed in"))


@receiver(directory_watched)
def tell_of_directory(sender, troubles, **kwargs):
    """Tell every system admin once of what goes on, each in their language, and take it back when it is over."""
    titles = {"held": gettext_lazy("The directory wants many people or units out at once; look whether that is right"),
              "stopped": gettext_lazy("The directory of accounts is not followed any more")}  # fmt: skip
    for trouble in titles:
        kind = f"account.directory_{trouble}"
        if trouble not in troubles:
            withdraw_notices(kind)
            continue
        tell_admins_once(kind, titles[trouble], reverse("directory"))


@receiver(accounts_watched)
def tell_of_failing_systems(sender, systems, **kwargs):
    """Tell every system admin once of each system that takes no accounts, and take it back when it does again."""
    stem = "account.provisioning_failing_"
    kinds = {f"{stem}{system.pk}": system for system in systems}
    told = (
        Notification.objects.filter(kind__startswith=stem)
        .order_by()
        .values_list("kind", flat=True)
        .distinct()
    )
    for kind in set(told) - set(kinds):
        withdraw_notices(kind)
    for kind, system in kinds.items():
        title = gettext_lazy("%(system)s has not taken accounts for some minutes; look why")
        tell_admins_once(kind, title, reverse("system-provisioning", args=[system.pk]), system=system)


def tell_admins_once(kind: str, title, url: str, **facts) -> None:
    """Tell every system admin who has no notice of this ``kind`` yet, each in their language."""
    told = Notification.objects.filter(kind=kind)
    for admin in system_admins().exclude(pk__in=told.values("to")):
        with translation.override(admin.language or settings.LANGUAGE_CODE):
            notify(kind, to=[admin], title=title % facts if facts else title, url=url)


@receiver(accounts_held)
def tell_of_accounts(sender, system, count, **kwargs):
    """Tell every system admin, each in their language, that something waits for their yes."""
    for admin in system_admins():
        with translation.override(admin.language or settings.LANGUAGE_CODE):
            title = _(
                "%(system)s: %(count)d accounts would be switched off at once; look whether that is right"
            )
            title %= {"system": system, "count": count}
            notify(
                "account.provisioning",
                to=[admin],
                title=title,
                url=reverse("system-provisioning", args=[system.pk]),
            )


def system_admins() -> QuerySet[User]:
    """Return the active people who look after everything."""
    admins = User.objects.active().filter(Q(is_superuser=True) | Q(roles__name=Role.SYSTEM_ADMIN))
    return admins.distinct()


@receiver(signed_in_from_new_device)
def tell_of_new_device(sender, person, device, address, **kwargs):
    """Tell the person, in their language: if it was not them, somebody has their password."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        title = _("Sign-in from a new device or place: %(device)s") % {"device": device}
        text = _("Address %(address)s. If it was not you, change your password and end the session.") % {
            "address": address
        }
    notify("account.sign_in", to=[person], title=title, text=text, url=reverse("account-devices"))


@receiver(factors_changed)
def tell_of_factors(sender, person, what, **kwargs):
    """Tell the person, in their language, that what opens their account has changed."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        titles = {
            "added": _("A second factor has been added to your account"),
            "removed": _("A second factor has been removed from your account"),
            "reset": _("The help desk has removed all second factors of your account"),
        }
        text = _("If you do not know about it, tell the help desk at once.")
    notify("account.factors", to=[person], title=titles[what], text=text, url=reverse("account-security"))


@receiver(password_reset)
def tell_of_reset(sender, person, by, **kwargs):
    """Tell the person, in their language, who has given them a new password."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        title = _("%(person)s of the help desk has given you a new password") % {"person": by}
        text = _("If you do not know about it, tell the help desk at once.")
    notify("account.password", to=[person], title=title, text=text, url=reverse("account-password"))
