"""Reads a PDF on standard input and writes its text: a process of its own, with an end to its time and memory.

A file can be made so that reading one page of it takes hours.
"""

import resource
import subprocess
import sys
from io import BytesIO

from pypdf import PdfReader

MOST_PAGES = 300  # that are read for search
LONGEST_TEXT = 200_000  # characters
MOST_SECONDS = 60
MOST_MEMORY = 1024**3


def read(content: bytes) -> tuple[str, str]:
    """Return the text of the PDF ``content`` as far as it can be had, and why there is no more, "" when it is whole."""
    command = [sys.executable, "-I", __file__]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        return decoded(error.stdout or b""), f"not read within {MOST_SECONDS} s"
    fault = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] if done.returncode else ""
    return decoded(done.stdout), fault


def decoded(text: bytes) -> str:
    return text.decode(errors="ignore").replace("\x00", "")[:LONGEST_TEXT]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    length = 0
    for page in PdfReader(BytesIO(sys.stdin.buffer.read())).pages[:MOST_PAGES]:
        text = page.extract_text()
        sys.stdout.buffer.write(f"{text}\n".encode(errors="ignore"))
        sys.stdout.buffer.flush()  # what was read counts, whatever comes of the next page
        length += len(text)
        if length > LONGEST_TEXT:
            break


if __name__ == "__main__":
    main()
