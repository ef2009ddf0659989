"""What follows when a page is handed in, decided upon or published, or a role is given or taken."""

from django.conf import settings
from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from modelsearch import index
from wagtail.models import WorkflowState
from wagtail.signals import (
    page_published,
    page_unpublished,
    task_submitted,
    workflow_approved,
    workflow_cancelled,
    workflow_rejected,
)

from apps.news.models import NewsPage
from apps.news.services import tell_editors, tell_writer, update_news_groups
from sso.api import Role


@receiver([page_published, page_unpublished], sender=NewsPage)
def index_page(sender, instance, **kwargs):
    index.insert_or_update_object(instance)
    cache.delete_many(make_template_fragment_key("news.newest", [code]) for code, _name in settings.LANGUAGES)


@receiver([post_save, post_delete], sender=Role)
def roles_changed(sender, **kwargs):
    transaction.on_commit(update_news_groups)


@receiver(task_submitted)
def item_handed_in(sender, instance, user, **kwargs):
    if item := news_of(instance.workflow_state):
        tell_editors(item, by=user)


@receiver([workflow_approved, workflow_rejected, workflow_cancelled])
def item_decided(sender, instance, user, **kwargs):
    """An editor who publishes what was handed in cancels its workflow by that."""
    if item := news_of(instance):
        tell_writer(item, instance, by=user)


def news_of(state: WorkflowState) -> NewsPage | None:
    """Return the item as the database has it, None when the workflow is about something else."""
    return (
        NewsPage.objects.filter(pk=state.object_id).first()
        if state.base_content_type.model == "page"
        else None
    )
