from django.core.management.base import BaseCommand

from intranet.jobs import delete_old_notices


class Command(BaseCommand):
    help = "Enqueue the deletion of notices older than 90 days. Meant for a daily timer."

    def handle(self, **options):
        delete_old_notices.enqueue()
