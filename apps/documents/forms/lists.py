"""The questions of the lists."""

from functools import lru_cache

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.documents.forms.fields import TextField
from apps.documents.models import Document


class NumberField(forms.TypedChoiceField):
    """One of the choices, which are whole numbers."""

    def __init__(self):
        super().__init__(required=False, coerce=int, empty_value=None)


class ListForm(forms.Form):
    """The filters of the list. What is not understood is as if not asked."""

    q = TextField(required=False, max_length=200)
    register = NumberField()
    year = NumberField()
    type = NumberField()
    urgency = NumberField()
    state = forms.ChoiceField(required=False)

    def __init__(self, data, *, registers, years, kinds):
        super().__init__(data)
        choices = {
            "register": [("", _("All registers")), *((each.pk, str(each)) for each in registers)],
            "type": [("", _("All kinds")), *((each.pk, str(each)) for each in kinds)],
            "year": [("", _("All years")), *((year, year) for year in years)],
            "urgency": [("", _("Any urgency")), *Document.Urgency.choices],
            "state": [("", _("Any state")), *Document.State.choices],
        }
        for name, given in choices.items():
            self.fields[name].choices = given

    @property
    def selects(self) -> list[SafeString]:
        """The filters that offer a choice, as HTML."""
        shown = {name: self.fields[name].choices for name in self.fields if name != "q"}
        return [
            drawn_select(
                name,
                tuple((value, str(label)) for value, label in choices),
                self.cleaned_data.get(name),
            )
            for name, choices in shown.items()
            if len(choices) > 2
        ]

    @property
    def marks(self) -> list[str]:
        """The marks of the search index that the filters ask for."""
        asked = self.cleaned_data
        marks = []
        if asked.get("register"):
            marks.append(f"r{asked['register']}")
        if asked.get("year"):
            marks.append(f"y{asked['year']}")
        if asked.get("type"):
            marks.append(f"t{asked['type']}")
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


@lru_cache(maxsize=500)
def drawn_select(name: str, choices: tuple[tuple, ...], chosen: int | str | None) -> SafeString:
    """Draw a filter; its first choice, which asks for nothing, is its label. Sixty options are drawn seldom."""
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, " selected" if value == chosen else "", label) for value, label in choices),
    )
    return format_html('<select name="{}" aria-label="{}">{}</select>', name, choices[0][1], options)


class PrintForm(forms.Form):
    """Which part of a register is printed."""

    first = forms.IntegerField(label=_("From number"), required=False, min_value=1, max_value=10**9)
    last = forms.IntegerField(label=_("To number"), required=False, min_value=1, max_value=10**9)
    form = forms.ChoiceField(
        label=_("Form"),
        required=False,
        choices=[("register", _("Register")), ("follow", _("Follow-up of handling"))],
    )
