"""Run by test_plugin_sample.py in a process of its own: checks, migrations, then the pages it names.

Prints one line of JSON for each page: its path, its status, its text.
"""

import gc
import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

gc.disable()  # the process ends soon
django.setup()

from django.core.management import call_command  # noqa: E402 (needs the apps loaded)
from django.test import Client  # noqa: E402 (needs the apps loaded)

from tests.conftest import record_sign_in  # noqa: E402 (needs the apps loaded)
from tests.factories import person_of  # noqa: E402 (needs the apps loaded)

call_command("check", verbosity=0)
call_command("migrate", verbosity=0)
browser = Client(SERVER_NAME="localhost")
person = person_of(full_name="Trần Minh Anh")
browser.force_login(person)
record_sign_in(browser, person)
for path in sys.argv[1:]:
    answer = browser.get(path)
    sys.stdout.write(json.dumps([path, answer.status_code, answer.content.decode()]) + "\n")
