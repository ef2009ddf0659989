"""Signing in, and what opens an account."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sso.directory.passwords import MAX_LENGTH, PasswordRefused
from sso.passkeys import LONGEST_ANSWER, NotProven, created, shown
from sso.services.audit import Action, Cause, record
from sso.services.codes import LONGEST_CODE, TooManyCodes, check_code, is_code_of, normal, seal, unsealed
from sso.services.factors import LONGEST_NAME
from sso.step_up import Proof

CODE_TYPING = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
WRONG_PASSKEY = _("The passkey was not accepted. Please try once more, or choose another way.")


def password_field(label="", autocomplete="current-password", autofocus=False, **options) -> forms.CharField:
    """A field for a password as it was typed, spaces and all."""
    attrs = {"autocomplete": autocomplete} | ({"autofocus": True} if autofocus else {})
    widget = forms.PasswordInput(attrs=attrs)
    return forms.CharField(
        label=label or _("Password"), strip=False, max_length=MAX_LENGTH, widget=widget, **options
    )


class SignInForm(LoginForm):
    """One form for everybody: account or mail address, and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        typing = {
            "autocomplete": "username webauthn",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self.fields["login"] = forms.CharField(
            label=_("Account or mail address"), max_length=254, widget=forms.TextInput(attrs=typing)
        )
        self.fields["password"] = password_field()
        self.order_fields(["login", "password"])
        first_empty = "password" if self.data.get("login") or self.initial.get("login") else "login"
        self.fields[first_empty].widget.attrs["autofocus"] = True

    def tie_to(self, told: str) -> None:
        """Let both fields be read out with what the page says above them, in the element with the id ``told``."""
        for field in self.fields.values():
            field.widget.attrs["aria-describedby"] = told
            if self.errors:
                field.widget.attrs["aria-invalid"] = "true"


class ProofForm(forms.Form):
    """Shows who is there: by passkey, or by password and code as far as they are offered.

    ``shown`` lists what was right, as ``Proof`` values; a password is looked at before a code is spent.
    """

    credential = forms.CharField(required=False, max_length=LONGEST_ANSWER, widget=forms.HiddenInput)
    password = password_field()
    code = forms.CharField(label=_("Code"), max_length=LONGEST_CODE)
    trust = forms.BooleanField(
        label=_("Do not ask for the second step in this browser for 30 days"), required=False
    )

    def __init__(self, request, person, offer, **kwargs):
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)
        self.request, self.person, self.offer = request, person, offer
        self.shown = []
        for name in {"password", "code", "trust"} - set(offer.fields):
            del self.fields[name]
        if "code" in self.fields:
            self.fields["code"].label = offer.code_label
            self.fields["code"].widget.attrs.update(CODE_TYPING)
        first = next((name for name in ("password", "code") if name in self.fields), None)
        if first and not offer.passkey:
            self.fields[first].widget.attrs["autofocus"] = True

    def clean(self):
        data = super().clean()
        if data.get("credential"):
            for name in ("password", "code"):
                self.errors.pop(name, None)
            self.clean_passkey(data["credential"])
        elif not self.errors:
            self.clean_typed(data)
        if "code" in self.errors and "password" not in self.errors and "password" in self.fields:
            # The password is typed again first; whoever hears the page learns there what was wrong.
            self.fields["password"].widget.attrs["aria-describedby"] = f"{self['code'].auto_id}_error"
        if not self.shown and not self.errors:  # nothing was sent: that proves nothing
            raise ValidationError(WRONG_PASSKEY)
        return data

    def clean_passkey(self, answer):
        try:
            passkey = shown(self.request, self.offer.purpose, answer, self.person)
        except NotProven:
            record(Action.REFUSED, person=self.person, request=self.request, cause=Cause.WRONG_PASSKEY)
            raise ValidationError(WRONG_PASSKEY) from None
        passkey.record_usage()
        self.shown = [Proof("mfa", passkey)]

    def clean_typed(self, data):
        proofs = []
        if "password" in data:
            if not get_adapter().reauthenticate(self.person, data["password"]):
                self.add_error("password", get_adapter().error_messages["incorrect_password"])
                return
            proofs.append(Proof("password"))
        if "code" in data:
            try:
                factor = check_code(self.person, data["code"], self.offer.codes, request=self.request)
            except TooManyCodes:
                self.add_error(
                    "code", _("Too many wrong codes. To protect the account, this waits five minutes.")
                )
                return
            if factor is None:
                self.add_error("code", _("This code is wrong or was used before. Type the one shown now."))
                return
            proofs.append(Proof("mfa", factor))
        self.shown = proofs


class PasskeyForm(forms.Form):
    """A new passkey: what the browser made, and what the person calls it."""

    name = forms.CharField(
        label=_("Name of the device"),
        max_length=LONGEST_NAME,
        help_text=_("So that you can tell your passkeys apart, such as Office computer or My phone."),
    )
    credential = forms.CharField(required=False, max_length=LONGEST_ANSWER, widget=forms.HiddenInput)

    def __init__(self, request, purpose, **kwargs):
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)
        self.request, self.purpose, self.kept = request, purpose, None

    def clean(self):
        data = super().clean()
        if not self.errors:
            try:
                self.kept = created(self.request, self.purpose, data.get("credential", ""))
            except NotProven:
                raise ValidationError(
                    _("Your browser has not made a passkey. Please try once more, with scripts switched on.")
                ) from None
        return data


class PasskeyNameForm(forms.Form):
    name = forms.CharField(label=_("Name of the device"), max_length=LONGEST_NAME)


class AppForm(forms.Form):
    """A new authenticator app. Its secret is kept nowhere but, ``sealed`` for this person, in the page itself."""

    code = forms.CharField(label=_("The six digits that the app shows now"), max_length=LONGEST_CODE)

    def __init__(self, request, **kwargs):
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)
        self.fields["code"].widget.attrs.update(CODE_TYPING | {"inputmode": "numeric"})
        self.secret = unsealed(request.user, self.data.get("sealed", "")) or generate_totp_secret()
        self.sealed = seal(request.user, self.secret)

    def clean_code(self):
        code = normal(self.cleaned_data["code"])
        if not is_code_of(self.secret, code):
            raise ValidationError(
                _("This code is wrong. Scan the picture again, and see that the clock of the phone is right.")
            )
        return code


class ReasonForm(forms.Form):
    """Why somebody acts on another's account."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        help_text=_("How you made sure who asks, and why. It is kept in the record."),
    )


class PasswordChangeForm(forms.Form):
    """The present password and, twice, the new one; what the directory says of them is added by the view."""

    present = password_field(_("Present password"), autofocus=True)
    new = password_field(
        _("New password"),
        "new-password",
        help_text=_(
            "Long is better than complicated: four words that do not belong together, for example. Not your name, "
            "and none that you had before."
        ),
    )
    again = password_field(_("New password once more"), "new-password")

    def clean(self):
        data = super().clean()
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("This is not the same as the new password above."))
        return data

    def add_error(self, field, error):
        """All three are typed again; the first one is read out with what the page says in the element "told"."""
        super().add_error(field, error)
        own = f" {self['present'].auto_id}_error" if "present" in self.errors else ""
        self.fields["present"].widget.attrs["aria-describedby"] = f"told{own}"

    def add_problem(self, problem: PasswordRefused.Problem) -> None:
        """Show at its field why the directory did not take the password."""
        self.add_error("present" if problem == problem.WRONG_OLD else "new", problem.label)
