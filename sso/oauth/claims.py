"""What a system learns about a person (OpenID Connect Core §5.1), by scope."""

import hmac
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.conf import settings

from sso.models import User

# The columns of a person that the claims need, in the model's order; a prepared lookup names them as PERSON says.
NEEDED = {
    "id", "subject", "username", "full_name", "email", "phone", "room", "language", "origin", "is_active",
}  # fmt: skip
FIELDS = [field.attname for field in User._meta.concrete_fields if field.attname in NEEDED]
PERSON = {f"user_{field}": f"user__{field}" for field in FIELDS}


def person_of(row) -> User:
    """Return the person whose columns are part of ``row``."""
    return User.from_db("default", FIELDS, [getattr(row, name) for name in PERSON])


def subject_of(user: User, system) -> str:
    """Return the "sub" claim by which ``system`` (a row of Application) knows ``user``."""
    return subject_for(user.subject, system.subject_group)


def subject_for(subject: UUID, group: str) -> str:
    """Return the "sub" claim: random, bound to the directory's entryUUID, never a name or row number.

    Systems of one ``group`` share another one that nobody else can connect with it (OpenID Connect Core §8.1).
    """
    if not group:
        return str(subject)
    made = hmac.digest(settings.SUBJECT_KEY.encode(), subject.bytes + group.encode(), "sha256")
    return str(UUID(bytes=made[:16], version=4))


def sid_for(sid: str, group: str) -> str:
    """Return the "sid" claim of the session ``sid``: systems of two groups must not find each other's people by it."""
    if not group:
        return sid
    return hmac.digest(settings.SUBJECT_KEY.encode(), f"sid {sid} {group}".encode(), "sha256").hex()[:32]


def profile(user: User) -> dict[str, Any]:
    """What is empty, such as the middle of a name of two words, is left out (OpenID Connect Core §5.3.2)."""
    words = user.full_name.split()
    told = {
        "name": user.full_name,
        "family_name": words[0] if words else "",
        "given_name": words[-1] if words else "",
        "middle_name": " ".join(words[1:-1]),
        "preferred_username": user.username,
        "locale": user.language or "vi",
        "zoneinfo": "Asia/Ho_Chi_Minh",
    }
    return {name: value for name, value in told.items() if value}


def email(user: User) -> dict[str, Any]:
    """The directory issues the mailbox, so its address is verified."""
    verified = user.origin == User.Origin.DIRECTORY
    return {"email": user.email, "email_verified": verified} if user.email else {}


def phone(user: User) -> dict[str, Any]:
    """Whether the number is right, nobody has tried, and a verified one would have to be international (§5.1)."""
    return {"phone_number": user.phone, "phone_number_verified": False} if user.phone else {}


def address(user: User) -> dict[str, Any]:
    return {"address": {"formatted": user.room}} if user.room else {}


def organization(user: User) -> dict[str, Any]:
    """Units, posts and roles; ``groups`` says the same in plain words, which is all that most products can map."""
    posts = [
        {"title": post.title_vi, "unit": post.unit.code, "unit_name": post.unit.name_vi, "level": post.level,
         "main": post.is_main}
        for post in user.current_posts
    ]  # fmt: skip
    roles = [
        {"role": role.name, "unit": role.unit.code if role.unit else None} for role in user.current_roles
    ]
    unit = (
        {"code": user.unit.code, "name": user.unit.name_vi, "name_en": user.unit.name_en}
        if user.unit
        else None
    )
    groups = [post["unit"] for post in posts]
    groups += [f"{role['role']}@{role['unit']}" if role["unit"] else role["role"] for role in roles]
    told = {"posts": posts, "roles": roles, "groups": [*dict.fromkeys(groups)]}
    return {"unit": unit} | told if unit else told


BY_SCOPE: dict[str, Callable[[User], dict[str, Any]]] = {
    "profile": profile,
    "email": email,
    "phone": phone,
    "address": address,
    "organization": organization,
}
NAMES_OF = {
    "profile": [
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "preferred_username",
        "locale",
        "zoneinfo",
    ],
    "email": ["email", "email_verified"],
    "phone": ["phone_number", "phone_number_verified"],
    "address": ["address"],
    "organization": ["unit", "posts", "roles", "groups"],
}
SCOPE_OF = {name: scope for scope, names in NAMES_OF.items() for name in names}
OF_SIGN_IN = ["sub", "iss", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "sid", "at_hash", "jti"]
NAMES = [*OF_SIGN_IN, *SCOPE_OF]


def claims_of(user: User, scopes: Collection[str], names: Collection[str] = ()) -> dict[str, Any]:
    """Return what ``scopes`` tell of ``user``, and those of ``names`` besides."""
    claims = {}
    for scope, make in BY_SCOPE.items():
        if scope in scopes:
            claims |= make(user)
    for scope in {SCOPE_OF[name] for name in names} - set(scopes):
        claims |= {name: value for name, value in BY_SCOPE[scope](user).items() if name in names}
    return claims
