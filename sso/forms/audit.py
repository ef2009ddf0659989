"""What an inspector asks of the record."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sso.forms.days import MomentField
from sso.models import Application, AuditEntry, User
from sso.services.audit import Action

MOST_PEOPLE = 100


class AuditSearch(forms.Form):
    """A search by what is filled in; with nothing filled in, the whole record."""

    person = forms.CharField(
        label=_("Person"), max_length=150, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    action = forms.ChoiceField(label=_("Act"), required=False)
    client = forms.ChoiceField(label=pgettext_lazy("registered", "System"), required=False)
    address = forms.CharField(
        label=_("Network address"),
        max_length=45,
        required=False,
        help_text=_("Whole, or its beginning with a dot: 10.1."),
    )
    since = MomentField(label=_("From"), required=False)
    until = MomentField(label=_("To"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        acts = [(value, capfirst(act)) for value, act in Action.choices]
        self.fields["action"].choices = [("", _("All acts")), *acts]
        systems = [(system.client_id, str(system)) for system in Application.objects.order_by("name")]
        self.fields["client"].choices = [("", _("All systems")), *systems]

    def clean_person(self) -> list[int] | None:
        """The keys of the people meant: the one of that account, else all whose name fits."""
        text = self.cleaned_data["person"]
        if not text:
            return None
        people = User.objects.filter(username=text.casefold()) or User.objects.matching(text)
        keys = list(people.values_list("pk", flat=True)[: MOST_PEOPLE + 1])
        if not keys:
            raise ValidationError(_("Nobody has this name or account."))
        if len(keys) > MOST_PEOPLE:
            raise ValidationError(
                _("More than 100 people are called that: write more of the name, or the account.")
            )
        return keys

    def clean_address(self) -> str:
        return self.cleaned_data["address"].strip().lower()

    def clean(self):
        data = super().clean()
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("The end lies before the beginning."))
        return data

    def entries(self, reader: User):
        """Return the entries asked for that ``reader`` may see, the newest first."""
        asked, found = self.cleaned_data, AuditEntry.objects.visible_to(reader)
        if asked["person"] is not None:
            found = found.touched_by(asked["person"])
        if asked["action"]:
            found = found.filter(action=asked["action"])
        if asked["client"]:
            found = found.filter(client=asked["client"])
        if address := asked["address"]:
            exact = not address.endswith((".", ":"))
            found = found.filter(**{"address" if exact else "address__startswith": address})
        if asked["since"]:
            found = found.filter(at__gte=asked["since"])
        if asked["until"]:
            end = asked["until"] + timedelta(minutes=1)  # the minute named is part of it
            found = found.filter(at__lt=end)
        return found.newest_first()

    @property
    def has_more(self) -> bool:
        """Whether one of the rarer questions is asked, so that the page shows them."""
        return any(self.data.get(name) for name in ("client", "address", "since", "until"))
