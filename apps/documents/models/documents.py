"""Official documents and their files."""

import re

from django.core.files.storage import storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.documents.models.registers import DocumentType, Register
from apps.documents.models.routing import Assignment
from apps.documents.reach import reach_of
from sso.api import fold, nfc

LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English")), ("fr", _("French")), ("zh", _("Chinese"))]
LANGUAGES += [("ru", _("Russian")), ("ja", _("Japanese")), ("ko", _("Korean")), ("lo", _("Lao"))]


def symbol_key(symbol: str) -> str:
    """Return the key by which symbols are compared: "QĐ–BTTTT", "qd bttt" → "qd-btttt"."""
    return re.sub(r"[^a-z0-9]+", "-", fold(symbol)).strip("-")


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The documents of registers that ``user`` reads, and those routed to ``user`` or to their unit."""
        reach = reach_of(user)
        if reach.is_everywhere:
            return self
        return self.reached_by(reach.people, reach.office_units, reach.desk_units)

    def reached_by(self, people, office_units, desk_units):
        """The documents routed to ``people`` or ``office_units``, and those in registers of ``desk_units``."""
        routed = Assignment.objects.standing().filter(Q(person__in=people) | Q(unit__in=office_units))
        registers = Register.objects.filter(unit__in=desk_units)
        return self.filter(Q(pk__in=routed.values("document")) | Q(register__in=registers.values("pk")))

    def like(self, document: "Document"):
        """The documents of the same unit and direction with equal number, symbol and issuer.

        Accents do not matter unless the kinds differ, too: HĐ is a contract, HD are instructions.
        """
        same = self.filter(
            duplicate_key=document.make_duplicate_key(),
            register__unit=document.register.unit_id,
            register__direction=document.register.direction,
        ).filter(Q(type=document.type_id) | Q(symbol__iexact=document.symbol))
        return same.exclude(pk=document.pk)

    def for_rows(self):
        """Load what a row of a list shows, and nothing long."""
        return self.select_related("register", "type").only(
            "number", "entered_on", "code_number", "symbol", "issued_on", "organisation", "type_name",
            "subject", "urgency", "state", "due_on", "recipients", "register__name", "register__year",
            "register__direction", "type__name_vi", "type__name_en",
        )  # fmt: skip


class Document(models.Model):
    """An incoming document (văn bản đến), or an outgoing one (văn bản đi), as registered.

    ``number`` is given by the register: of an incoming document the arrival number (số đến), of an outgoing
    one its own number. ``code_number`` and ``symbol`` are those of the document as written by its issuer.
    """

    class Urgency(models.IntegerChoices):
        """Codes of the exchange packet; NĐ 30/2020/NĐ-CP, Annex I, III.2b."""

        NORMAL = 0, pgettext_lazy("urgency", "Ordinary")
        URGENT = 1, pgettext_lazy("urgency", "Urgent")
        VERY_URGENT = 2, pgettext_lazy("urgency", "Very urgent")
        FLASH = 3, pgettext_lazy("urgency", "Flash")

    class State(models.TextChoices):
        REGISTERED = "registered", _("to be routed")
        ROUTED = "routed", _("in progress")
        INFORMED = "informed", _("for information")
        RETURNED = "returned", _("returned to the clerk")
        DONE = "done", _("done")

    register = models.ForeignKey(
        Register, models.PROTECT, related_name="documents", verbose_name=_("register")
    )
    number = models.PositiveIntegerField(_("number in the register"), editable=False)
    entered_on = models.DateField(_("date of arrival"), default=timezone.localdate, db_index=True)
    code_number = models.CharField(_("number"), max_length=20, blank=True)
    symbol = models.CharField(_("symbol"), max_length=60, blank=True)
    issued_on = models.DateField(_("date of the document"), db_index=True)
    organisation = models.CharField(_("issued by"), max_length=200)
    type = models.ForeignKey(
        DocumentType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kind of document"),
    )
    type_name = models.CharField(_("other kind"), max_length=100, blank=True)
    subject = models.CharField(_("subject"), max_length=1000)
    signer_name = models.CharField(_("signed by"), max_length=100, blank=True)
    signer_position = models.CharField(_("position of the signer"), max_length=150, blank=True)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.NORMAL)
    pages = models.PositiveSmallIntegerField(
        pgettext_lazy("document", "pages"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9999)],
    )
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="vi")
    due_on = models.DateField(_("to be handled by"), null=True, blank=True)
    recipients = models.CharField(_("recipients"), max_length=1000, blank=True)
    copies = models.PositiveSmallIntegerField(
        _("number of copies"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9999)],
    )
    kept_by = models.CharField(_("copy kept by"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    reply_number = models.CharField(_("answered by document"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.REGISTERED)
    created_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    number_value = models.PositiveIntegerField(null=True, editable=False, db_index=True)
    symbol_key = models.CharField(max_length=80, blank=True, editable=False)
    duplicate_key = models.CharField(max_length=320, blank=True, editable=False, db_index=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-pk"]  # the order of registration, newest first
        constraints = [
            models.UniqueConstraint(fields=["register", "number"], name="document_number_is_given_once")
        ]

    def __str__(self):
        return f"{self.code} – {self.subject}" if self.code else self.subject

    def get_absolute_url(self):
        return reverse("documents:detail", args=[self.pk])

    @property
    def code(self) -> str:
        """Number and symbol as written: "12/QĐ-BTTTT"."""
        return "/".join(part for part in (self.code_number, self.symbol) if part)

    @property
    def kind(self) -> str:
        """The name of the kind; without the law's "(individual)" that nobody says."""
        name = str(self.type).split(" (")[0] if self.type_id else self.type_name
        return nfc(name)

    @property
    def title_line(self) -> str:
        """Kind, number and issuer in one line: "Quyết định 12/QĐ-BTC · Bộ Tài chính"."""
        return " · ".join(part for part in (f"{self.kind} {self.code}".strip(), self.organisation) if part)

    @property
    def urgency_tone(self) -> str:
        return {0: "", 1: "due"}.get(self.urgency, "late")

    @property
    def state_tone(self) -> str:
        return {"registered": "brand", "routed": "brand", "returned": "late", "done": "ok"}.get(
            self.state, ""
        )

    @property
    def is_open(self) -> bool:
        return self.state not in (self.State.DONE, self.State.INFORMED)

    @property
    def open_due(self):
        """The deadline while it still counts."""
        return self.due_on if self.is_open else None

    @property
    def receivers_line(self) -> str:
        """Who has it, for the printed register: whom it was given to, else who was written down."""
        return "; ".join(str(step.target) for step in self.assignments.all()) or self.recipients

    @property
    def handed_over_on(self):
        """The day it was first routed."""
        steps = self.assignments.all()
        return timezone.localtime(steps[0].given_at).date() if steps else None

    def make_duplicate_key(self) -> str:
        number = re.sub(r"^0+(?=\d)", "", fold(self.code_number))
        return f"{number}|{symbol_key(self.symbol)}|{fold(self.organisation)}" if self.code else ""

    def derive_keys(self):
        """Fill the keys that are computed from other fields; every writer calls it before saving."""
        digits = re.match(r"\d{1,9}", self.code_number.strip())
        self.number_value = int(digits[0]) if digits else None
        self.symbol_key = symbol_key(self.symbol)[:80]
        self.duplicate_key = self.make_duplicate_key()[:320]


def file_place(attachment: "Attachment", name: str) -> str:
    """Return where a file lies: below its month, under its checksum's first half."""
    return f"documents/{timezone.localdate():%Y/%m}/{attachment.sha256[:32]}.pdf"


def private_storage():
    return storages["private"]


class Attachment(models.Model):
    """A PDF file. Without a document it is an upload that waits for its form to be complete."""

    document = models.ForeignKey(Document, models.CASCADE, null=True, blank=True, related_name="attachments")
    file = models.FileField(upload_to=file_place, storage=private_storage, max_length=200)
    name = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    uploaded_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("documents:file", args=[self.document_id, self.pk])
