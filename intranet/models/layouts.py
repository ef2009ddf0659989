"""Where cards stand."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class DashboardLayout(models.Model):
    """How one layer arranges the home page: of the ministry (no owner), of a unit, or of a person.

    Nothing is copied from the layer below. ``operations`` are done in their order on what comes from
    there, each one of {"act": "hide" | "show" | "lock" | "unlock", "widget": name} and
    {"act": "move", "widget": name, "before": name or None for the end}; a name is "<plug-in>.<widget>".
    """

    unit = models.OneToOneField("sso.Unit", models.CASCADE, null=True, blank=True, related_name="layout")
    user = models.OneToOneField("sso.User", models.CASCADE, null=True, blank=True, related_name="layout")
    operations = models.JSONField(_("operations"), default=list, blank=True)

    class Meta:
        verbose_name = _("layout of the home page")
        verbose_name_plural = _("layouts of the home page")
        constraints = [
            models.CheckConstraint(condition=Q(unit=None) | Q(user=None), name="layout_has_one_owner"),
            models.UniqueConstraint(
                Coalesce("unit", 0), condition=Q(user=None), name="layout_of_the_ministry_is_one"
            ),
        ]

    def __str__(self):
        return str(self.user or self.unit or _("the ministry"))
