"""Claims that a system asks for one by one: the parameter "claims" (OpenID Connect Core §5.5)."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sso.models.tokens import Acr
from sso.oauth.claims import SCOPE_OF


class NotUnderstood(Exception):
    """The parameter is no JSON object of JSON objects."""


@dataclass(frozen=True)
class Wanted:
    """Names of claims for each place, and what must be true of the person and the sign-in for a good answer."""

    userinfo: list[str] = field(default_factory=list)
    id_token: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)  # the person must be one of these, when there are any
    least_acr: str = Acr.PASSWORD.value  # essential; "9" is more than anybody can show
    acr: str = Acr.PASSWORD.value  # voluntary

    @property
    def scopes(self) -> set[str]:
        """The scopes that would tell as much, for the person's consent."""
        return {SCOPE_OF[name] for name in (*self.userinfo, *self.id_token)}

    def kept(self) -> str:
        """Return what the code must remember."""
        told = {"userinfo": self.userinfo, "id_token": self.id_token}
        return json.dumps(told) if self.userinfo or self.id_token else ""


def wanted_in(text: str, allowed: Collection[str]) -> Wanted:
    """Return what ``text`` asks for, as far as the scopes ``allowed`` reach; the rest is left out (§5.5.1).

    Raises NotUnderstood.
    """
    if not text:
        return Wanted()
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood from error
    userinfo, id_token = (part_of(asked, name) for name in ("userinfo", "id_token"))
    acr = values_of(id_token.get("acr"))
    known = min((value for value in acr if value in Acr.values), default="9" if acr else Acr.PASSWORD.value)
    is_essential = bool(acr) and id_token["acr"].get("essential") is True
    return Wanted(
        userinfo=told_of(userinfo, allowed),
        id_token=told_of(id_token, allowed),
        subjects=[*values_of(userinfo.get("sub")), *values_of(id_token.get("sub"))],
        least_acr=known if is_essential else Acr.PASSWORD.value,
        acr=known if known in Acr.values else Acr.PASSWORD.value,
    )


def part_of(asked: Any, name: str) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise NotUnderstood
    part = asked.get(name) or {}
    if not isinstance(part, dict) or not all(how is None or isinstance(how, dict) for how in part.values()):
        raise NotUnderstood
    return part


def values_of(how: dict | None) -> list[str]:
    """Return the values that a claim may have, empty when any will do; one that is no text, and fits nobody, as ""."""
    how = how or {}
    values = how["values"] if isinstance(how.get("values"), list) else [how.get("value")]
    return [value if isinstance(value, str) else "" for value in values if value is not None]


def told_of(names: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Return those of the claims ``names`` that the scopes ``allowed`` reach."""
    return [name for name in names if SCOPE_OF.get(name) in allowed]


def of_code(kept: str) -> Wanted:
    return Wanted(**json.loads(kept)) if kept else Wanted()
