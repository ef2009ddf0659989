"""Registering a system, its secret, and who may enter it."""

from datetime import timedelta
from ipaddress import ip_network

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sso.forms.addresses import AddressesField, AddressField, KeysField, is_of_app, problem_of
from sso.models import Application, Post, Role, Unit, User
from sso.models.tokens import MAIL_CLIENT, Acr
from sso.oauth.scopes import OPENS_MAILBOXES, TEXTS
from sso.presets import BY_SLUG, PRESETS, icons
from sso.services.rules import Way


class PresetForm(forms.Form):
    """What kind of system it is and where it stands; the form proper begins with what follows from it."""

    preset = forms.ChoiceField(label=_("Kind of system"), choices=[(one.slug, one.name) for one in PRESETS])
    base = forms.CharField(
        label=_("Address of the system"),
        required=False,
        max_length=300,
        help_text=_("As people type it, such as https://wiki.example.gov.vn"),
    )

    def clean_base(self):
        base = self.cleaned_data["base"].rstrip("/")
        if base and (problem := problem_of(base)):
            raise ValidationError(problem)
        return base


class SystemForm(forms.ModelForm):
    redirect_uris = AddressesField(
        label=_("Addresses people come back to after sign-in"),
        required=False,
        help_text=_(
            "One a line, letter by letter as the system sends it (redirect URI). For an app on the person's device, "
            "http://127.0.0.1/… and http://[::1]/… stand for every port, and it may have an address of its own such "
            "as vn.gov.example.app:/back."
        ),
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
        label=_("What the system may learn"), choices=list(TEXTS.items()), widget=forms.CheckboxSelectMultiple
    )
    authorization_grant_type = forms.ChoiceField(
        label=_("Who uses it"),
        choices=[
            (Application.GRANT_AUTHORIZATION_CODE, _("People sign in to it")),
            (Application.GRANT_DEVICE_CODE, _("A device without a keyboard, let in by a person elsewhere")),
            (Application.GRANT_CLIENT_CREDENTIALS, _("A program without a person")),
        ],
        widget=forms.RadioSelect,
    )
    client_type = forms.ChoiceField(
        label=_("Where it runs"),
        choices=[
            (Application.CLIENT_CONFIDENTIAL, _("On a server, which keeps a secret")),
            (
                Application.CLIENT_PUBLIC,
                _("In the browser or on the person's device, where everybody can look: without a secret"),
            ),
        ],
        widget=forms.RadioSelect,
    )

    backchannel_logout_uri = AddressField(
        label=_("Back-channel logout address"),
        help_text=_(
            "We call it when a session ends, and keep the receipt. If the system knows such an address, name it."
        ),
    )
    frontchannel_logout_uri = AddressField(
        label=_("Front-channel logout address"),
        help_text=_("Only for a system that has no back-channel address: the person's browser opens it."),
    )
    public_keys = KeysField(
        label=_("Public keys of the system (JWKS)"),
        required=False,
        help_text=_(
            "With keys it proves itself by a signature (private_key_jwt), and its secret does not work."
        ),
    )

    class Meta:
        model = Application
        fields = [
            "preset", "name", "description", "tile_url", "icon", "tile_order", "authorization_grant_type",
            "client_type", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
            "frontchannel_logout_uri", "allowed_scopes", "required_acr", "skip_authorization", "subject_group",
            "algorithm", "id_token_tells", "token_audience", "public_keys", "without_pkce", "is_enabled",
        ]  # fmt: skip
        widgets = {"preset": forms.HiddenInput}
        labels = {
            "name": _("Name of the system"),
            "skip_authorization": _("It belongs to the ministry: do not ask people for their consent"),
            "subject_group": _("Group for people's identifiers"),
            "algorithm": _("How its tokens are signed"),
            "id_token_tells": _("ID tokens name the person"),
            "token_audience": _("API that its access tokens are for"),
            "without_pkce": _("It knows no PKCE"),
        }
        help_texts = {
            "icon": _("Name of an icon, such as apps, world or building."),
            "skip_authorization": _(
                "For an app on the device they are asked all the same, unless its address begins with https://: "
                "another app could take its place."
            ),
            "subject_group": _(
                "Systems of one group know a person by the same identifier, and no other system does. Changed later, "
                "everybody is somebody new to the system."
            ),
            "algorithm": _("ES256 is faster; choose it when the system knows it."),
            "id_token_tells": _(
                "What the system may learn stands in the ID token, too: many systems look nowhere else. Without, they "
                "ask the userinfo address."
            ),
            "token_audience": _(
                "Name or address of an API that checks signed access tokens (JWT) by itself. Empty for others."
            ),
            "without_pkce": _(
                "Only for a system on a server that cannot do it, such as Moodle: its secret is then all that protects "
                "a code on the way. The check says whether it is needed."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["algorithm"].required = False
        if self.instance.pk is None:
            self.initial = {
                "allowed_scopes": ["openid", "profile", "email"],
                "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
                "client_type": Application.CLIENT_CONFIDENTIAL,
                **kwargs.get("initial", {}),
            }
        if not self.instance.pk or not self.instance.is_approved:
            del self.fields["is_enabled"]

    def clean_algorithm(self):
        return self.cleaned_data["algorithm"] or self.instance.algorithm

    def clean_preset(self):
        return self.cleaned_data["preset"] if self.cleaned_data["preset"] in BY_SLUG else ""

    def clean_icon(self):
        if (name := self.cleaned_data["icon"]) and name not in icons():
            raise ValidationError(_("There is no icon of this name."))
        return name

    def clean_token_audience(self):
        """A system that people sign in to might take an access token with its name on it for an ID token."""
        name = self.cleaned_data["token_audience"]
        named = Application.objects.filter(client_id=name)
        if named.exclude(authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS).exists():
            raise ValidationError(
                _("This is the client ID of a system that people sign in to. Give the API a name of its own.")
            )
        return name

    def clean(self):
        data = super().clean()
        people = data.get("authorization_grant_type") == Application.GRANT_AUTHORIZATION_CODE
        if people and not data.get("redirect_uris") and "redirect_uris" not in self.errors:
            self.add_error(
                "redirect_uris", _("Name at least one address, or nobody can come back from sign-in.")
            )
        if OPENS_MAILBOXES in data.get("allowed_scopes", ()):
            self.clean_mail(data)
        if data.get("client_type") == Application.CLIENT_PUBLIC:
            self.clean_public(data)
        else:
            for name in ("redirect_uris", "post_logout_redirect_uris"):
                if any(map(is_of_app, data.get(name, "").split())):
                    self.add_error(name, _("Only an app on the person's device has an address of its own."))
        return data

    def clean_mail(self, data) -> None:
        """Whose tokens the mail server may take for the person: a webmail's, and nobody else may hold one."""
        keeps_secrets = data.get("client_type") == Application.CLIENT_CONFIDENTIAL
        is_entered = data.get("authorization_grant_type") == Application.GRANT_AUTHORIZATION_CODE
        if not (keeps_secrets and is_entered) and self.instance.client_id != MAIL_CLIENT:
            self.add_error(
                "allowed_scopes",
                _("Only a system on a server that people sign in to, such as a webmail, may open mailboxes."),
            )
        if data.get("token_audience"):
            self.add_error(
                "token_audience",
                _("An API that is given tokens of this system could open mailboxes with them."),
            )

    def clean_public(self, data) -> None:
        """What only somebody with a secret can be or have."""
        if data.get("authorization_grant_type") == Application.GRANT_CLIENT_CREDENTIALS:
            self.add_error(
                "client_type",
                _("A program without a person runs on a server: its secret is all that proves it."),
            )
        if data.get("public_keys"):
            self.add_error(
                "public_keys", _("The other half of these keys is a secret, which such a system cannot keep.")
            )
        if data.get("without_pkce"):
            self.add_error(
                "without_pkce", _("Without a secret there is nothing but PKCE that protects a sign-in.")
            )

    def _get_validation_exclusions(self):
        """The checks above are stricter than those of the OAuth toolkit's model."""
        return super()._get_validation_exclusions() | {"redirect_uris", "post_logout_redirect_uris"}


class SecretForm(forms.Form):
    """How long the old secret goes on, and the new one lasts."""

    overlap = forms.TypedChoiceField(
        label=_("The old secret"),
        coerce=int,
        choices=[
            (0, _("ends now, with all tokens")),
            (1, _("goes on for a day")),
            (7, _("goes on for a week")),
            (30, _("goes on for thirty days")),
        ],
        initial=7,
    )
    age = forms.TypedChoiceField(
        label=_("The new secret"),
        coerce=int,
        choices=[(365, _("lasts a year")), (730, _("lasts two years")), (0, _("lasts until it is replaced"))],
    )

    @property
    def spans(self) -> dict[str, timedelta | None]:
        """What ``renew_secret`` takes."""
        age = self.cleaned_data["age"]
        return {
            "overlap": timedelta(days=self.cleaned_data["overlap"]),
            "age": timedelta(days=age) if age else None,
        }


# --- who may enter -------------------------------------------------------------------------------

ROLES = [
    (Role.SYSTEM_ADMIN, pgettext_lazy("role", "System admin")),
    (Role.UNIT_ADMIN, pgettext_lazy("role", "Unit admin")),
    (Role.CLERK, pgettext_lazy("role", "Clerk")),
]
LEVELS = Post.Level.choices
STRENGTHS = [("", _("as the system asks anyway")), *Acr.choices[1:]]
MOST_PEOPLE = 200


class LinesField(forms.CharField):
    """Texts, one a line; a tuple without empty and double ones."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, tuple) else value

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines()]
        return tuple(dict.fromkeys(filter(None, lines)))


class UnitsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, unit):
        return f"{unit.name} ({unit.code})"


class WayForm(forms.Form):
    """One way in; every kind of condition that is filled in must hold."""

    units = UnitsField(
        label=_("Units"), queryset=Unit.objects.current(), required=False,
        widget=forms.SelectMultiple(attrs={"data-picker": "", "size": 4}),
        help_text=_("People with a post there."),
    )  # fmt: skip
    below = forms.BooleanField(label=_("with the units below"), required=False, initial=True)
    levels = forms.MultipleChoiceField(
        label=_("Posts"), choices=LEVELS, required=False, widget=forms.CheckboxSelectMultiple
    )
    titles = LinesField(
        label=_("Titles of posts"),
        required=False,
        max_length=2000,
        help_text=_("One a line, such as Kế toán trưởng."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=ROLES, required=False, widget=forms.CheckboxSelectMultiple
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.order_by("name"), required=False,
        widget=forms.SelectMultiple(attrs={"data-picker": "", "size": 4}),
    )  # fmt: skip
    people = LinesField(
        label=_("Named people"), required=False, max_length=20000, help_text=_("Accounts, one a line.")
    )
    networks = LinesField(
        label=_("Networks"), required=False, max_length=4000, help_text=_("One a line, such as 10.20.0.0/16.")
    )
    acr = forms.ChoiceField(label=_("Strength of the sign-in"), choices=STRENGTHS, required=False)

    def clean_people(self):
        names = list(dict.fromkeys(name.lower() for name in self.cleaned_data["people"]))
        if len(names) > MOST_PEOPLE:
            raise ValidationError(
                _("Name %(most)d people at most; for more of them take a group or a unit.")
                % {"most": MOST_PEOPLE}
            )
        found = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
        if unknown := sorted(set(names) - set(found)):
            raise ValidationError(
                _("There is no account called %(name)s.") % {"name": ", ".join(unknown)[:200]}
            )
        return tuple(found[name] for name in names)

    def clean_networks(self):
        kept = []
        for line in self.cleaned_data["networks"]:
            try:
                kept.append(str(ip_network(line, strict=False)))
            except ValueError:
                raise ValidationError(_("%(line)s is not a network.") % {"line": line[:50]}) from None
        return tuple(kept)

    @property
    def way(self) -> Way:
        data = self.cleaned_data
        keys = {name: tuple(sorted(row.pk for row in data[name])) for name in ("units", "groups")}
        same = {name: tuple(data[name]) for name in ("levels", "titles", "roles", "people", "networks")}
        return Way(**keys, **same, below=data["below"], acr=data["acr"])


class BaseWays(forms.BaseFormSet):
    def get_deletion_widget(self):
        return forms.CheckboxInput

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this way in")

    @property
    def ways(self) -> list[Way]:
        """The ways in that ask something and are not removed."""
        kept = [form.way for form in self.forms if form.cleaned_data and form not in self.deleted_forms]
        return [way for way in kept if way.kinds]


Ways = forms.formset_factory(WayForm, formset=BaseWays, extra=1, max_num=20, absolute_max=21, can_delete=True)


def initial_of(ways: tuple[Way, ...]) -> list[dict]:
    """Return what the forms of ``ways`` begin with. One query for all people named."""
    names = dict(
        User.objects.filter(pk__in={key for way in ways for key in way.people}).values_list("pk", "username")
    )
    return [{**vars(way), "people": tuple(names[key] for key in way.people if key in names)} for way in ways]


class WhyForm(forms.Form):
    account = forms.CharField(label=_("Account"), max_length=150)
    address = forms.GenericIPAddressField(
        label=_("Network address"),
        required=False,
        help_text=_("From where they come; empty: leave that open."),
    )
    acr = forms.ChoiceField(
        label=_("Strength of the sign-in"),
        choices=[("", _("as strongly as they can")), *Acr.choices],
        required=False,
    )

    def clean_account(self):
        person = User.objects.filter(username=self.cleaned_data["account"].strip().lower()).first()
        if person is None:
            raise ValidationError(
                _("There is no account called %(name)s.") % {"name": self.cleaned_data["account"]}
            )
        return person
