"""manage.py provision: keep the accounts in step that systems keep of their own (SCIM 2)."""

from collections import Counter

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from sso.models import ProvisioningTarget
from sso.services.provisioning.targets import plan
from sso.services.provisioning.working import bring_up_to_date, keep_in_step

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Keep the accounts of systems in step. Without a name: what the clock says (each minute). With one: look at "
        "everybody, compare the system's own list and send what is due, now."
    )

    def add_arguments(self, parser):
        parser.add_argument("system", nargs="?", help="name or client ID of a registered system")
        parser.add_argument("--plan", action="store_true", help="only say what would be sent")

    def handle(self, *, system, verbosity, **options):
        if system is None:
            if options["plan"]:
                raise CommandError("A plan of which system?")
            keep_in_step()
            return
        target = target_named(system)
        if options["plan"]:
            self.tell(plan(target), verbosity)
            return
        if not target.is_at_work:
            raise CommandError("Nothing is sent to it: it is not approved, or switched off.")
        if not bring_up_to_date(target):
            raise CommandError("Somebody else is sending to it at the moment.", returncode=2)
        target.refresh_from_db()
        counts = ", ".join(f"{kind} {count}" for kind, count in target.accounts.counts().items() if count)
        self.stdout.write(f"{target}: {counts or 'no accounts'}")
        for row in target.accounts.refused().select_related("user")[:SHOWN]:
            self.stdout.write(f"{row.user.username}: {row.answer_words}")
        if target.fault:
            raise CommandError(f"{target} does not take accounts: {target.fault_words}", returncode=3)

    def tell(self, acts: list[tuple[str, str]], verbosity: int) -> None:
        shown = acts if verbosity > 1 else acts[:SHOWN]
        for act, whom in shown:
            self.stdout.write(f"{act}: {whom}")
        if len(shown) < len(acts):
            self.stdout.write(f"… and {len(acts) - len(shown)} more (-v 2 shows all)")
        counts = ", ".join(f"{act} {count}" for act, count in sorted(Counter(act for act, _ in acts).items()))
        self.stdout.write(self.style.SUCCESS(f"Would send: {counts or 'nothing'}."))


def target_named(name: str) -> ProvisioningTarget:
    found = ProvisioningTarget.objects.filter(Q(application__name=name) | Q(application__client_id=name))
    if len(rows := list(found.select_related("application")[:2])) != 1:
        raise CommandError(
            f"There is {'no' if not rows else 'more than one'} such system with accounts: {name}"
        )
    return rows[0]
