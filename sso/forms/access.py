"""Letting somebody act for one, and ending what somebody holds."""

from datetime import datetime, time, timedelta

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sso.forms.days import DayField
from sso.models import User
from sso.services import delegations


class PersonField(forms.ModelChoiceField):
    """Anybody of the queryset; in the list stand those of ``offer`` only, the rest is found by typing."""

    widget = forms.Select(attrs={"data-picker": ""})

    def label_from_instance(self, person: User) -> str:
        return f"{person.full_name} ({person.username})"

    def offer(self, people) -> None:
        offered = [(person.pk, self.label_from_instance(person)) for person in people]
        self.widget.choices = [("", self.empty_label), *offered]
        self.widget.attrs["data-picker-url"] = reverse("account-delegation-people")
        self.widget.attrs["data-picker-none"] = _("Nobody found")


class DelegationForm(forms.Form):
    """Who, in which apps, from the first day to the last."""

    receiver = PersonField(
        User.objects.none(),
        label=_("Who acts for you"),
        empty_label=_("Choose a person"),
    )
    apps = forms.MultipleChoiceField(
        label=_("In which apps"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: in all of them."),
    )
    first = DayField(label=pgettext_lazy("first day", "From"))
    last = DayField(label=pgettext_lazy("last day", "To, this day included"))

    def __init__(self, *args, person: User, query: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        receiver = self.fields["receiver"]
        receiver.queryset = delegations.possible_receivers(person)
        receiver.offer(delegations.offered_receivers(person, query, self.data.get("receiver", "")))
        self.fields["apps"].choices = list(delegations.delegable_apps().items())
        self.initial = {"first": today, "last": today + timedelta(days=7)}
        for name in ("first", "last"):
            self.fields[name].widget.attrs["min"] = today.isoformat()

    def clean(self):
        data = super().clean()
        first, last = data.get("first"), data.get("last")
        if not first or not last:
            return data
        if last < max(first, timezone.localdate()):
            self.add_error("last", _("The last day is before the first one or has passed."))
        elif last - first >= delegations.LONGEST:
            self.add_error("last", _("A delegation lasts one year at most."))
        return data

    def moments(self) -> tuple[datetime, datetime]:
        """Return when it begins, not before now, and the end of its last day."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        starts = timezone.make_aware(datetime.combine(first, time.min))
        return max(starts, timezone.now()), timezone.make_aware(
            datetime.combine(last + timedelta(days=1), time.min)
        )


class EndForm(forms.Form):
    """Why a system admin ends all access of somebody."""

    words = forms.CharField(
        label=_("Reason"), max_length=250, help_text=_("It is kept in the record with your name.")
    )


class LetGoForm(EndForm):
    """Why a system admin says yes to what is held; ``seen`` names exactly what was shown."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
