"""manage.py sync_directory: bring people, units, posts and roles in from the mail directory."""

from django.core.management.base import BaseCommand, CommandError

from sso.directory import DirectoryIncomplete, DirectoryUnavailable
from sso.services.sync import NeedsConfirmation, sync_now


class Command(BaseCommand):
    help = (
        "Bring units, people, posts and roles in from the directory. Nobody is deleted; leavers are disabled."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--yes", action="store_true", help="disable more than 20 people or 2 %% too")
        parser.add_argument(
            "--same-people",
            action="store_true",
            help="the directory was loaded anew: who is called as before is the same person, with another entryUUID",
        )

    def handle(self, *args, dry_run, yes, same_people, verbosity, **options):
        tell = self.stdout.write if verbosity else lambda line: None
        try:
            report = sync_now(confirmed=yes, dry_run=dry_run, same_people=same_people, tell=tell)
        except DirectoryUnavailable as error:
            raise CommandError(f"The directory cannot be asked: {error}", returncode=2) from error
        except DirectoryIncomplete as error:
            raise CommandError(f"Nothing was changed. {error}", returncode=3) from error
        except NeedsConfirmation as error:
            hint = "Look with --dry-run; if it is right, say --yes."
            raise CommandError(f"Nothing was changed. {error} {hint}", returncode=4) from error
        shown = report.lines if verbosity > 1 or len(report.lines) <= 50 else report.lines[:20]
        for line in shown:
            self.stdout.write(line)
        if len(shown) < len(report.lines):
            self.stdout.write(f"… and {len(report.lines) - len(shown)} more (-v 2 shows all)")
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(report.counts.items()))
        word = "Would change" if dry_run else "Changed"
        self.stdout.write(self.style.SUCCESS(f"{word}: {counts or 'nothing'}."))
