"""What people type: registration, routing, reports, and the questions of the lists."""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.documents import services
from apps.documents.models import Assignment, Attachment, Document, DocumentType, Register
from apps.documents.permissions import can_give_to
from apps.documents.reach import reach_of
from sso.api import Post, Role, Unit, User, fold, nfc


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class TextField(forms.CharField):
    """Text in NFC, as everything is stored."""

    def to_python(self, value):
        return nfc(super().to_python(value))


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
        error_messages={"required": _("Confirm that it contains no state secret. A secret one must not be entered.")},
    )
    is_confirmed = forms.BooleanField(
        label=_("It is not the same document; register it once more"), required=False
    )

    class Meta:
        model = Document
        fields = [
            "register", "entered_on", "organisation", "code_number", "symbol", "issued_on", "type", "type_name",
            "subject", "signer_name", "signer_position", "urgency", "pages", "language", "due_on", "recipients",
            "copies", "kept_by", "note",
        ]  # fmt: skip
        widgets = {
            "entered_on": DayInput(),
            "issued_on": DayInput(),
            "due_on": DayInput(),
            "subject": forms.Textarea(attrs={"rows": 3}),
            "recipients": forms.Textarea(attrs={"rows": 2}),
            "note": forms.Textarea(attrs={"rows": 2}),
            "code_number": forms.TextInput(attrs={"autocomplete": "off"}),
            "symbol": forms.TextInput(attrs={"autocomplete": "off", "placeholder": "QĐ-BTTTT"}),
            "organisation": forms.TextInput(attrs={"list": "documents-issuers", "autocomplete": "off"}),
        }
        help_texts = {
            "type_name": _("Only when the kind is not in the list, such as a law or a letter from a citizen."),
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
            self.fields["register"].queryset = registers_kept(user, self.direction)
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
        if file:
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
        return self.fields["upload"].queryset.filter(pk=key).first() if key and "upload" in self.fields else None

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
        exclude = ["copies", "kept_by"]
        labels = {"recipients": _("Unit or person to receive it")}


class OutgoingForm(DocumentForm):
    direction = Register.Direction.OUTGOING

    class Meta(DocumentForm.Meta):
        exclude = ["code_number"]
        labels = {"entered_on": _("Date of registration"), "recipients": _("Recipients"), "due_on": _("Answer wanted by")}

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
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), empty_label=None)
    direction = forms.ChoiceField(label=_("Direction"), choices=Register.Direction.choices)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    name = TextField(label=_("Name"), max_length=200)

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        year = timezone.localdate().year
        self.fields["unit"].queryset = units_kept(user)
        self.fields["year"].choices = [(each, each) for each in (year, year + 1, year - 1)]
        self.fields["name"].initial = _("Register of incoming documents")


@dataclass
class Candidate:
    """Somebody a document may be given to, as a row of the routing form."""

    to: User | Unit
    role: str = ""

    @property
    def key(self) -> str:
        return f"{'p' if isinstance(self.to, User) else 'u'}{self.to.pk}"

    @property
    def field(self) -> str:
        return f"role_{self.key}"

    @property
    def line(self) -> str:
        return self.to.post_line if isinstance(self.to, User) else ""

    @property
    def is_person(self) -> bool:
        return isinstance(self.to, User)


class RouteForm(forms.Form):
    """Whom to give a document to: a search, and for each candidate a role. Those chosen stay on the page."""

    MOST_FOUND = 12

    find = TextField(
        label=_("Find a person or unit"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    instruction = TextField(
        label=_("Instruction"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is to be done; everybody you choose reads it."),
    )
    due_on = forms.DateField(label=_("To be handled by"), required=False, widget=DayInput())

    def __init__(self, *args, giver: User, **options):
        super().__init__(*args, **options)
        self.giver = giver
        self.chosen = self._chosen()

    def _chosen(self) -> list[Candidate]:
        roles = {}
        for name, role in self.data.items():
            key = name.removeprefix("role_")
            if name.startswith("role_") and key[1:].isdecimal() and len(key) < 18 and role in Assignment.Role.values:
                roles[key] = role
        people = User.objects.active().filter(pk__in=[key[1:] for key in roles if key[0] == "p"])
        units = Unit.objects.current().filter(pk__in=[key[1:] for key in roles if key[0] == "u"])
        found = [Candidate(to=to) for to in [*units, *with_posts(people)]]
        for candidate in found:
            candidate.role = roles[candidate.key]
        return found

    @property
    def found(self) -> list[Candidate]:
        """Units and people that fit what is asked for; without a question, those most likely."""
        asked = fold(nfc(self.data.get(self.add_prefix("find"), "")))
        there = {candidate.key for candidate in self.chosen}
        if asked:
            units = [unit for unit in Unit.objects.current() if all(word in unit_key(unit) for word in asked.split())]
            people = with_posts(User.objects.active().matching(asked)[: self.MOST_FOUND])
            found = [*units[: self.MOST_FOUND], *people]
        else:
            found = self._likely()
        found = [Candidate(to=to) for to in found if may_get(self.giver, to)]
        return [candidate for candidate in found if candidate.key not in there]

    def _likely(self) -> list:
        """Leaders of the ministry for the desk of the ministry's register, else the giver's own unit."""
        post = self.giver.main_post
        if not post:
            return list(Unit.objects.top()[: self.MOST_FOUND])
        top = Unit.objects.filter(pk=post.unit.top_id).first()
        leaders = Post.objects.leaders().filter(unit__parent=None).values("user")
        near = User.objects.active().filter(Q(pk__in=leaders) | Q(pk__in=User.objects.of_unit(top)))
        near = near.exclude(pk=self.giver.pk).order_by("posts__rank", "sort_key")
        keys = list(dict.fromkeys(near.values_list("pk", flat=True)[: 3 * self.MOST_FOUND]))[: self.MOST_FOUND]
        people = {person.pk: person for person in with_posts(User.objects.filter(pk__in=keys))}
        return [people[key] for key in keys if key in people]

    @property
    def roles(self):
        return [("", _("–")), *Assignment.Role.choices]

    def targets(self) -> list[services.Target]:
        return [services.Target(to=candidate.to, role=candidate.role) for candidate in self.chosen]


def unit_key(unit: Unit) -> str:
    return fold(f"{unit.code} {unit.name_vi} {unit.name_en}")


def with_posts(people) -> list[User]:
    """Return ``people`` with their posts loaded, in two queries however many they are."""
    people = list(people)
    posts = Post.objects.current().filter(user__in=people).select_related("unit")
    by_person = {}
    for post in posts.order_by("-is_main", "rank", "pk"):
        by_person.setdefault(post.user_id, []).append(post)
    for person in people:
        person.current_posts = by_person.get(person.pk, [])
    return people


def may_get(giver: User, to: User | Unit) -> bool:
    return to != giver and can_give_to(giver, to)


class ReportForm(forms.Form):
    report = TextField(
        label=_("Result"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reply_number = TextField(
        label=_("Answered by document"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "345/BTTTT-KHTC"}),
    )


class ReturnForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ListForm(forms.Form):
    """The filters of the list. What is not understood is as if not asked."""

    q = TextField(required=False, max_length=200)
    register = forms.ModelChoiceField(Register.objects.none(), required=False, empty_label=_("All registers"))
    year = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    type = forms.ModelChoiceField(DocumentType.objects.all(), required=False, empty_label=_("All kinds"))
    urgency = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(required=False)

    def __init__(self, data, *, registers, years):
        super().__init__(data)
        self.fields["register"].queryset = registers
        self.fields["year"].choices = [("", _("All years")), *((year, year) for year in years)]
        self.fields["urgency"].choices = [("", _("Any urgency")), *Document.Urgency.choices]
        self.fields["state"].choices = [("", _("Any state")), *Document.State.choices]
        for name, field in self.fields.items():
            if name != "q":
                field.widget.attrs["aria-label"] = field.label or name

    @property
    def marks(self) -> list[str]:
        """The marks of the search index that the filters ask for."""
        asked = self.cleaned_data
        marks = []
        if asked.get("register"):
            marks.append(f"r{asked['register'].pk}")
        if asked.get("year"):
            marks.append(f"y{asked['year']}")
        if asked.get("type"):
            marks.append(f"t{asked['type'].pk}")
        if asked.get("urgency") is not None:
            marks.append(f"k{asked['urgency']}")
        if asked.get("state"):
            marks.append(f"s{asked['state']}")
        return marks


class PrintForm(forms.Form):
    """Which part of a register is printed."""

    first = forms.IntegerField(label=_("From number"), required=False, min_value=1, max_value=10**9)
    last = forms.IntegerField(label=_("To number"), required=False, min_value=1, max_value=10**9)
    form = forms.ChoiceField(
        label=_("Form"),
        required=False,
        choices=[("register", _("Register")), ("follow", _("Follow-up of handling"))],
    )
