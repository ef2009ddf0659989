"""The questions of the lists."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.documents.forms.fields import TextField
from apps.documents.models import Document, DocumentType, Register


class ListForm(forms.Form):
    """The filters of the list. What is not understood is as if not asked."""

    q = TextField(required=False, max_length=200)
    register = forms.ModelChoiceField(Register.objects.none(), required=False, empty_label=None)
    year = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    type = forms.ModelChoiceField(DocumentType.objects.all(), required=False, empty_label=None)
    urgency = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(required=False)

    def __init__(self, data, *, registers, years):
        super().__init__(data)
        self.fields["register"].queryset = Register.objects.filter(pk__in=[each.pk for each in registers])
        self.fields["register"].choices = [
            ("", _("All registers")),
            *((each.pk, str(each)) for each in registers),
        ]
        kinds = DocumentType.objects.all()
        self.fields["type"].choices = [("", _("All kinds")), *((each.pk, str(each)) for each in kinds)]
        self.fields["year"].choices = [("", _("All years")), *((year, year) for year in years)]
        self.fields["urgency"].choices = [("", _("Any urgency")), *Document.Urgency.choices]
        self.fields["state"].choices = [("", _("Any state")), *Document.State.choices]

    @property
    def selects(self) -> list[dict]:
        """The filters as plain lists of choices; a list page draws them quicker than widgets would."""
        shown = [name for name in self.fields if name != "q"]
        return [
            {
                "name": name,
                "label": self.fields[name].choices[0][1],
                "choices": self.fields[name].choices,
                "chosen": self.chosen(name),
            }
            for name in shown
            if len(self.fields[name].choices) > 2
        ]

    def chosen(self, name: str):
        """Return the value that is chosen, as it stands among the choices."""
        value = self.cleaned_data.get(name)
        return getattr(value, "pk", value)

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

    def narrow(self, documents, direction: str):
        """Apply the filters to ``documents`` as the marks do to the index."""
        documents = documents.filter(register__direction=direction)
        names = {
            "register": "register",
            "year": "register__year",
            "type": "type",
            "urgency": "urgency",
            "state": "state",
        }
        for name, field in names.items():
            value = self.cleaned_data.get(name)
            if value not in (None, ""):
                documents = documents.filter(**{field: value})
        return documents


class PrintForm(forms.Form):
    """Which part of a register is printed."""

    first = forms.IntegerField(label=_("From number"), required=False, min_value=1, max_value=10**9)
    last = forms.IntegerField(label=_("To number"), required=False, min_value=1, max_value=10**9)
    form = forms.ChoiceField(
        label=_("Form"),
        required=False,
        choices=[("register", _("Register")), ("follow", _("Follow-up of handling"))],
    )
