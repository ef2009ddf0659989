"""What is typed to look for messages, as search keys (RFC 9051 §6.4.4)."""

import re

WORDS_LOOKED_UP = 10
SPECIAL = re.compile(r"[(){}%*\]\x00-\x1f\x7f]+")  # may stand in no atom, and not every text is quoted


def criteria(text: str, *, is_full: bool, has_index: bool) -> list[str]:
    """Return the search keys for ``text`` in subject or addresses, or anywhere; none for what nothing can hold.

    ``has_index`` says that words are looked up in an index (RFC 6203).
    """
    fields = ["TEXT"] if is_full else ["SUBJECT", "FROM", "TO"]
    words = words_of(text) if has_index else []
    wanted = [part for word in words for part in ("FUZZY", *any_of(fields, spellings(word)))]
    return wanted or [part for piece in SPECIAL.split(text) if piece for part in any_of(fields, [piece])]


def words_of(text: str) -> list[str]:
    """Return the words of a query that an index knows: those of one letter only if there are no others."""
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", text.lower())))[:WORDS_LOOKED_UP]
    return [word for word in words if len(word) > 1] or words


def spellings(word: str) -> list[str]:
    """Return how a word may be spelt: of one without marks, a first d is also đ, which no index takes for d."""
    is_bare = word.isascii() and word.startswith("d")
    return [word, f"đ{word[1:]}"] if is_bare else [word]


def any_of(fields: list[str], texts: list[str]) -> list[str]:
    """Return the search key for any of ``texts`` in any of ``fields`` (RFC 9051 §6.4.4)."""
    keys = [[field, text] for field in fields for text in texts]
    return [part for key in keys[:-1] for part in ("OR", *key)] + keys[-1]
