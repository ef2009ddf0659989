"""What the demo remembers between its starts: ports, and the secrets of its registered systems."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
INTROSPECTION_PATH = "/oauth/introspect/"
MAIL_SERVER, FOREIGN = "mail-server", "foreign-system"  # client ids of registered systems


def var() -> Path:
    """Where the demo writes. The same folder that settings.VAR_DIR names."""
    return Path(os.environ.get("INTRANET_VAR") or PROJECT / "var").resolve()


def folder() -> Path:
    path = var() / "demo"
    path.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class Ports:
    """Where the demo's servers listen while `make run` is up."""

    web: int
    foreign: int
    imap: int = 0
    lmtp: int = 0  # demo mail is delivered here


def write_ports(ports: Ports) -> None:
    (folder() / "ports.json").write_text(json.dumps(ports.__dict__))


def read_ports() -> Ports | None:
    """The ports of the present start, or of the last one; None before the first."""
    try:
        return Ports(**json.loads((folder() / "ports.json").read_text()))
    except FileNotFoundError:
        return None


def secret_path(client_id: str) -> Path:
    return folder() / f"{client_id}.secret"


def client_secret(client_id: str) -> str:
    """The secret of a registered system, made at random when first asked for and kept with mode 600."""
    path = secret_path(client_id)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()
