"""Notices that nobody needs any more."""

from django.core.management.base import BaseCommand

from intranet.services import delete_old_notices


class Command(BaseCommand):
    help = "Delete notices older than 90 days. Meant for a daily timer."

    def handle(self, **options):
        self.stdout.write(f"{delete_old_notices()} notices deleted.")
