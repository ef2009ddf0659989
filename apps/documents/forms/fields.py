"""Fields that the forms share."""

from django import forms

from sso.api import nfc


class TextField(forms.CharField):
    """Text in NFC, as everything is stored."""

    def to_python(self, value):
        return nfc(super().to_python(value))
