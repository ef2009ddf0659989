"""A simple SCIM service that a test can have answer otherwise."""

import json
from datetime import timedelta

from django.utils import timezone
from time_machine import travel

CONFIG = {"patch": {"supported": True}, "filter": {"supported": True}}


class Shelf:
    """A simple SCIM service that can be told to answer otherwise: ``shelf.odd = lambda method, path, body: …``."""

    def __init__(self):
        self.users: dict[str, dict] = {}
        self.odd = lambda method, path, body: None

    def __call__(self, method, path, body):
        return self.odd(method, path, body) or self.usual(method, path, body)

    def usual(self, method, path, body):
        if path == "/ServiceProviderConfig":
            return 200, {}, CONFIG
        if method == "GET":
            rows = list(self.users.values())
            if "filter=" in path:
                name, _eq, value = path.split("filter=")[1].split(" ", 2)
                rows = [row for row in rows if row.get(name) == json.loads(value)]
            return 200, {}, {"totalResults": len(rows), "Resources": rows}
        if method == "POST":
            key = f"k{len(self.users)}"
            self.users[key] = body | {"id": key}
            return 201, {}, self.users[key]
        for step in body["Operations"]:
            self.users[path.rpartition("/")[2]][step["path"]] = step.get("value")
        return 204, {}, b""

    def names(self) -> list[str]:
        return sorted(user["userName"] for user in self.users.values())


def always(answer, method="POST"):
    return lambda asked, path, body: answer if asked == method else None


def later(minutes: float):
    return travel(timezone.now() + timedelta(minutes=minutes), tick=False)
