"""Vietnamese text: one spelling to compare, one key to search, one key to sort."""

import re
import unicodedata
from functools import lru_cache

TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền hỏi ngã sắc nặng, the order of the alphabet
SYLLABLE_ENDS = r"(?![^\W\d_]|[\u0300-\u036f])"
STEERING = re.compile("[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LETTERS = {letter: index for index, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}


def nfc(text: str) -> str:
    """Return ``text`` as everything is stored: letters precomposed (TCVN 6909:2001), no NUL, which no column takes."""
    return unicodedata.normalize("NFC", text.replace("\0", ""))


def one_line(text: str) -> str:
    """Return ``text`` in NFC with single blanks, and without what turns or ends a line."""
    return " ".join(STEERING.sub("", nfc(text)).split())


def canon_tone(text: str) -> str:
    """Return ``text`` in NFC with tone marks in the old place: hoà → hòa, thuỷ → thủy, but quý, hoàn."""
    parts = unicodedata.normalize("NFD", text)
    parts = re.sub(rf"(?i)(o)([ae])([{TONES}]){SYLLABLE_ENDS}", r"\1\3\2", parts)
    parts = re.sub(rf"(?i)(?<!q)(u)(y)([{TONES}]){SYLLABLE_ENDS}", r"\1\3\2", parts)
    return nfc(parts)


def fold(text: str) -> str:
    """Return the search key of ``text``: lower case, no accents, đ → d, single spaces, no NUL."""
    parts = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", parts.replace("đ", "d").replace("ð", "d").replace("\0", "")).strip()


@lru_cache(maxsize=10_000)
def collation_key(text: str) -> str:
    """Return a key that sorts as the Vietnamese alphabet does: letters first, tones second (CLDR vi)."""
    letters, tones = [], []
    for char in canon_tone(text).casefold():
        decomposed = unicodedata.normalize("NFD", char)
        tone = next((c for c in decomposed if c in TONES), "")
        base = nfc(decomposed.replace(tone, "")) if tone else char
        letters.append(chr(0x100 + LETTERS[base]) if base in LETTERS else base)
        tones.append(str(TONES.index(tone) + 1 if tone else 0))
    return f"{''.join(letters)}\u0001{''.join(tones)}"


def name_key(full_name: str) -> str:
    """Return the key by which people are sorted: given name (the last word), family name, the middle."""
    words = full_name.split()
    return "\u0002".join(collation_key(word) for word in [*words[-1:], *words[:-1]])
