"""Where a system takes its accounts."""

from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sso.forms.addresses import problem_of
from sso.models import ProvisioningTarget


class TargetForm(forms.ModelForm):
    token = forms.CharField(
        label=_("Token of the system"),
        required=False,
        max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "A bearer token that the system has made for us. It is kept encrypted and shown to nobody."
        ),
    )

    class Meta:
        model = ProvisioningTarget
        fields = ["base_url", "token", "user_name", "with_groups", "group_members", "is_enabled"]
        labels = {"base_url": _("Address of its SCIM service")}
        widgets = {"user_name": forms.RadioSelect, "group_members": forms.RadioSelect}
        help_texts = {
            "base_url": _("All before /Users, such as https://wiki.example.gov.vn/scim/v2"),
            "with_groups": _("Each unit becomes a group of those who hold a post in it."),
            "group_members": _(
                "With the groups below, the group of a unit contains those of its own units. Not every system knows "
                "groups in groups; one that does not refuses them, and the page says so."
            ),
            "is_enabled": _("Switched off, nothing is sent; the accounts there stay as they are."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.was_at = self.instance.base_url
        if self.instance.pk:
            self.fields["token"].help_text = _(
                "Empty: the one from before. With another address it is typed again."
            )
        else:
            self.fields["token"].required = True
            del self.fields["is_enabled"]

    def clean_base_url(self):
        address = self.cleaned_data["base_url"].strip().rstrip("/")
        if problem := problem_of(address):
            raise ValidationError(problem)
        if "?" in address or ";" in address or "\\" in address:
            raise ValidationError(_("it must end before the question mark."))
        return address

    def clean_token(self):
        token = self.cleaned_data["token"].strip().removeprefix("Bearer ")
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValidationError(_("A token consists of letters, digits and signs, without spaces."))
        return token

    def clean_user_name(self):
        user_name = self.cleaned_data["user_name"]
        if (
            user_name == ProvisioningTarget.UserName.MAIL
            and "email" not in self.instance.application.allowed_scopes
        ):
            raise ValidationError(_("The system may not learn mail addresses."))
        return user_name

    def clean(self):
        data = super().clean()
        address = data.get("base_url")
        if address and "token" in data and not data["token"] and is_elsewhere(self.was_at, address):
            self.add_error("token", _("Type the token for this address; one is never sent to another place."))
        return data


def is_elsewhere(before: str, address: str) -> bool:
    """Say whether ``address`` is on another server than ``before``, or there was none."""
    old, new = urlsplit(before), urlsplit(address)
    return (old.scheme, old.netloc) != (new.scheme, new.netloc)


class WaveForm(forms.Form):
    """What somebody has looked at and agrees to."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
