"""Move entries that are older than the law wants them out of the database."""

import gzip
import os
from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from sso.management.commands.verify_audit import moment
from sso.services.seals import Broken, shorten


class Command(BaseCommand):
    help = "Write the entries sealed before a day into a file, then remove them. Their seals stay, and so does a note."

    def add_arguments(self, parser):
        parser.add_argument("--before", type=moment, required=True, help="a day, a year ago at least")
        parser.add_argument("--into", type=Path, required=True, metavar="FILE.jsonl.gz")
        parser.add_argument("--cause", required=True, help="who decided it, kept in the record")

    def handle(self, *args, before, into, cause, **options):
        try:
            count = shorten(before, cause, lambda entries: write(entries, into))
        except (Broken, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} entries removed.")


def write(lines: Iterable[str], into: Path) -> None:
    """Write ``lines`` into a new file, which is on the disk at the end, or not there when that fails."""
    with into.open("xb") as whole:
        try:
            with gzip.open(whole, "wt", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
            whole.flush()
            os.fsync(whole.fileno())
        except BaseException:
            into.unlink()
            raise
