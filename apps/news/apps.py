from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsConfig(AppConfig):
    name = "apps.news"
    verbose_name = _("News")
    intranet_plugin = "apps.news.plugin.PLUGIN"

    def ready(self):
        from apps.news import signals  # noqa: F401 (connects its receivers)
