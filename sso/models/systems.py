"""Changes of registered systems that wait for a second person, and what systems were told of sign-outs."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SystemRequestQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=SystemRequest.State.WAITING)


class SystemRequest(models.Model):
    """That ``application`` shall begin to work, or get these ``values``: once somebody else has approved it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for approval")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        TAKEN_BACK = "taken_back", _("taken back")

    application = models.ForeignKey("sso.Application", models.CASCADE, related_name="requests")
    values = models.JSONField(default=dict)  # of fields of the application, as they shall be
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("sso.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(_("reason"), max_length=250, blank=True)

    objects = SystemRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about a system")
        verbose_name_plural = _("requests about systems")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("asked_by")),
                name="system_is_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(state="waiting"), name="one_request_about_a_system_waits"
            ),
        ]

    def __str__(self):
        return f"{self.application}: {self.get_state_display()}"


class LogoutNoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All for system admins; others see what was said about themselves."""
        from sso.permissions import is_system_admin

        return self if is_system_admin(user) else self.filter(user=user)


class LogoutNotice(models.Model):
    """That ``application`` is told that the session ``sid`` of ``user`` has ended, and what it answered."""

    class State(models.TextChoices):
        WAITING = "waiting", _("being told")
        CONFIRMED = "confirmed", _("has confirmed the sign-out")
        FAILED = "failed", _("has not answered")

    application = models.ForeignKey("sso.Application", models.CASCADE, related_name="logout_notices")
    user = models.ForeignKey("sso.User", models.CASCADE, related_name="logout_notices")
    sid = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=30)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    objects = LogoutNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a sign-out")
        verbose_name_plural = _("notices of sign-outs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-made_at"], name="logout_of_user")]

    def __str__(self):
        return f"{self.application} ← {self.user}: {self.get_state_display()}"

    @property
    def reason_words(self) -> str:
        from sso.services.revocation import Reason

        return str(dict(Reason.choices).get(self.reason, self.reason))

    @property
    def answer_words(self) -> str:
        """What the system answered last, or why it could not be reached."""
        from sso.outbound import Trouble

        return str(dict(Trouble.choices).get(self.answer, self.answer))
