from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "apps.tasks"
    verbose_name = _("Tasks")
    intranet_plugin = "apps.tasks.plugin.PLUGIN"
    is_delegable = True  # people may act for others here
