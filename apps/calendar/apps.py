from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarConfig(AppConfig):
    name = "apps.calendar"
    verbose_name = _("Calendar")
    intranet_plugin = "apps.calendar.plugin.PLUGIN"
    is_delegable = True  # people may act for others here
