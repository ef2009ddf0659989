"""Registration data, and the registers to choose from."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.documents import services
from apps.documents.forms.fields import TextField
from apps.documents.models import Attachment, Document, DocumentType, Register
from apps.documents.reach import reach_of
from sso.api import DayField, Role, Unit, User, nfc

COMMON = [
    "register", "entered_on", "organisation", "symbol", "issued_on", "type", "type_name", "subject",
    "signer_name", "signer_position", "urgency", "pages", "language", "due_on", "recipients", "note",
]  # fmt: skip


def units_kept(user: User):
    """The units whose registers ``user`` fills, for themselves or for another."""
    roles = [role for person in reach_of(user).users for role in person.current_roles]
    roles = [role for role in roles if role.name == Role.CLERK]
    if any(role.unit is None for role in roles):
        return Unit.objects.current()
    return Unit.objects.filter(pk__in={role.unit_id for role in roles})


def registers_kept(user: User, direction: str):
    """The registers of this year and the last that ``user`` fills, the newest first."""
    years = (timezone.localdate().year, timezone.localdate().year - 1)
    found = Register.objects.filter(unit__in=units_kept(user), direction=direction, year__in=years)
    return found.select_related("unit")


class RegisterChoice(forms.ModelChoiceField):
    def label_from_instance(self, register):
        label = _("%(register)s – %(unit)s (next number %(number)s)")
        return label % {"register": register, "unit": register.unit, "number": register.next_number}


class DocumentForm(forms.ModelForm):
    """Registration data. ``upload`` is a file that came with an earlier try and still waits."""

    direction = ""
    lacks_this_year = False  # on the first of January
    register = RegisterChoice(queryset=Register.objects.none(), label=_("Register"), empty_label=None)
    file = forms.FileField(
        label=_("PDF file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        help_text=_("The scanned or electronic document, one PDF of at most 25 MB."),
    )
    upload = forms.ModelChoiceField(Attachment.objects.none(), required=False, widget=forms.HiddenInput)
    is_not_secret = forms.BooleanField(
        label=_("The document contains no state secret"),
        help_text=_("Secret documents must not be entered here, not even their subject."),
        error_messages={
            "required": _("Confirm that it contains no state secret. A secret one must not be entered.")
        },
    )
    is_confirmed = forms.BooleanField(
        label=_("It is not the same document; register it once more"), required=False
    )

    class Meta:
        model = Document
        fields = COMMON
        field_classes = dict.fromkeys(["entered_on", "issued_on", "due_on"], DayField)
        widgets = {
            "subject": forms.Textarea(attrs={"rows": 3}),
            "recipients": forms.Textarea(attrs={"rows": 2}),
            "note": forms.Textarea(attrs={"rows": 2}),
            "code_number": forms.TextInput(attrs={"autocomplete": "off"}),
            "symbol": forms.TextInput(attrs={"autocomplete": "off", "placeholder": "QĐ-BTTTT"}),
            "organisation": forms.TextInput(attrs={"list": "documents-issuers", "autocomplete": "off"}),
        }
        help_texts = {
            "type_name": _(
                "Only when the kind is not in the list, such as a law or a letter from a citizen."
            ),
            "subject": _("As written in the document (trích yếu)."),
            "recipients": _("Units or persons, as they will stand in the printed register."),
        }

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        self.user = user
        self.fields["type"].queryset = DocumentType.objects.all()
        self.fields["type"].empty_label = _("– choose –")
        self.fields["upload"].queryset = Attachment.objects.filter(document=None, uploaded_by=user)
        self.fields["file"].widget.attrs.update(
            {"data-max-bytes": settings.UPLOAD_MAX_BYTES, "data-too-big": _("The file is larger than 25 MB.")}
        )
        if self.instance.pk:
            for name in ("register", "file", "upload", "is_not_secret"):
                del self.fields[name]
        else:
            self.fields["register"].queryset = registers = registers_kept(user, self.direction)
            self.lacks_this_year = timezone.localdate().year not in {each.year for each in registers}
        if not self.instance.pk or self.direction == Register.Direction.OUTGOING:
            self.fields["organisation"].widget.attrs["maxlength"] = 200
        self.is_duplicate = False

    def clean(self):
        """Keep a good file even when another field is wrong: a browser does not send it again by itself."""
        cleaned = super().clean()
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = " ".join(nfc(value).split()) if name != "note" else nfc(value)
        file = cleaned.get("file")
        if self.errors.pop("upload", None):
            self.add_error("file", _("This upload is not there any more. Please choose the file again."))
        elif file:
            try:
                cleaned["upload"] = services.keep_upload(file, by=self.user)
            except ValidationError as error:
                self.add_error("file", error)
        if not cleaned.get("type") and not cleaned.get("type_name") and "type" not in self.errors:
            self.add_error("type", _("Choose the kind of document, or write it below."))
        return cleaned

    @property
    def kept_upload(self) -> Attachment | None:
        """The file that is already there, from this try, an earlier one or another app."""
        if self.is_bound:
            return getattr(self, "cleaned_data", {}).get("upload")
        key = self.initial.get("upload")
        return (
            self.fields["upload"].queryset.filter(pk=key).first() if key and "upload" in self.fields else None
        )

    def save(self):
        """Register or correct. Returns None when the service refuses; the reasons are then at the fields."""
        try:
            if self.instance.pk:
                return services.correct_document(
                    self.instance, by=self.user, is_confirmed=self.cleaned_data["is_confirmed"]
                )
            return services.register_document(
                self.instance,
                by=self.user,
                upload=self.cleaned_data.get("upload"),
                is_confirmed=self.cleaned_data["is_confirmed"],
            )
        except ValidationError as error:
            self.is_duplicate = getattr(error, "code", "") == "duplicate"
            self.add_error("is_confirmed" if self.is_duplicate else None, error)
            return None


class IncomingForm(DocumentForm):
    direction = Register.Direction.INCOMING

    class Meta(DocumentForm.Meta):
        fields = [*COMMON, "code_number"]
        labels = {"recipients": _("Unit or person to receive it")}


class OutgoingForm(DocumentForm):
    direction = Register.Direction.OUTGOING

    class Meta(DocumentForm.Meta):
        fields = [*COMMON, "copies", "kept_by"]
        labels = {
            "entered_on": _("Date of registration"),
            "recipients": _("Recipients"),
            "due_on": _("Answer wanted by"),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["recipients"].required = True
        self.fields["signer_name"].required = True
        self.fields["symbol"].required = True
        self.fields["organisation"].initial = settings.WAGTAIL_SITE_NAME


class AttachForm(forms.Form):
    file = DocumentForm.base_fields["file"]
    is_not_secret = DocumentForm.base_fields["is_not_secret"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["file"].required = True


class OpenRegisterForm(forms.Form):
    NAMES = {
        Register.Direction.INCOMING: "Sổ đăng ký văn bản đến",
        Register.Direction.OUTGOING: "Sổ đăng ký văn bản đi",
    }

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), empty_label=None)
    direction = forms.ChoiceField(label=_("Direction"), choices=Register.Direction.choices)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    name = TextField(
        label=_("Name of the register"),
        max_length=200,
        required=False,
        help_text=_("Empty: the name that the law gives it."),
    )

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        year = timezone.localdate().year
        self.fields["unit"].queryset = units_kept(user)
        self.fields["year"].choices = [(each, each) for each in (year, year + 1, year - 1)]

    def clean(self):
        """A register without a name bears that of the law, in every language."""
        cleaned = super().clean()
        cleaned["name"] = cleaned.get("name") or self.NAMES.get(cleaned.get("direction"), "")
        return cleaned
