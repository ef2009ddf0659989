"""Where a system takes its accounts: set up, approve, try, run now, and say yes to a wave. For system admins."""

from dataclasses import dataclass

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sso.models import Application, ProvisionedAccount, ProvisioningTarget, User
from sso.permissions import is_system_admin, require
from sso.scim.answers import Failed, words_of
from sso.scim.representation import digest
from sso.services.audit import Action, record
from sso.services.keys import seal
from sso.services.provisioning.groups import GROUPS, wishes
from sso.services.provisioning.looking import look
from sso.services.provisioning.sending import USERS, Line

# Where people's data goes, and what of it: no one admin changes it alone.
SENSITIVE = ["base_url", "user_name", "with_groups", "group_members"]
TOLD = [*SENSITIVE, "is_enabled"]
SET = [
    *TOLD, "sealed_token", "is_approved", "approved_by", "asked_by", "asked_at", "can", "findings", "compared_at",
    "reading", "faults", "fault", "rests_until",
]  # fmt: skip


class NotWaiting(Exception):
    """It was approved or changed meanwhile."""


@transaction.atomic
def save_target(target: ProvisioningTarget, token: str, *, by: User) -> None:
    """Store a filled-in ``target`` and, unless it is empty, its new ``token``.

    Another address or more data waits for a second admin, and nothing is sent until then. With another address the
    receipts go: they are about accounts elsewhere.
    """
    require(is_system_admin(by))
    before = ProvisioningTarget.objects.select_for_update().filter(pk=target.pk).first()
    if token:
        target.sealed_token = seal().encrypt(token.encode()).decode()
    elif before:
        target.sealed_token = before.sealed_token
    told = {name: [getattr(before, name, None), getattr(target, name)] for name in TOLD}
    told = {name: values for name, values in told.items() if values[0] != values[1]}
    if not told and not token:
        return
    if before is None or told.keys() & set(SENSITIVE):
        target.is_approved, target.approved_by = False, None
        target.asked_by, target.asked_at = by, timezone.now()
    if before and "base_url" in told:
        before.accounts.all().delete()
        before.groups.all().delete()
        target.can, target.findings, target.compared_at, target.reading = {}, {}, None, {}
    target.faults, target.fault, target.rests_until = 0, "", None
    target.save(update_fields=SET if before else None)
    record(Action.ACCOUNTS_SET_UP, by=by, client=target.application, token="new" if token else "", **told)
    if target.is_at_work:
        run(target)


def can_approve(user: User, target: ProvisioningTarget) -> bool:
    return is_system_admin(user) and user.pk != target.asked_by_id


@transaction.atomic
def approve_target(target: ProvisioningTarget, *, by: User) -> None:
    """Let the system be sent accounts, as ``target`` says. Raises NotWaiting when it says something else by now."""
    require(can_approve(by, target))
    waiting = ProvisioningTarget.objects.filter(
        pk=target.pk, is_approved=False, asked_by=target.asked_by, asked_at=target.asked_at
    )
    if not waiting.update(is_approved=True, approved_by=by):
        raise NotWaiting
    target.is_approved, target.approved_by = True, by
    shown = {name: getattr(target, name) for name in SENSITIVE}
    asked_by = target.asked_by.username if target.asked_by else ""
    record(Action.ACCOUNTS_APPROVED, by=by, client=target.application, asked_by=asked_by, **shown)
    if target.is_at_work:
        run(target)


@transaction.atomic
def run_now(target: ProvisioningTarget, *, by: User) -> None:
    """Have everybody looked at and the system's list compared now, also when it is being left alone."""
    require(is_system_admin(by) and target.is_at_work)
    ProvisioningTarget.objects.filter(pk=target.pk).update(rests_until=None, faults=0)
    now = timezone.now()
    for rows in (target.accounts, target.groups):
        rows.filter(due_at__gt=now).update(due_at=now)
    record(Action.ACCOUNTS_RUN, by=by, client=target.application)
    run(target)


def run(target: ProvisioningTarget) -> None:
    from sso.jobs import compare_accounts

    compare_accounts.enqueue(target.pk)


def mark_of(target: ProvisioningTarget) -> str:
    """Return what stands for the accounts that are held now, so that a yes is to those that were looked at."""
    return digest(sorted(target.accounts.held().values_list("pk", flat=True)))


@transaction.atomic
def allow_wave(target: ProvisioningTarget, seen: str, *, by: User) -> int:
    """Have the accounts switched off that are held. Returns how many. Raises NotWaiting when they are not those
    for which ``seen`` stands."""
    from sso.jobs import provision

    require(is_system_admin(by))
    rows = list(target.accounts.select_for_update(of=("self",)).held().select_related("user").order_by("pk"))
    if not rows or seen != digest([row.pk for row in rows]):
        raise NotWaiting
    held = target.accounts.filter(pk__in=[row.pk for row in rows])
    held.update(held_at=None, is_let_go=True, out_at=None, due_at=timezone.now())
    names = [row.user.username for row in rows]
    record(Action.ACCOUNTS_LET_GO, by=by, client=target.application, count=len(names), accounts=names)
    if target.is_at_work:
        provision.enqueue(target.pk, [])
    return len(rows)


# --- a try -----------------------------------------------------------------------------------------


class What(models.TextChoices):
    ANSWER = "answer", _("the service and what it can")
    ACCOUNTS = "accounts", _("list of accounts")
    GROUPS = "groups", _("list of groups")


@dataclass(frozen=True)
class Finding:
    """What was asked and found; ``is_good`` is None for what works, but with more effort."""

    what: What
    is_good: bool | None
    words: object


def try_target(target: ProvisioningTarget, *, by: User) -> list[Finding]:
    """Ask the system what it can and how many accounts it has; nothing is changed in it."""
    require(is_system_admin(by))
    line = Line(target)
    record(Action.ACCOUNTS_TRIED, by=by, client=target.application)
    try:
        line.learn()
    except Failed as error:
        return [Finding(What.ANSWER, False, words_of(error.answer))]
    found = [Finding(What.ANSWER, *words_of_can(target.can))]
    for what, kind in ((What.ACCOUNTS, USERS), (What.GROUPS, GROUPS)):
        if kind == USERS or target.with_groups:
            found.append(counted(line, what, kind))
    return found


def words_of_can(can: dict[str, bool]) -> tuple[bool | None, object]:
    if all(can.values()):
        return True, _("It answers, takes single changes (PATCH) and searches (filter).")
    lacks = [name for name, does in (("PATCH", can.get("patch")), ("filter", can.get("filter"))) if not does]
    return None, _("It answers, but cannot do %(what)s; we go without.") % {"what": ", ".join(lacks)}


def counted(line: Line, what: What, kind: str) -> Finding:
    try:
        return Finding(what, True, _("It shows %(count)s.") % {"count": line.client.count(kind)})
    except Failed as error:
        return Finding(what, False, words_of(error.answer))


# --- what would be sent ----------------------------------------------------------------------------


def plan(target: ProvisioningTarget) -> list[tuple[str, str]]:
    """Return what a run would send: pairs of an act and whom it is about. Nothing is sent and nothing kept."""
    with transaction.atomic():
        look(target)
        rows = target.accounts.select_related("user").order_by("pk")
        found = [(act_for(row), row.user.username) for row in rows if row.due_at or row.held_at]
        for wish in wishes(target):
            if not wish.is_fulfilled:
                act = "group" if wish.row.remote_id else "new group"
                found.append((act, f"{wish.flat['displayName']} +{len(wish.coming)} -{len(wish.going)}"))
        transaction.set_rollback(True)
    return found


def act_for(row: ProvisionedAccount) -> str:
    if row.held_at:
        return "held"
    if not row.is_wanted:
        return "switch off"
    return "change" if row.remote_id else "make"


def target_of(system: Application) -> ProvisioningTarget | None:
    return ProvisioningTarget.objects.filter(application=system).select_related("application").first()
