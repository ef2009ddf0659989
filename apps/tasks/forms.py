"""What people type: the task, and the words that come with each act."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.tasks.models import Task
from apps.tasks.permissions import (
    assignable_people,
    assignable_units,
    can_assign,
    leading_posts,
    people_to_hand_on_to,
)
from apps.tasks.pickers import PickerField, value_of
from sso.api import DayField, Unit, User, acting_for

FILE_TYPES = {
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp",
    "txt", "csv", "eml", "png", "jpg", "jpeg", "zip", "rar", "7z",
}  # fmt: skip


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, none too large, each of a kind that an office exchanges."""

    widget = FilesInput

    def clean(self, data, initial=None):
        clean = super().clean
        files = [clean(one, initial) for one in data if one] if isinstance(data, (list, tuple)) else []
        for file in files:
            words = {"name": file.name}
            if file.size > settings.UPLOAD_MAX_BYTES:
                words["limit"] = filesizeformat(settings.UPLOAD_MAX_BYTES)
                raise ValidationError(_("“%(name)s” is larger than %(limit)s.") % words)
            if file.name.rpartition(".")[2].lower() not in FILE_TYPES:
                raise ValidationError(_("“%(name)s” is of a kind that is not accepted here.") % words)
        return files

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {
            "accept": ",".join(f".{kind}" for kind in sorted(FILE_TYPES)),
            "data-max-bytes": settings.UPLOAD_MAX_BYTES,
            "data-too-big": _("This file is too large."),
        }


class DeadlineField(DayField):
    """A day from today on."""

    def validate(self, value):
        super().validate(value)
        if value and value < timezone.localdate():
            raise ValidationError(_("This day has passed."))


def text_field(label, *, required=True, rows=3):
    return forms.CharField(
        label=label, required=required, max_length=4000, widget=forms.Textarea({"rows": rows})
    )


class WordingForm(forms.ModelForm):
    """The words of a task."""

    class Meta:
        model = Task
        fields = ["title", "description", "product", "source", "document", "priority"]
        widgets = {"description": forms.Textarea({"rows": 4})}
        help_texts = {
            "product": _("What the giver will have in hand: a report, a draft, a list…"),
            "document": _("Number and symbol, or an address: 345/BTTTT-VP"),
        }


class TaskForm(WordingForm):
    """A new task."""

    creator = forms.ModelChoiceField(label=_("Given in the name of"), queryset=None, empty_label=None)
    lead = PickerField(label=_("Given to"), required=False)
    cooperating = PickerField(label=_("Cooperating units and people"), required=False, many=True)
    due = DeadlineField(label=_("Deadline"), required=False, help_text=_("Empty: no deadline"))
    files = FilesField(label=_("Attachments"), required=False)
    parent = forms.ModelChoiceField(queryset=None, required=False, widget=forms.HiddenInput)

    field_order = ["title", "creator", "lead", "due", "description", "product", "cooperating"]

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        people = acting_for(user, "tasks")
        self.fields["creator"].queryset = User.objects.filter(pk__in=[person.pk for person in people])
        self.fields["creator"].initial = user.pk
        if len(people) == 1:
            del self.fields["creator"]
        giver = self.giver()
        find = reverse("tasks:find")
        self.fields["lead"].offer(assignable_people(giver), assignable_units(giver), find)
        self.fields["lead"].initial = [value_of(giver)]
        units = Unit.objects.current().filter(parent__isnull=False)
        self.fields["cooperating"].offer(User.objects.active(), units, find)
        if any(post.unit.parent_id is None for post in leading_posts(giver)):
            self.fields["source"].initial = Task.Source.MINISTRY
        self.fields["parent"].queryset = Task.objects.visible_to(user)
        if not any(leading_posts(person) for person in people):
            del self.fields["lead"], self.fields["cooperating"], self.fields["source"]

    def giver(self) -> User:
        """The person in whose name the task is given, as far as the form knows."""
        chosen = self.data.get(self.add_prefix("creator"), "")
        people = acting_for(self.user, "tasks")
        return next((person for person in people if str(person.pk) == chosen), self.user)

    def clean(self):
        data = super().clean()
        lead = data.get("lead")
        if lead and not can_assign(self.giver(), lead):
            self.add_error("lead", _("You cannot give a task to this person or unit."))
        return data


class NoteForm(forms.Form):
    """An act with a word to it, if one likes."""

    text = text_field(_("Note"), required=False, rows=2)


class ReasonForm(forms.Form):
    text = text_field(_("Reason"))


class ReportForm(forms.Form):
    progress = forms.IntegerField(label=_("Done, in percent"), min_value=0, max_value=100)
    text = text_field(_("What has been done, what is difficult"))
    files = FilesField(label=_("Attachments"), required=False)


class CompleteForm(forms.Form):
    text = text_field(_("Result: number and day of the document, or what came of it"), required=False)
    files = FilesField(label=_("Attachments"), required=False)


class CommentForm(forms.Form):
    text = text_field(_("Your words"))
    files = FilesField(label=_("Attachments"), required=False)


class HandOnForm(forms.Form):
    to = PickerField(label=_("Handed on to"))
    text = text_field(_("Note"), required=False, rows=2)

    def __init__(self, *args, task: Task, **kwargs):
        super().__init__(*args, **kwargs)
        find = reverse("tasks:find_hand_on", args=[task.pk])
        self.fields["to"].offer(people_to_hand_on_to(task.unit), Unit.objects.none(), find)


class DeadlineForm(forms.Form):
    due = DeadlineField(label=_("New deadline"), required=False, help_text=_("Empty: no deadline"))
    text = text_field(_("Reason"))


class AskExtensionForm(forms.Form):
    due = DeadlineField(label=_("Deadline asked for"))
    text = text_field(_("Reason and state of the work"))


class DecideExtensionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("grant", pgettext_lazy("extension", "Grant")),
            ("refuse", pgettext_lazy("extension", "Refuse")),
        ],
        widget=forms.RadioSelect,
    )
    due = DeadlineField(label=_("New deadline"), required=False)
    text = text_field(_("Note"), required=False, rows=2)

    def clean(self):
        data = super().clean()
        if data.pop("decision", None) == "refuse":
            data["due"] = None
            self.errors.pop("due", None)
        elif not data.get("due") and "due" not in self.errors:
            self.add_error("due", _("Give the new deadline."))
        return data
