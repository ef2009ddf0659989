"""Everybody out: after a backup was put back, or when keys or a database got into other hands."""

from django.core.management.base import BaseCommand

from sso.models import User
from sso.services.revocation import Reason, revoke


class Command(BaseCommand):
    help = "End the sessions, tokens and trusted browsers of everybody. Whoever is active may sign in anew."

    def add_arguments(self, parser):
        parser.add_argument("--cause", required=True, help="why, for the record")

    def handle(self, *, cause, **options):
        count = revoke(User.objects.values_list("pk", flat=True), Reason.BY_ADMIN, words=cause)
        self.stdout.write(f"All access of {count} people has ended.")
