"""Fill the database and the mailboxes with the demo ministry. Running it again changes nothing."""

import time
from importlib import import_module
from io import StringIO

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from demo import state
from demo.data import titles, unit_pages
from sso.api import Application, User

DATA = ("mail", "calendar", "tasks", "news", "documents")


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        self.step("People and units", read_directory)
        self.step("Titles in English", titles.load)
        self.step("Unit pages", unit_pages.load)
        self.step("Registered systems", register_systems)
        for name in DATA:
            if apps.is_installed(f"apps.{name}"):
                self.step(f"Data: {name}", import_module(f"demo.data.{name}").load)

    def step(self, title, load):
        """Call ``load(progress)``, where ``progress(done, of)`` or ``progress(text)`` shows how far it is."""
        shown = Progress(title, self.stdout)
        load(shown)
        shown.finish()


class Progress:
    """One line for each step: rewritten in a terminal, written once at the end elsewhere."""

    def __init__(self, title, stdout):
        self.title, self.stdout = title, stdout
        self.started = time.monotonic()
        self.shown = 0.0

    def __call__(self, *words):
        if not self.stdout.isatty() or time.monotonic() - self.shown < 0.1:
            return
        self.shown = time.monotonic()
        text = f"{words[0]} / {words[1]}" if len(words) == 2 else " ".join(map(str, words))
        self.stdout.write(f"\r\033[K  {self.title}: {text}", ending="")
        self.stdout.flush()

    def finish(self):
        start = "\r\033[K" if self.stdout.isatty() else ""
        self.stdout.write(f"{start}  {self.title}: {time.monotonic() - self.started:.1f} s")


@transaction.atomic
def read_directory(progress):
    """Everybody, and a page for each unit; quantri administers the system, all of Wagtail and Django's admin."""
    call_command("sync_directory", stdout=StringIO())
    call_command("sync_pages", stdout=StringIO())
    person = User.objects.get(username="quantri")
    if not person.is_superuser:
        person.is_superuser = True
        person.save(update_fields=["is_superuser"])


@transaction.atomic
def register_systems(progress):
    """The mail server, which asks about tokens, and the foreign system that people sign in to through us."""
    register(
        state.MAIL_SERVER,
        name="Máy chủ thư điện tử",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        serves_scopes=["mail"],
    )
    ports = state.read_ports()
    if ports:
        address = f"http://127.0.0.1:{ports.foreign}"
        register(
            state.FOREIGN,
            name="Cổng dịch vụ công",
            description="Hệ thống thử nghiệm, đăng nhập bằng tài khoản nội bộ",
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris=f"{address}/callback",
            post_logout_redirect_uris=f"{address}/",
            backchannel_logout_uri=f"{address}/backchannel-logout",
            algorithm=Application.RS256_ALGORITHM,
            allowed_scopes=["openid", "profile", "email", "organization"],
            skip_authorization=True,
            tile_url=f"{address}/",
            icon="world",
        )


def register(client_id, **fields):
    secret = state.client_secret(client_id)
    Application.objects.update_or_create(client_id=client_id, defaults={**fields, "client_secret": secret})
