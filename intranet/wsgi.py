"""The pages, for a server of their own."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intranet.settings")
application = get_wsgi_application()

from sso.api import watch  # noqa: E402 (needs the apps loaded)

watch()
