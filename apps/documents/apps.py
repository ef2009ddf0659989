from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "apps.documents"
    verbose_name = _("Documents")
    intranet_plugin = "apps.documents.plugin.PLUGIN"
    is_delegable = True  # people may act for others here
