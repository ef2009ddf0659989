"""Signing in, and registering a system."""

from urllib.parse import urlsplit

from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as BaseReauthenticateForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sso.models import Application
from sso.oauth.scopes import TEXTS

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SCOPES_TO_GIVE = [(name, TEXTS[name]) for name in ("openid", "profile", "email", "organization")]


def password_field() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=_("Password"), strip=False, max_length=256, widget=widget)


class SignInForm(LoginForm):
    """One form for everybody: account or mail address, and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        typing = {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autofocus": True,
        }
        self.fields["login"] = forms.CharField(
            label=_("Account or mail address"), max_length=254, widget=forms.TextInput(attrs=typing)
        )
        self.fields["password"] = password_field()
        self.order_fields(["login", "password"])
        first_empty = "password" if self.data.get("login") or self.initial.get("login") else "login"
        self.fields[first_empty].widget.attrs["autofocus"] = True


class ReauthenticateForm(BaseReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field()
        self.fields["password"].widget.attrs["autofocus"] = True


class AddressesField(forms.CharField):
    """Web addresses, one a line; kept parted by spaces, as the OAuth toolkit does."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value):
        return "\n".join(value.split()) if isinstance(value, str) else value

    def clean(self, value):
        addresses = super().clean(value).split()
        for address in addresses:
            if problem := problem_of(address):
                raise ValidationError(f"{address[:80]}: {problem}")
        return " ".join(dict.fromkeys(addresses))


def problem_of(address: str):
    """Say why ``address`` cannot be one that people are sent back to; "" when it can."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 (raises for a port that is none)
    except ValueError:
        return _("this is not a web address.")
    if len(address) > 1000 or not address.isascii() or not address.isprintable() or not host:
        return _("this is not a web address.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return _("it must begin with https:// (http:// only for this machine, 127.0.0.1).")
    if parts.username is not None or "#" in address or "*" in address:
        return _("it must not contain a name with @, # or *; every address is listed in full.")
    return ""


class SystemForm(forms.ModelForm):
    redirect_uris = AddressesField(
        label=_("Addresses people come back to after sign-in"),
        required=False,
        help_text=_("One a line, letter by letter as the system sends it (redirect URI)."),
    )
    post_logout_redirect_uris = AddressesField(
        label=_("Addresses people come back to after sign-out"), required=False
    )
    tile_url = forms.URLField(
        label=_("Address of the tile"),
        required=False,
        assume_scheme="https",
        help_text=_("With an address the system is a tile of the launcher."),
    )
    allowed_scopes = forms.MultipleChoiceField(
        label=_("What the system may learn"), choices=SCOPES_TO_GIVE, widget=forms.CheckboxSelectMultiple
    )
    authorization_grant_type = forms.ChoiceField(
        label=_("Who uses it"),
        choices=[
            (Application.GRANT_AUTHORIZATION_CODE, _("People sign in to it")),
            (Application.GRANT_CLIENT_CREDENTIALS, _("A program without a person")),
        ],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Application
        fields = [
            "name", "description", "tile_url", "icon", "tile_order", "authorization_grant_type",
            "redirect_uris", "post_logout_redirect_uris", "allowed_scopes", "skip_authorization", "is_enabled",
        ]  # fmt: skip
        labels = {
            "name": _("Name of the system"),
            "skip_authorization": _("It belongs to the ministry: do not ask people for their consent"),
        }
        help_texts = {
            "icon": _("Name of an icon, such as apps, world or building."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        if self.instance.pk is None:
            self.initial |= {
                "allowed_scopes": ["openid", "profile", "email"],
                "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            }

    def clean(self):
        data = super().clean()
        people = data.get("authorization_grant_type") == Application.GRANT_AUTHORIZATION_CODE
        if people and not data.get("redirect_uris") and "redirect_uris" not in self.errors:
            self.add_error(
                "redirect_uris", _("Name at least one address, or nobody can come back from sign-in.")
            )
        return data

    def _get_validation_exclusions(self):
        """The checks above are stricter than those of the OAuth toolkit's model."""
        return super()._get_validation_exclusions() | {"redirect_uris", "post_logout_redirect_uris"}
