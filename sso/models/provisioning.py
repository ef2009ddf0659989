"""Systems that keep accounts of their own: where they take them (SCIM 2), and what each of them has confirmed."""

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TargetQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All for system admins, none for others."""
        from sso.permissions import is_system_admin

        return self if is_system_admin(user) else self.none()

    def at_work(self):
        """Those that are sent something: approved, switched on, and of a system that is."""
        return self.filter(is_approved=True, is_enabled=True, application__is_enabled=True)


class ProvisioningTarget(models.Model):
    """The SCIM service of ``application``. ``sealed_token`` is encrypted with settings.SEALING_KEYS.

    It works once a second system admin has approved its address, like everything that sends people's data somewhere.
    """

    class UserName(models.TextChoices):
        ACCOUNT = "account", _("Account")
        MAIL = "mail", _("Mail address")

    class Members(models.TextChoices):
        PEOPLE = "people", _("Only people")
        BELOW = "below", _("People and the groups below")

    application = models.OneToOneField("sso.Application", models.CASCADE, related_name="target")
    base_url = models.CharField(_("address of the SCIM service"), max_length=500)
    sealed_token = models.TextField()
    with_groups = models.BooleanField(_("send the units as groups"), default=False)
    group_members = models.CharField(
        _("members of a group"), max_length=10, choices=Members.choices, default=Members.PEOPLE
    )
    user_name = models.CharField(
        _("account name there"), max_length=10, choices=UserName.choices, default=UserName.ACCOUNT
    )
    is_enabled = models.BooleanField(_("keep the accounts in step"), default=True)
    is_approved = models.BooleanField(_("approved"), default=False)
    asked_by = models.ForeignKey("sso.User", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey("sso.User", models.PROTECT, null=True, related_name="+")
    can = models.JSONField(default=dict)  # what it says of itself: {"patch": true, "filter": true}
    # Who sends to it at the moment says until when at the latest, so that two never do.
    busy_until = models.DateTimeField(null=True)
    # The circuit: after faults in a row it is left alone for a while.
    faults = models.PositiveSmallIntegerField(default=0)
    fault = models.CharField(max_length=200, blank=True)
    rests_until = models.DateTimeField(null=True)
    look_at = models.DateTimeField(default=timezone.now)  # when everybody is looked at next
    compare_at = models.DateTimeField(default=timezone.now)  # when its own list is read next
    sent_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=dict)  # of that comparison
    reading = models.JSONField(default=dict)  # how far a comparison is that takes several turns

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("accounts in a system")
        verbose_name_plural = _("accounts in systems")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("asked_by")), name="provisioning_is_approved_by_another"
            ),
        ]

    def __str__(self):
        return str(self.application)

    @property
    def is_at_work(self) -> bool:
        return self.is_approved and self.is_enabled and self.application.is_enabled

    @property
    def is_resting(self) -> bool:
        return self.rests_until is not None and self.rests_until > timezone.now()

    @property
    def fault_words(self) -> str:
        from sso.scim.answers import words_of

        return words_of(self.fault)


class Receipt(models.Model):
    """What a system has confirmed of one thing, and what is still to be sent to it."""

    remote_id = models.CharField(max_length=255, blank=True)  # its key there
    sent = models.JSONField(default=dict)  # a digest of each attribute as it was confirmed last
    seen = models.CharField(max_length=32, blank=True)  # what it showed when mending was tried
    due_at = models.DateTimeField(null=True, db_index=True)  # there is something to send, from then on
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)  # why it was refused

    class Meta:
        abstract = True

    @property
    def answer_words(self) -> str:
        from sso.scim.answers import words_of

        return words_of(self.answer)


class AccountQuerySet(models.QuerySet):
    def in_step(self):
        return self.filter(due_at=None, held_at=None, is_on=True)

    def waiting(self):
        return self.filter(answer="").exclude(due_at=None)

    def refused(self):
        return self.exclude(answer="")

    def held(self):
        """Those that would be switched off, but so many at once need a yes."""
        return self.exclude(held_at=None)

    def off(self):
        return self.filter(due_at=None, held_at=None, is_on=False)

    def due(self, now):
        """What is to be sent now: first who is to be switched off, then what has waited longest."""
        return self.filter(due_at__lte=now).order_by("is_wanted", "due_at", "pk")

    def counts(self) -> dict[str, int]:
        """Return how many there are in each state, by the names of the querysets above. One query."""
        return self.aggregate(
            in_step=Count("pk", Q(due_at=None, held_at=None, is_on=True)),
            waiting=Count("pk", Q(due_at__isnull=False, answer="")),
            refused=Count("pk", ~Q(answer="")),
            held=Count("pk", Q(held_at__isnull=False)),
            off=Count("pk", Q(due_at=None, held_at=None, is_on=False)),
        )


class ProvisionedAccount(Receipt):
    """The account of ``user`` in a system. Rows stay when it is switched off: whoever comes back finds it again."""

    target = models.ForeignKey(ProvisioningTarget, models.CASCADE, related_name="accounts")
    user = models.ForeignKey("sso.User", models.CASCADE, related_name="provisioned")
    is_wanted = models.BooleanField(default=True)  # the person is active and may enter
    is_on = models.BooleanField(default=False)  # the system has confirmed an active account
    is_let_go = models.BooleanField(default=False)  # it is settled that it is switched off
    out_at = models.DateTimeField(null=True)  # when that was settled without anybody's yes
    held_at = models.DateTimeField(null=True)  # when it began to wait for one

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account in a system")
        verbose_name_plural = _("accounts in systems")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["target", "user"], name="account_in_a_system_is_one_row"),
            models.UniqueConstraint(
                fields=["target", "remote_id"],
                condition=~Q(remote_id=""),
                name="account_in_a_system_is_one_persons",
            ),
        ]

    def __str__(self):
        return f"{self.target} ← {self.user}"


class ProvisionedGroup(Receipt):
    """The group of ``unit`` in a system.

    ``members`` are the keys of accounts there and ``below`` those of groups, as they were confirmed last.
    """

    target = models.ForeignKey(ProvisioningTarget, models.CASCADE, related_name="groups")
    unit = models.ForeignKey("sso.Unit", models.CASCADE, related_name="provisioned")
    members = models.JSONField(default=list)
    below = models.JSONField(default=list)

    class Meta:
        verbose_name = _("group in a system")
        verbose_name_plural = _("groups in systems")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["target", "unit"], name="group_in_a_system_is_one_row"),
            models.UniqueConstraint(
                fields=["target", "remote_id"],
                condition=~Q(remote_id=""),
                name="group_in_a_system_is_one_units",
            ),
        ]

    def __str__(self):
        return f"{self.target} ← {self.unit}"
