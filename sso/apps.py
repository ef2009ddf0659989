from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class SsoConfig(AppConfig):
    name = "sso"
    verbose_name = _("Identity")

    def ready(self):
        from sso.services import emergency  # noqa: F401 (it listens)

        # Sessions and the record say when somebody signed in; Django would write it once more.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
