"""Keys that sign tokens, before they are due."""

from django.core.management.base import BaseCommand

from sso.services.keys import AHEAD, rotate, stored


class Command(BaseCommand):
    help = """Make the next keys that sign tokens.

    They follow one another by themselves; this is for a key that got known, or for a change before its time.
    """

    def add_arguments(self, parser):
        parser.add_argument(
            "--now",
            action="store_true",
            help="sign with the new keys at once and withdraw all others: what they signed is not accepted any more",
        )
        parser.add_argument("--cause", default="", help="why, for the record")

    def handle(self, *, now, cause, verbosity, **options):
        rotate(now=now, cause=cause)
        if now:
            self.stdout.write("Systems notice the new keys at their next request; some only within an hour.")
        elif verbosity > 1:
            self.stdout.write(f"New keys are published {AHEAD} before they sign.")
        for kept in stored() if verbosity else ():
            self.stdout.write(
                f"{kept.algorithm}  {kept.kid}  signs from {kept.signs_from:%Y-%m-%d %H:%M} UTC"
            )
