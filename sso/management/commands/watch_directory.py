"""manage.py watch_directory: tell the system admins when people are held back or the directory is not followed."""

from django.core.management.base import BaseCommand

from sso.services.health import watch_directory


class Command(BaseCommand):
    help = "Tell the system admins of people who are held back and of a directory that is not followed (each minute)."

    def handle(self, **options):
        for trouble in sorted(watch_directory()):
            self.stdout.write(trouble)
