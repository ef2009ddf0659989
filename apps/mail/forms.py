"""What people type: letters, acts on many messages, searches, their signature."""

import re
from email.utils import getaddresses

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.defaultfilters import filesizeformat
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from apps.mail.compose import SUBJECT_LENGTH
from apps.mail.html import clean_written
from apps.mail.mime import Address, one_line
from apps.mail.plain import from_html
from sso.api import User

RECIPIENTS_MAX = 200
FILES_MAX = 30
UIDS_AT_ONCE = 1000


class RecipientsField(forms.CharField):
    """People, parted by commas: addresses, "name <address>", or accounts of the directory."""

    def __init__(self, **kwargs):
        attrs = {"autocomplete": "off", "data-recipients": reverse_lazy("mail:people")}
        super().__init__(max_length=20_000, widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value) -> list[Address]:
        text = re.sub(r"[;\r\n]+", ",", super().to_python(value))
        found = [
            (one_line(name), one.strip()) for name, one in getaddresses([text]) if name.strip() or one.strip()
        ]
        accounts = {one for _name, one in found if "@" not in one}
        known = dict(
            User.objects.active()
            .exclude(email="")
            .filter(username__in=accounts)
            .values_list("username", "email")
        )
        people, wrong = {}, []
        for name, one in found:
            address = known.get(one, one)
            try:
                validate_email(address)
                address.encode("ascii")
            except (ValidationError, UnicodeEncodeError):
                wrong.append(one or name)
            else:
                people.setdefault(address.lower(), Address(name, address))
        if wrong or (text.strip(" ,") and not people):
            message = ngettext_lazy(
                "This is not a mail address: %(names)s.",
                "These are not mail addresses: %(names)s.",
                max(len(wrong), 1),
            )
            raise ValidationError(
                message % {"names": ", ".join(f"“{one}”" for one in wrong or [text.strip()])}
            )
        if len(people) > RECIPIENTS_MAX:
            raise ValidationError(_("At most %(limit)s recipients at once.") % {"limit": RECIPIENTS_MAX})
        return list(people.values())


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    def __init__(self, **kwargs):
        attrs = {
            "multiple": True,
            "data-max-bytes": settings.UPLOAD_MAX_BYTES,
            "data-too-big": _("this file is too large."),
        }
        super().__init__(widget=FilesInput(attrs=attrs), allow_empty_file=True, **kwargs)

    def clean(self, data, initial=None):
        clean = super().clean
        return [clean(one, initial) for one in data or [] if one]


class LetterForm(forms.Form):
    """A message. A draft may lack recipients. ``kept`` are the parts of the message it is made from.

    ``html`` is the text with its format, if the editor was there: then the plain text is made of it.
    """

    to = RecipientsField(label=pgettext_lazy("mail", "To"))
    cc = RecipientsField(label=_("Cc"), required=False)
    bcc = RecipientsField(label=_("Bcc"), required=False)
    subject = forms.CharField(
        label=pgettext_lazy("mail", "Subject"), max_length=SUBJECT_LENGTH, required=False
    )
    text = forms.CharField(
        label=pgettext_lazy("mail", "Message"),
        required=False,
        strip=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 16}),
    )
    html = forms.CharField(
        required=False,
        strip=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"disabled": True, "hidden": True}),  # sent by the editor only
    )
    keep = forms.MultipleChoiceField(
        label=pgettext_lazy("mail", "Attachments"), required=False, widget=forms.CheckboxSelectMultiple
    )
    files = FilesField(label=_("Attach files"), required=False)

    def __init__(self, *args, parts=(), is_draft=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.sizes = {choice_of(part): part.decoded_bytes for part in parts}
        names = {
            choice_of(part): f"{part.name or part.content_type} ({filesizeformat(part.decoded_bytes)})"
            for part in parts
        }
        if not parts and self.is_bound:  # the message it is made from cannot be read just now
            names = {value: value.partition(":")[2] for value in self.data.getlist("keep")}
        self.fields["keep"].choices = list(names.items())
        self.fields["to"].required = not is_draft
        if not names:
            del self.fields["keep"]

    def clean_subject(self):
        subject = self.cleaned_data["subject"]
        if re.search(r"[\r\n]", subject):
            raise ValidationError(_("The subject must be one line."))
        return one_line(subject)

    def clean_html(self):
        return clean_written(self.cleaned_data["html"])

    def clean(self):
        data = super().clean()
        if data.get("html"):
            data["text"] = from_html(data["html"]) + "\n"
        files = data.get("files") or []
        size = sum(file.size for file in files) + sum(
            self.sizes.get(value, 0) for value in data.get("keep") or []
        )
        if size > settings.UPLOAD_MAX_BYTES:
            limits = {"size": filesizeformat(size), "limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
            self.add_error(
                "files", _("The attachments have %(size)s together, at most %(limit)s can be sent.") % limits
            )
        if len(files) > FILES_MAX:
            self.add_error("files", _("At most %(limit)s files at once.") % {"limit": FILES_MAX})
        return data

    def forget_kept(self) -> None:
        """Say that the files taken along so far are gone, and that they have to be chosen again."""
        self.fields.pop("keep", None)
        self.add_error(
            "files",
            _(
                "The files attached so far are gone: the draft was changed elsewhere. Please choose them again."
            ),
        )

    @property
    def kept_numbers(self) -> list[str]:
        """The numbers of the parts that stay."""
        return [value.partition(":")[0] for value in self.cleaned_data.get("keep") or []]


def choice_of(part) -> str:
    """Return a part as a value of a form, which still names it when the mail server is down."""
    return f"{part.number}:{part.name}"


class ActForm(forms.Form):
    """What is to be done with which messages."""

    ACTS = ["read", "unread", "flag", "unflag", "delete", "archive", "junk", "inbox", "move"]

    act = forms.ChoiceField(choices=[(name, name) for name in ACTS])
    uid = forms.TypedMultipleChoiceField(coerce=int, choices=())
    target = forms.CharField(required=False, max_length=250, strip=False)

    def __init__(self, data):
        super().__init__(data)
        uids = [
            value
            for value in data.getlist("uid")[:UIDS_AT_ONCE]
            if value.isascii() and value.isdigit() and len(value) < 11
        ]
        self.fields["uid"].choices = [(value, value) for value in uids]
        self.fields["uid"].error_messages["required"] = _("Choose at least one message first.")


class UndoForm(forms.Form):
    """Which messages go back where they came from."""

    uids = forms.RegexField(r"^\d{1,10}(:\d{1,10})?(,\d{1,10}(:\d{1,10})?){0,999}\Z", max_length=22_000)
    uidvalidity = forms.IntegerField(min_value=0)
    target = forms.CharField(max_length=250, strip=False)

    def clean_uids(self):
        return uids_of(self.cleaned_data["uids"])


def uids_of(text: str) -> list[int]:
    """Return the uids of a set such as "4:6,9", at most UIDS_AT_ONCE (RFC 9051 §9)."""
    found = []
    for part in text.split(","):
        first, _colon, last = part.partition(":")
        ends = sorted((int(first), int(last or first)))
        found += range(ends[0], min(ends[1], ends[0] + UIDS_AT_ONCE - 1) + 1)
    return found[:UIDS_AT_ONCE]


class FindForm(forms.Form):
    """What is looked for in a folder."""

    q = forms.CharField(required=False, max_length=200)
    full = forms.BooleanField(required=False)

    def clean_q(self):
        return one_line(self.cleaned_data["q"])


class SignatureForm(forms.Form):
    """What a person's messages end with."""

    text = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("It stands below what you write, above the message you answer."),
    )

    def clean_text(self):
        lines = (one_line(line) for line in self.cleaned_data["text"].splitlines())
        return "\n".join(lines).strip("\n")
