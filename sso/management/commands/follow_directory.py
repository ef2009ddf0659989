"""manage.py follow_directory: apply each change of the mail directory at once, until SIGTERM."""

import signal

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sso.services.following import Follower
from sso.services.health import health


class Command(BaseCommand):
    help = (
        "Follow the directory: who is locked there or leaves is out within a second. Runs until it is ended; a second "
        "one waits for the end of the first."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--status", action="store_true", help="say how it stands, and fail when it is not well"
        )

    def handle(self, *args, status, **options):
        if status:
            return self.say_status()
        follower = Follower()

        def end(*_) -> None:
            follower.is_over = True  # an exception from here could leave python-ldap's lock taken

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        follower.run()

    def say_status(self) -> None:
        now = health()
        followed, held = now.followed, now.held
        lag = "" if followed.lag_seconds is None else f", {followed.lag_seconds:.2f} s after it was made"
        self.stdout.write(f"Followed: {followed.mode or 'never yet'}")
        self.stdout.write(f"Last heard: {when(followed.heard_at)}")
        self.stdout.write(f"Last change applied: {when(followed.changed_at)}{lag}")
        for entry in held:
            self.stdout.write(
                f"Held, waiting for a yes (on the page Directory, or sync_directory --yes): {entry}"
            )
        if followed.fault:
            raise CommandError(f"Not followed since {when(followed.fault_since)}: {followed.fault}")
        if followed.heard_at is None or now.stopped_at:
            raise CommandError("Nobody follows the directory.")
        if held:
            raise CommandError(f"{len(held)} people or units wait for a yes.")


def when(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else "never"
