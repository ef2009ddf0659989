"""Read ``INTRANET_…`` variables. Nobody else reads ``os.environ``."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

YES = {"yes", "true", "on", "1"}
NO = {"no", "false", "off", "0", ""}


def text(name: str, default: str = "") -> str:
    """Return INTRANET_<name>, or the content of the file that INTRANET_<name>_FILE names."""
    path = os.environ.get(f"INTRANET_{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"INTRANET_{name}_FILE: {error}") from error
    return os.environ.get(f"INTRANET_{name}", default).strip()


def flag(name: str) -> bool:
    """Return INTRANET_<name> read as yes or no, no without it."""
    value = text(name, "no").lower()
    if value not in YES | NO:
        raise ImproperlyConfigured(f"INTRANET_{name} is {value!r}: write yes or no.")
    return value in YES


def items(name: str) -> list[str]:
    """Return the comma-separated parts of INTRANET_<name>, without empty ones."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def number(name: str, default: int) -> int:
    """Return INTRANET_<name> read as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"INTRANET_{name} is {value!r}: write a whole number.") from error


def days(name: str, default: str) -> dict[str, int]:
    """Return the days that INTRANET_<name> gives to each word: {"system_admin": 14} of "system_admin:14"."""
    try:
        parts = (part.split(":") for part in text(name, default).replace(",", " ").split())
        return {word: int(number) for word, number in parts}
    except ValueError as error:
        raise ImproperlyConfigured(f"INTRANET_{name}: write words and days like {default!r}.") from error


def host_name(host: str) -> str:
    """Return ``host``, or "localhost" for this machine's address of numbers."""
    return "localhost" if host in {"127.0.0.1", "::1"} else host


def secret_file(path: Path, make) -> str:
    """Return the content of ``path``; the first call makes it, readable by nobody else (mode 600).

    It is there whole or not at all: of several processes that begin at once all read the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as file:
            file.write(make())
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="utf-8")


def fernet_key() -> str:
    """Return a new key for encrypting what is kept in the database."""
    return Fernet.generate_key().decode()
