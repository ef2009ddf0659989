import gc

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntranetConfig(AppConfig):
    name = "intranet"
    verbose_name = _("Intranet")

    def ready(self):
        from intranet import checks, signals  # noqa: F401 (they register themselves)

        gc.freeze()  # what manage.py has imported without looking for garbage
        gc.enable()
