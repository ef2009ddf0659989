"""manage.py compare_directory: bring in what the directory has changed without telling the follower."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sso.directory import DirectoryIncomplete, DirectoryUnavailable
from sso.services.sync.comparing import compare_directory


class Command(BaseCommand):
    help = (
        "Compare all of the directory with what is known of it (once a day): changed rights and renamed containers are "
        "told to nobody who follows. Too many who would be put out wait for a yes."
    )

    def handle(self, *, verbosity, **options):
        if not settings.LDAP_URLS:
            return
        try:
            report = compare_directory()
        except DirectoryUnavailable as error:
            raise CommandError(f"The directory cannot be asked: {error}", returncode=2) from error
        except DirectoryIncomplete as error:
            raise CommandError(f"Nothing was changed. {error}", returncode=3) from error
        if verbosity:
            for line in report.lines:
                self.stdout.write(line)
            counts = ", ".join(f"{kind} {count}" for kind, count in sorted(report.counts.items()))
            self.stdout.write(self.style.SUCCESS(f"Changed: {counts or 'nothing'}."))
