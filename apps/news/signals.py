"""What follows when a page is published, or a role is given or taken."""

from django.conf import settings
from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from modelsearch import index
from wagtail.signals import page_published, page_unpublished

from apps.news.models import NewsPage
from apps.news.services import update_news_groups
from sso.api import Role


@receiver([page_published, page_unpublished], sender=NewsPage)
def index_page(sender, instance, **kwargs):
    index.insert_or_update_object(instance)
    cache.delete_many(make_template_fragment_key("news.newest", [code]) for code, _name in settings.LANGUAGES)


@receiver([post_save, post_delete], sender=Role)
def roles_changed(sender, **kwargs):
    transaction.on_commit(update_news_groups)
