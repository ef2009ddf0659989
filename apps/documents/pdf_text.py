"""Reads a PDF on standard input: a process of its own, with an end to its time and memory.

A file can be made so that counting its pages takes minutes, and reading one of them hours.
"""

import resource
import subprocess
import sys
from io import BytesIO

from pypdf import PdfReader

MOST_PAGES = 300  # that are read for search
LONGEST_TEXT = 200_000  # characters
MOST_SECONDS = 60
MOST_SECONDS_TO_OPEN = 15  # somebody waits
MOST_MEMORY = 1024**3
COMMAND = (sys.executable, "-I", __file__)
LOCKED = b"locked"


class Locked(Exception):
    """The file asks for a password."""


class Broken(Exception):
    """The file cannot be opened, or not in time."""


def count_pages(content: bytes) -> int:
    """Return how many pages the PDF ``content`` has. Raises Locked and Broken."""
    try:
        done = subprocess.run(
            [*COMMAND, "count"], input=content, capture_output=True, timeout=MOST_SECONDS_TO_OPEN, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise Broken from error
    if done.stdout == LOCKED:
        raise Locked
    return int(done.stdout)


def read(content: bytes) -> tuple[str, str]:
    """Return the text of the PDF ``content`` as far as it can be had, and why there is no more, "" when it is whole."""
    try:
        done = subprocess.run(COMMAND, input=content, capture_output=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        return decoded(error.stdout or b""), f"not read within {MOST_SECONDS} s"
    fault = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] if done.returncode else ""
    return decoded(done.stdout), fault


def decoded(text: bytes) -> str:
    return text.decode(errors="ignore").replace("\x00", "")[:LONGEST_TEXT]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
    write_count(reader) if sys.argv[1:] == ["count"] else write_text(reader)


def write_count(reader: PdfReader) -> None:
    is_open = not reader.is_encrypted or reader.decrypt("")
    sys.stdout.buffer.write(b"%d" % len(reader.pages) if is_open else LOCKED)


def write_text(reader: PdfReader) -> None:
    length = 0
    for page in reader.pages[:MOST_PAGES]:
        text = page.extract_text()
        sys.stdout.buffer.write(f"{text}\n".encode(errors="ignore"))
        sys.stdout.buffer.flush()  # what was read counts, whatever comes of the next page
        length += len(text)
        if length > LONGEST_TEXT:
            break


if __name__ == "__main__":
    main()
