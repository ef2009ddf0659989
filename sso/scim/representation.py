"""People and units as SCIM says them (RFC 7643), flat: one value for each path that a PATCH can name.

What a system may learn (``allowed_scopes``) holds here as it does for tokens.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from sso.models import ProvisioningTarget, Unit, User
from sso.oauth.claims import subject_of
from sso.text import nfc

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WHERE = "$ref"  # of what a value names; a system may write it in its own way
DEPARTMENT, MANAGER = f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager"
LOCALES = {"en": "en-US", "vi": "vi-VN"}
OF_SERVER = ("meta", "groups")  # what a system fills in itself
Flat = dict[str, Any]


def account_of(person: User, target: ProvisioningTarget, manager: str = "") -> Flat:
    """Return the account of ``person`` as the system of ``target`` shall have it; ``manager`` is the superior's key."""
    system = target.application
    flat: Flat = {
        "externalId": subject_of(person, system),
        "userName": user_name_of(person, target),
        "active": True,
    }
    scopes = set(system.allowed_scopes)
    if "profile" in scopes:
        flat |= {
            "name": name_of(person),
            "displayName": person.full_name,
            "locale": LOCALES.get(person.language or "vi", person.language),
        }
    if "email" in scopes and person.email:
        flat["emails"] = [{"value": person.email, "type": "work", "primary": True}]
    if "phone" in scopes and person.phone:
        flat["phoneNumbers"] = [{"value": person.phone, "type": "work"}]
    if "organization" in scopes:
        if post := person.main_post:
            flat |= {"title": post.title_vi, DEPARTMENT: post.unit.name_vi}
        if manager:
            at = f"{target.base_url}/Users/{quote(manager, safe='')}"
            flat[MANAGER] = {"value": manager, WHERE: at}  # RFC 7643 §8.7.1 wants both
    return flat


def user_name_of(person: User, target: ProvisioningTarget) -> str:
    """Return the account name in the system: ours, or the mail address where that is wanted, allowed and known."""
    is_mail = target.user_name == target.UserName.MAIL and "email" in target.application.allowed_scopes
    return person.email if is_mail and person.email else person.username


def name_of(person: User) -> dict[str, str]:
    """Return the parts of a Vietnamese name: the family name stands first, the given name last."""
    words = person.full_name.split() or [person.username]
    parts = {"formatted": person.full_name, "familyName": words[0], "givenName": words[-1]}
    return parts | ({"middleName": " ".join(words[1:-1])} if words[1:-1] else {})


def group_of(unit: Unit, names: Mapping[str, int]) -> Flat:
    """Return the group of ``unit``, without members; ``names`` counts the units of each name.

    Where several units have the same name, the one above stands behind it.
    """
    name = unit.name_vi
    if names.get(name, 0) > 1 and unit.parent:
        name = f"{name} – {unit.parent.name_vi}"
    return {"externalId": str(unit.entry_uuid or unit.code), "displayName": name}


def as_resource(flat: Flat, schema: str) -> dict[str, Any]:
    """Return ``flat`` as POST and PUT send it."""
    resource: dict[str, Any] = {"schemas": [schema]}
    for path, value in flat.items():
        put(resource, path, value)
    return resource


def put(resource: dict[str, Any], path: str, value: Any) -> None:
    """Set what ``path`` names in ``resource``; None removes it."""
    inner, name = resource, path
    if path.startswith(f"{ENTERPRISE}:"):
        inner, name = resource.setdefault(ENTERPRISE, {}), path.rpartition(":")[2]
        if ENTERPRISE not in resource["schemas"]:
            resource["schemas"].append(ENTERPRISE)
    if value is None:
        inner.pop(name, None)
    else:
        inner[name] = value


def digests(flat: Flat) -> dict[str, str]:
    """Return a digest of each value, by which it is known whether the system has it."""
    return {path: digest(itself(value)) for path, value in flat.items()}


def itself(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != WHERE} if isinstance(value, dict) else value


def digest(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def differing(flat: Flat, sent: Mapping[str, str]) -> Flat:
    """Return what is to be set so that a system that has ``sent`` has ``flat``; None is to be removed."""
    now = digests(flat)
    changed = {path: flat[path] for path in flat if sent.get(path) != now[path]}
    return changed | {path: None for path in sent if path not in flat}


def operations(changes: Flat) -> list[dict[str, Any]]:
    """Return ``changes`` as the operations of a PATCH."""
    return [
        {"op": "remove", "path": path} if value is None else {"op": "replace", "path": path, "value": value}
        for path, value in changes.items()
    ]


def patch(operations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": operations}


def merged(resource: Mapping[str, Any], changes: Flat, schema: str) -> dict[str, Any]:
    """Return the system's own ``resource`` with ``changes``, to be sent back by PUT: what else it keeps stays."""
    whole = {name: value for name, value in resource.items() if name not in OF_SERVER}
    known = whole.get("schemas")
    whole["schemas"] = list(known) if isinstance(known, list) and known else [schema]
    if not isinstance(whole.get(ENTERPRISE, {}), dict):
        del whole[ENTERPRISE]
    for path, value in changes.items():
        put(whole, path, value)
    return whole


# --- what a system shows ---------------------------------------------------------------------------


def lacking(flat: Flat, resource: Mapping[str, Any]) -> list[str]:
    """Return the paths of ``flat`` that the system's ``resource`` does not have in that way."""
    return [path for path, value in flat.items() if not has(shown(resource, path), value)]


def shown(resource: Mapping[str, Any], path: str) -> Any:
    if path.startswith(f"{ENTERPRISE}:"):
        inner = resource.get(ENTERPRISE)
        return inner.get(path.rpartition(":")[2]) if isinstance(inner, dict) else None
    return resource.get(path)


def has(theirs: Any, ours: Any) -> bool:
    """Say whether what a system shows is what it was sent; it may add to it and write it in its own way."""
    if isinstance(ours, bool):
        return is_on(theirs) == ours
    if isinstance(ours, str):
        return isinstance(theirs, str) and folded(theirs) == folded(ours)
    if isinstance(ours, dict):
        if isinstance(theirs, str):  # some write a manager as the bare key
            return theirs == ours.get("value")
        return isinstance(theirs, dict) and all(has(theirs.get(k), v) for k, v in itself(ours).items())
    return values_of(ours) <= values_of(theirs)


def is_on(value: Any) -> bool:
    """Say whether ``active`` means yes; a system that does not tell has no account switched off."""
    return value is None or (value is not False and str(value).casefold() not in {"false", "0"})


def values_of(rows: Any) -> set[str]:
    """Return the values of a multi-valued attribute."""
    values = (row.get("value") if isinstance(row, dict) else row for row in rows) if is_rows(rows) else ()
    return {folded(value) for value in values if isinstance(value, str)}


def is_rows(rows: Any) -> bool:
    return isinstance(rows, Iterable) and not isinstance(rows, (str, bytes, Mapping))


def folded(text: str) -> str:
    return nfc(text).strip().casefold()


def fingerprint(flat: Flat, resource: Mapping[str, Any]) -> str:
    """Return a digest of what the system shows of the paths of ``flat``."""
    return digest([[path, shown(resource, path)] for path in flat])
