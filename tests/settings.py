"""The suite's settings, with what tests want otherwise: no waiting, no collected files."""

import os
import tempfile

os.environ.setdefault("INTRANET_VAR", tempfile.mkdtemp(prefix="intranet-tests-"))
os.environ.setdefault("INTRANET_SECRET_KEY", "for tests only")

from intranet.settings import *  # noqa: F403
from intranet.settings import STORAGES

TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
HOME_KEPT_SECONDS = 0
WHITENOISE_AUTOREFRESH = True
