"""Addresses and keys of a system, as they are typed in."""

import json
import re
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sso.outbound import LOOPBACK

HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # it stands in content policies, which ";" would end
# An app's own scheme is a name that it has, turned round; there is no host, so there is one slash (RFC 8252 §7.1).
OF_APP = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/(?!/)[\w.~/%?&=+-]*", re.ASCII)
LONGEST = 1000
LEAST_BITS = 2048


class AddressesField(forms.CharField):
    """Web addresses or those of apps, one a line; kept parted by spaces, as the OAuth toolkit does."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value):
        return "\n".join(value.split()) if isinstance(value, str) else value

    def clean(self, value):
        addresses = super().clean(value).split()
        for address in addresses:
            if problem := problem_of_return(address):
                raise ValidationError(f"{address[:80]}: {problem}")
        return " ".join(dict.fromkeys(addresses))


def problem_of_return(address: str):
    """Say why nobody can be sent back to ``address``, which may be an app's own; "" when they can."""
    if is_of_app(address):
        return ""
    scheme, colon, _rest = address.partition(":")
    if colon and scheme.lower() not in {"http", "https"}:
        return _(
            "an app's own address begins with a domain name turned round and one slash, such as "
            "vn.gov.example.app:/back, every other one with https://."
        )
    return problem_of(address)


def is_of_app(address: str) -> bool:
    """Say whether ``address`` is one that the apps of a device have, such as vn.gov.example.app:/back."""
    return len(address) <= LONGEST and OF_APP.fullmatch(address) is not None


def problem_of(address: str):
    """Say why ``address`` cannot be one that people are sent back to; "" when it can."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 (raises for a port that is none)
    except ValueError:
        return _("this is not a web address.")
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if len(address) > LONGEST or not is_plain or not HOST.fullmatch(host):
        return _("this is not a web address.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return _("it must begin with https:// (http:// only for this machine, 127.0.0.1).")
    if parts.username is not None or "#" in address or "*" in address:
        return _("it must not contain a name with @, # or *; every address is listed in full.")
    return ""


class AddressField(forms.CharField):
    """One web address, or none."""

    def __init__(self, **options):
        super().__init__(required=False, max_length=LONGEST, **options)

    def clean(self, value):
        address = super().clean(value)
        if address and (problem := problem_of(address)):
            raise ValidationError(problem)
        return address


class Decoder(json.JSONDecoder):
    """Calls all that cannot be read, or kept, by one name: the fields of forms know no other."""

    def decode(self, text):
        try:
            value = super().decode(text)
            if b"\\u0000" in json.dumps(value, ensure_ascii=False).encode():  # PostgreSQL takes none
                raise ValueError
            return value
        except (RecursionError, ValueError) as error:  # too deep, too many digits, half a letter
            raise json.JSONDecodeError("cannot be read", "", 0) from error


class KeysField(forms.JSONField):
    """Public keys of a system as a JWK set (RFC 7517), or none: {}."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, **options):
        super().__init__(decoder=Decoder, **options)

    def prepare_value(self, value):
        return "" if value in ({}, None) else super().prepare_value(value)

    def clean(self, value):
        keys = super().clean(value) or {}
        if keys and (problem := problem_of_keys(keys)):
            raise ValidationError(problem)
        return keys


def problem_of_keys(keys):
    """Say why no signature can be checked by ``keys``; "" when it can."""
    try:
        read = KeySet.import_key_set(keys).keys
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return _('this is not a set of keys, which begins with {"keys": [')
    if not read or any(key.key_type not in {"RSA", "EC"} for key in read):
        return _("only RSA and elliptic curve keys are taken.")
    if any(key.key_type == "RSA" and key.raw_value.key_size < LEAST_BITS for key in read):
        return _("an RSA key must have at least 2048 bits.")
    if any(key.is_private for key in read):
        return _("there is a private key among them. It belongs to the system alone; make a new one.")
    return ""
