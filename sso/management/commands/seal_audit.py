"""Seal the new entries of the record."""

import time

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from sso.models import AuditSeal
from sso.services.seals import seal


class Command(BaseCommand):
    help = "Seal the new entries of the record and print the newest seal, to be noted outside this machine."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on until stopped")

    def handle(self, *args, every, verbosity, **options):
        while True:
            while seal():
                pass
            if not every:
                break
            time.sleep(every)
            close_old_connections()
        newest = AuditSeal.objects.defer("digests").order_by("number").last()
        if newest and verbosity:
            self.stdout.write(f"{newest.number} {newest.last} {newest.hash}")
