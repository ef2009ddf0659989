"""Make the emergency account, or a new passkey for it."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from sso.services.emergency import make_emergency_account


class Command(BaseCommand):
    help = (
        "Make the one system admin that works without the directory, and print the link by which its passkey is made: "
        "once, within 72 hours. Called again, the passkey and all access from before end."
    )

    def handle(self, **options):
        account, token = make_emergency_account()
        self.stdout.write(f"Account: {account.username}")
        self.stdout.write(
            f"Link, for 72 hours and one use: {settings.BASE_URL}{reverse('invitation', args=[token])}"
        )
        self.stdout.write(
            "Open it with a security key in the browser, then seal the key in an envelope in a safe."
        )
