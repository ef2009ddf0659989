from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed when INTRANET_DEMO=yes."""

    name = "demo"
