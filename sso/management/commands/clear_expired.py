"""The rows that nobody needs any more, removed."""

from django.core.management.base import BaseCommand

from sso.services.expiry import clear_expired


class Command(BaseCommand):
    help = (
        "Remove sessions, codes, tokens, invitations and trusted browsers that have run out or were ended, keys "
        "and notices that are over, and end the guests whose last day has passed (hourly)."
    )

    def handle(self, **options):
        for kind, count in clear_expired().items():
            if count or options["verbosity"] > 1:
                self.stdout.write(f"{kind}: {count}")
