"""Days and times that databases and clocks can reckon with: typed ones at the ends of the calendar are no answer."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 8999


class Reckonable:
    def to_python(self, value):
        found = super().to_python(value)
        if found and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class DayField(Reckonable, forms.DateField):
    """A day, chosen in the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """Text, because browsers draw a day and a time in a language of their own, with the month first and with AM."""

    def __init__(self):
        attrs = {"placeholder": _("dd/mm/yyyy hh:mm"), "autocomplete": "off", "maxlength": 20}
        super().__init__(format="%d/%m/%Y %H:%M", attrs=attrs)


class MomentField(Reckonable, forms.DateTimeField):
    widget = MomentInput
