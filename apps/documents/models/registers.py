"""Kinds of documents, and the registers that number them."""

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.documents.reach import reach_of


class DocumentType(models.Model):
    """One of the 29 kinds of administrative documents or the 3 kinds of copies (NĐ 30/2020/NĐ-CP, Art. 7)."""

    class SymbolRule(models.TextChoices):
        TYPE_AGENCY = "type-agency", _("type and agency: QĐ-BTTTT")
        AGENCY_UNIT = "agency-unit", _("agency and unit: BTTTT-VP")
        NONE = "none", _("no symbol")

    key = models.SlugField(max_length=40, unique=True)
    code = models.CharField(_("abbreviation"), max_length=10, blank=True)
    name_vi = models.CharField(_("Vietnamese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    ordinal = models.PositiveSmallIntegerField(unique=True)
    is_copy = models.BooleanField(_("copy"), default=False)
    symbol_rule = models.CharField(max_length=20, choices=SymbolRule.choices, default=SymbolRule.TYPE_AGENCY)

    class Meta:
        verbose_name = _("kind of document")
        verbose_name_plural = _("kinds of documents")
        ordering = ["ordinal"]

    def __str__(self):
        return self.name_en if get_language() == "en" else self.name_vi


class RegisterQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The registers that ``user`` keeps or reads as a whole."""
        reach = reach_of(user)
        return self if reach.is_everywhere else self.filter(unit__in=reach.desk_units)


class Register(models.Model):
    """The documents of a unit in one direction and year (sổ đăng ký), numbered without a gap from 1."""

    class Direction(models.TextChoices):
        INCOMING = "incoming", _("incoming")
        OUTGOING = "outgoing", _("outgoing")

    unit = models.ForeignKey("sso.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    year = models.PositiveSmallIntegerField(_("year"))
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    name = models.CharField(_("name"), max_length=200)
    last_number = models.PositiveIntegerField(default=0, editable=False)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("register")
        verbose_name_plural = _("registers")
        ordering = ["-year", "direction", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "direction", "year", "name"], name="register_is_opened_once"
            )
        ]

    def __str__(self):
        return f"{self.name} {self.year}"

    def get_absolute_url(self):
        return f"{reverse('documents:list')}?box={self.direction}&register={self.pk}"

    @property
    def is_incoming(self) -> bool:
        return self.direction == self.Direction.INCOMING

    @property
    def next_number(self) -> int:
        """The number the next document will get, if nobody is quicker."""
        return self.last_number + 1
