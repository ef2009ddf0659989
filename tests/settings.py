"""The suite's settings, with what tests want otherwise: no waiting, no collected files."""

import atexit
import os
import shutil
import tempfile
from base64 import b64encode

if "INTRANET_VAR" not in os.environ:
    folder = os.environ["INTRANET_VAR"] = tempfile.mkdtemp(prefix="intranet-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ.setdefault("INTRANET_SECRET_KEY", "for tests only")
os.environ.setdefault("INTRANET_SEALING_KEYS", b64encode(b"for tests only".center(32)).decode())

from intranet.settings import *  # noqa: F403
from intranet.settings import STORAGES, TASKS

TASKS = {"default": TASKS["default"] | {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
HOME_KEPT_SECONDS = 0
AUDIT_ANCHOR = None  # each test has a record of its own
WHITENOISE_AUTOREFRESH = True
