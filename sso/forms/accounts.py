"""What the help desk types: new passwords, and accounts of guests."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sso.backends import canonical_name
from sso.forms.days import DayField
from sso.models import Guest, User
from sso.services.guests import can_sponsor, may_end_on


class PasswordResetForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        help_text=_("How you know that it is this person, and why. It stays in the record."),
    )


class AccountField(forms.CharField):
    """A person of the directory by account or mail address."""

    def clean(self, value):
        name = canonical_name(super().clean(value))
        people = User.objects.active().filter(origin=User.Origin.DIRECTORY)
        person = people.filter(Q(username=name) | Q(email=name)).first() if name else None
        if person is None:
            raise ValidationError(_("Nobody in the directory has this account or mail address."))
        return person


class FindAccountForm(forms.Form):
    account = AccountField(label=_("Account or mail address"), max_length=254)


class GuestDayForm(forms.Form):
    ends_on = DayField(
        label=_("Last day"),
        help_text=_("At most a year from today. After it the account ends by itself."),
    )

    def clean_ends_on(self):
        day = self.cleaned_data["ends_on"]
        if not may_end_on(day):
            raise ValidationError(_("The last day is between today and a year from today."))
        return day


class GuestForm(GuestDayForm):
    """An account that is not in the directory."""

    name = forms.CharField(label=_("Full name, or what the device is called"), max_length=120, strip=True)
    kind = forms.ChoiceField(
        label=_("Who uses it"),
        choices=[
            (Guest.Kind.PERSON, _("A person from outside")),
            (Guest.Kind.DEVICE, _("A device that several people use")),
        ],
        initial=Guest.Kind.PERSON,
        widget=forms.RadioSelect,
    )
    mail = forms.EmailField(label=_("Mail address"), required=False, max_length=254)
    sponsor = AccountField(
        label=_("Who answers for it (account or mail address)"),
        max_length=254,
        help_text=_("Somebody of the ministry with a post. When they leave, the account ends."),
    )
    field_order = ["kind", "name", "mail", "sponsor", "ends_on"]

    def clean_mail(self):
        mail = self.cleaned_data["mail"].lower()
        if mail and User.objects.filter(email=mail).exists():
            raise ValidationError(_("Another account has this mail address."))
        return mail

    def clean_sponsor(self):
        sponsor = self.cleaned_data["sponsor"]
        if not can_sponsor(sponsor):
            raise ValidationError(_("This person holds no post at present."))
        return sponsor
