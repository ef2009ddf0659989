"""The pages of units."""

from django.core.management.base import BaseCommand

from intranet.services import ensure_unit_pages


class Command(BaseCommand):
    help = "Make and update the page of each unit, and who may edit it. Run it after sync_directory."

    def handle(self, **options):
        made, updated = ensure_unit_pages()
        self.stdout.write(f"Unit pages: {made} made, {updated} updated.")
