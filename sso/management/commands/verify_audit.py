"""Say whether the record of sign-ins and administrative acts is as it was sealed."""

from datetime import datetime, time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from sso.services.seals import Broken, seal, verify


class Command(BaseCommand):
    help = "Compare the record with its seals. Says intact, or names the first broken entry and exits with 1."

    def add_arguments(self, parser):
        parser.add_argument(
            "--from", dest="since", type=moment, help="only the seals made since that day or time"
        )
        parser.add_argument(
            "--to", dest="until", type=moment, help="only the seals made before that day or time"
        )
        parser.add_argument(
            "--anchor", default="", help="hash of a seal that was noted elsewhere; it must be there"
        )

    def handle(self, *args, since, until, anchor, **options):
        try:
            seal()
            verdict = verify(since, until, anchor)
        except Broken as error:
            raise CommandError(str(error)) from error
        newest = verdict.newest
        self.stdout.write(
            f"Intact: {verdict.entries} entries in {verdict.seals} seals, {verdict.removed} removed by "
            f"shorten_audit, {verdict.unsealed} not sealed yet."
        )
        if verdict.misdated:
            some = ", ".join(map(str, verdict.misdated[:10]))
            self.stdout.write(
                f"Look at {len(verdict.misdated)} entries that were not sealed at the time that they say: {some}"
            )
        if newest:
            self.stdout.write(f"Newest seal: {newest.number} up to entry {newest.last}, {newest.hash}")


def moment(text: str) -> datetime:
    """Return the time ``text`` names: "2026-11-22" (its beginning) or "2026-11-22T08:00"."""
    found = parse_datetime(text) if "T" in text else None
    if found is None and (day := parse_date(text)):
        found = datetime.combine(day, time())
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)
