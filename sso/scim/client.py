"""Speaking SCIM 2 (RFC 7644) to one system, with as little trust in its answers as in any stranger's."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone

from sso.outbound import Answer, Trouble, Unreachable, send
from sso.scim.answers import LONGEST, Failed, Problem
from sso.scim.representation import ENTERPRISE

MEDIA_TYPE = "application/scim+json"
ACCEPTED = f"{MEDIA_TYPE}, application/json;q=0.9"
MOST_BYTES = 8_000_000  # of one answer
MOST_RESOURCES = 50_000  # of a list
PAGE = 100
LONGEST_LIST = 60  # seconds that reading one in one go may take
LONGEST_KEY = 255
LONGEST_WAIT = 3600  # seconds that a system may ask us to wait
WAITING = {429, 503}
CANNOT = {405, 501}
WANTS_VERSION = {412, 428}
# What we look for, as the standard spells it; systems may spell it otherwise (RFC 7643 §2.1).
NAMES = [
    "id", "externalId", "userName", "active", "name", "formatted", "familyName", "givenName", "middleName",
    "displayName", "locale", "emails", "phoneNumbers", "title", "department", "manager", "value", "type",
    "primary", "members", "schemas", "meta", "version", "patch", "filter", "supported", "Resources",
    "totalResults", "detail", "scimType",
]  # fmt: skip
SPELLED = {name.casefold(): name for name in (*NAMES, ENTERPRISE)}
Resource = dict[str, Any]


@dataclass
class Reading:
    """How far a list has been read: the keys that it has shown, and where it goes on."""

    seen: set[str] = field(default_factory=set)
    start: int = 1
    is_done: bool = False


class Client:
    """One system's SCIM service at ``base``. All methods raise Failed."""

    def __init__(self, base: str, token: str):
        self.base, self.token = base.rstrip("/"), token

    def config(self) -> dict[str, bool]:
        """Return what the system says it can: "patch" and "filter" (RFC 7643 §5). One that says nothing says no."""
        said = self.asked("GET", "/ServiceProviderConfig")
        return {name: is_supported(said.get(name)) for name in ("patch", "filter")}

    def create(self, kind: str, resource: Resource) -> str:
        """Return the key of the new resource."""
        return key_of(self.asked("POST", f"/{kind}", resource))

    def get(self, kind: str, key: str) -> Resource:
        return self.asked("GET", self.path(kind, key))

    def patch(self, kind: str, key: str, body: Resource) -> None:
        self.change("PATCH", kind, key, body)

    def put(self, kind: str, key: str, resource: Resource) -> None:
        self.change("PUT", kind, key, resource)

    def change(self, method: str, kind: str, key: str, body: Resource) -> None:
        """Change a resource; a system that wants to know which state of it is meant is told (RFC 7644 §3.14)."""
        try:
            self.ask(method, self.path(kind, key), body)
        except Failed as error:
            if error.status not in WANTS_VERSION:
                raise
            self.ask(method, self.path(kind, key), body, {"If-Match": version_of(self.get(kind, key))})

    def find(self, kind: str, name: str, value: str, *, can_filter: bool) -> list[Resource]:
        """Return the resources whose attribute ``name`` is ``value``, whatever else the system sends along.

        One that cannot filter is read as a whole.
        """
        query = {"filter": f"{name} eq {json.dumps(value, ensure_ascii=False)}"}
        rows = self.page(kind, query)[0] if can_filter else self.all(kind)
        return [row for row in rows if matches(row.get(name), value)]

    def all(self, kind: str) -> Iterator[Resource]:
        """Yield every resource once. A list that takes too long is given up."""
        reading, began = Reading(), time.monotonic()
        while not reading.is_done:
            yield from self.more(kind, reading)
            if not reading.is_done and time.monotonic() - began > LONGEST_LIST:
                raise Failed(Trouble.TOO_SLOW, is_fault=True)

    def more(self, kind: str, reading: Reading) -> list[Resource]:
        """Return what is new on the next page (RFC 7644 §3.4.2.4), and note it; the list must end as it promised."""
        rows, total = self.page(kind, {"startIndex": reading.start, "count": PAGE})
        new = [row for row in rows if row["id"] not in reading.seen]
        reading.seen |= {row["id"] for row in new}
        reading.start += len(rows)
        reading.is_done = len(reading.seen) >= total
        # the same page again and again, or less than was promised
        if not reading.is_done and (not new or len(reading.seen) > MOST_RESOURCES):
            raise Failed(Problem.GARBLED, is_fault=True)
        return new

    def count(self, kind: str) -> int:
        """Return how many there are."""
        return self.page(kind, {"startIndex": 1, "count": 1})[1]

    def page(self, kind: str, query: Mapping[str, Any]) -> tuple[list[Resource], int]:
        said = self.asked("GET", f"/{kind}?{urlencode(query, quote_via=quote)}")
        rows, total = said.get("Resources") or [], said.get("totalResults")
        if not isinstance(rows, list) or not isinstance(total, int):
            raise Failed(Problem.GARBLED, is_fault=True)
        for row in rows:
            key_of(row)
        return rows, total

    def path(self, kind: str, key: str) -> str:
        return f"/{kind}/{quote(key, safe='')}"

    def asked(self, method: str, path: str, body: Resource | None = None) -> Resource:
        """Return the JSON object that is answered."""
        answer = self.ask(method, path, body)
        said = parsed(answer.body)
        if said is None:
            raise Failed(Problem.GARBLED, status=answer.status, is_fault=True)
        return said

    def ask(
        self, method: str, path: str, body: Resource | None = None, more: Mapping[str, str] | None = None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": ACCEPTED, "User-Agent": "intranet"}
        headers |= more or {}
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), MEDIA_TYPE
        try:
            answer = send(method, self.base + path, content, headers, MOST_BYTES)
        except Unreachable as error:
            too_long = error.trouble == Trouble.TOO_LONG
            raise Failed(error.trouble.value, is_whole=not too_long, is_fault=True) from None
        if 200 <= answer.status < 300:
            return answer
        raise failed(answer)


def failed(answer: Answer) -> Failed:
    said = parsed(answer.body) or {}
    detail = said.get("detail") or said.get("scimType")
    text = f"HTTP {answer.status}"
    if isinstance(detail, str) and detail.strip():
        text += f": {' '.join(''.join(c if c.isprintable() else ' ' for c in detail[:LONGEST]).split())}"
    waits = answer.status in WAITING
    return Failed(
        text,
        status=answer.status,
        is_whole=waits or answer.status == 401 or 300 <= answer.status < 400,
        is_fault=waits or answer.status in {401, 403} or answer.status >= 500 or 300 <= answer.status < 400,
        after=seconds_of(answer.retry_after) if waits else None,
    )


def parsed(body: bytes) -> Resource | None:
    """Return the JSON object in ``body``, None when it is none."""
    try:
        said = json.loads(body, object_pairs_hook=spelled)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def spelled(pairs: list[tuple[str, Any]]) -> Resource:
    return {SPELLED.get(name.casefold(), name): value for name, value in pairs}


def key_of(resource: Any) -> str:
    """Return the key of ``resource``, which must be one that can stand in an address and in our table."""
    key = resource.get("id") if isinstance(resource, dict) else None
    if (
        not isinstance(key, str)
        or not 0 < len(key) <= LONGEST_KEY
        or not key.isprintable()
        or key in {".", ".."}
    ):
        raise Failed(Problem.GARBLED, is_fault=True)
    try:
        key.encode()
    except UnicodeEncodeError:
        raise Failed(Problem.GARBLED, is_fault=True) from None
    return key


def version_of(resource: Resource) -> str:
    """Return which state ``resource`` is in (RFC 7643 §3.1), "*" for whichever when it does not say."""
    meta = resource.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    is_plain = isinstance(version, str) and version.isascii() and version.isprintable()
    return version if is_plain and 0 < len(version) <= LONGEST_KEY else "*"


def is_supported(feature: Any) -> bool:
    return isinstance(feature, dict) and feature.get("supported") is True


def matches(theirs: Any, value: str) -> bool:
    return isinstance(theirs, str) and theirs.casefold() == value.casefold()


def seconds_of(text: str) -> float | None:
    """Return how many seconds ``Retry-After`` asks for, at most an hour; None when it does not say."""
    try:
        seconds = float(text) if text.strip().isdecimal() else -1.0
        if seconds < 0:
            at = parsedate_to_datetime(text)
            seconds = (at.replace(tzinfo=at.tzinfo or UTC) - timezone.now()).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
