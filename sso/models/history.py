"""What units were called and where they stood before."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class UnitPast(models.Model):
    """A unit as it was up to and with ``valid_to``, before it was renamed or moved; written once, never changed.

    What it is since then stands in the next such row, or else in the unit itself.
    """

    unit = models.ForeignKey("sso.Unit", models.CASCADE, related_name="past")
    code = models.CharField(_("code"), max_length=40)
    name_vi = models.CharField(_("Vietnamese name"), max_length=250)
    name_en = models.CharField(_("English name"), max_length=250, blank=True)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    parent = models.ForeignKey("sso.Unit", models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"))

    class Meta:
        verbose_name = _("earlier state of a unit")
        verbose_name_plural = _("earlier states of units")
        ordering = ["unit", "valid_to"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_to"], name="unit_has_one_state_a_day"),
            models.CheckConstraint(
                condition=models.Q(valid_from=None) | models.Q(valid_from__lte=models.F("valid_to")),
                name="state_of_unit_ends_after_it_begins",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """The name of that time in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name_vi
