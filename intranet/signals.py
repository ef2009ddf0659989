"""What follows when something of identity is changed by hand."""

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from intranet.frame import forget_systems
from intranet.services import update_page_admins
from sso.api import Application, Role


@receiver([post_save, post_delete], sender=Application)
def systems_changed(sender, **kwargs):
    transaction.on_commit(forget_systems)


@receiver([post_save, post_delete], sender=Role)
def roles_changed(sender, **kwargs):
    transaction.on_commit(update_page_admins)
