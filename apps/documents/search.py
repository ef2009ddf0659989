"""Finds documents by number, date and text: exact first, then newest first, never more than may be read.

The text index belongs to the database (FTS5 or tsvector), and the right to read is a word in it, so the
database joins text, rights and filters in one step and stops at the first page. Ranking every match, as
search engines do, costs a hundred times more on frequent syllables and answers a question nobody asked.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import connection
from django.db.models import Case, Q, When

from apps.documents.models import Assignment, Attachment, Document, SearchEntry
from apps.documents.models.documents import symbol_key
from apps.documents.reach import reach_of
from sso.api import User, canon_tone, fold, nfc, prepared

LONGEST_WORD = 40
MOST_WORDS = 12  # of a question
LONGEST_TEXT = 200_000  # characters of the files of one document
ROWS = 25  # of a page
DEEPEST = 2_000  # how far one may page; beyond it filters help more

NUMBER = re.compile(
    r"(?:số|so)?\s*:?\s*0*(\d{1,9})(?:[a-z]{0,3}(?:\s*[/\-–—]\s*|\s+)(\S.*)|\s*)", re.IGNORECASE
)
CITED = re.compile(r"\b0*(\d{1,9})[a-z]{0,3}/((?:\d{4}/)?[^\W\d_][^\s,;:()]*)", re.IGNORECASE)
DAY = re.compile(
    r"(?:ng[àa]y\s+)?\b(\d{1,2})(?:[/.-]|\s+th[áa]ng\s+)(\d{1,2})(?:[/.-]|\s+n[ăa]m\s+)(\d{4})\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[\"“”„](.+)[\"“”]")


# --- writing ---------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """Return the words of ``text``: letters and digits only, numbers without leading zeros."""
    words = re.findall(r"[^\W_]+", text)
    return [re.sub(r"^0+(?=\d)", "", word) for word in words if len(word) <= LONGEST_WORD]


def marks_of(document: Document, assignments: Iterable[Assignment]) -> list[str]:
    """Return the marks of ``document``: its readers, then what the filters of the list ask for."""
    register = document.register
    readers = {f"o{register.unit_id}"}
    for assignment in assignments:
        if assignment.state != Assignment.State.WITHDRAWN:
            readers.add(f"p{assignment.person_id}" if assignment.person_id else f"u{assignment.unit_id}")
    return [
        *sorted(readers),
        register.direction,
        f"r{register.pk}",
        f"y{register.year}",
        f"t{document.type_id or 0}",
        f"k{document.urgency}",
        f"s{document.state}",
    ]


def entry_of(document: Document, assignments: Iterable[Assignment], file_texts: Iterable[str]) -> SearchEntry:
    """Return the row of the index for ``document``."""
    written = " ".join(
        [
            document.code, document.subject, document.organisation, document.kind, document.signer_name,
            document.recipients, document.note, document.reply_number,
        ]
    )  # fmt: skip
    everything = f"{written} {' '.join(file_texts)[:LONGEST_TEXT]}"
    return SearchEntry(
        document_id=document.pk,
        words=" ".join(words_of(fold(everything))),
        exact=" ".join(words_of(canon_tone(written).lower())),
        marks=" ".join(marks_of(document, assignments)),
    )


def index(*documents: Document) -> None:
    """Bring the index up to date for ``documents``; part of the transaction that changed them."""
    assignments, texts = {}, {}
    for assignment in Assignment.objects.filter(document__in=documents):
        assignments.setdefault(assignment.document_id, []).append(assignment)
    files = (
        Attachment.objects.filter(document__in=documents).values_list("document_id", "text").order_by("pk")
    )
    for document_id, text in files:
        texts.setdefault(document_id, []).append(text)
    SearchEntry.objects.bulk_create(
        [entry_of(each, assignments.get(each.pk, ()), texts.get(each.pk, ())) for each in documents],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["document"],
        update_fields=["words", "exact", "marks"],
    )


# --- reading ---------------------------------------------------------------------------------------


def find(user: User, text: str = "", *, marks: Iterable[str] = (), limit: int, offset: int = 0) -> list[int]:
    """Return the keys of documents that ``user`` may read, best first; ``marks`` must all be there."""
    marks = sorted(marks)
    readers = readers_of(user)
    wanted = min(offset + limit, DEEPEST)
    stages = stages_of(text)
    if not stages:
        if text.strip():
            return []  # nothing but punctuation
        if readers is None and not marks:
            return list(Document.objects.order_by("-pk").values_list("pk", flat=True)[offset:wanted])
        stages = [None]
    found = {}
    for stage in stages:
        if stage and stage.is_begun and found:
            break  # a word half typed is a guess, for when nothing else fits
        found.update(dict.fromkeys(_keys(stage, readers, marks, wanted)))
        if len(found) >= wanted:
            break
    return list(found)[offset:wanted]


def readable(user: User, keys: list[int]) -> list[Document]:
    """Return those of the documents ``keys`` that ``user`` may read, in the order of the keys, as rows show them."""
    reach = reach_of(user)
    asked = (*keys, *[0] * (-len(keys) % ROWS))  # few lengths make few questions
    if reach.is_everywhere:
        rows = _rows(asked)
    else:
        rows = _rows_for(asked, tuple(reach.people), tuple(reach.office_units), tuple(reach.desk_units))
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys if key in found]


@prepared
def _rows(keys: tuple[int, ...]):
    return Document.objects.filter(pk__in=keys).for_rows().order_by()


@prepared
def _rows_for(keys: tuple[int, ...], people: tuple[int, ...], office_units: tuple, desk_units: tuple):
    readable = Document.objects.reached_by(people, office_units, desk_units)
    return readable.filter(pk__in=keys).for_rows().order_by()


def find_by_number(user: User, text: str):
    """Return the documents whose number or day is ``text``, equal symbols first; none when it is neither."""
    wanted = number_or_day(text)
    if wanted is None:
        return Document.objects.none()
    condition, symbol = wanted
    exact = Case(When(symbol_key=symbol, then=0), default=1)
    return Document.objects.visible_to(user).filter(condition).order_by(exact, "-pk")


def number_or_day(text: str) -> tuple[Q, str] | None:
    """Return the condition that ``text`` asks for as a number, as a day or as both, with the symbol's key if any.

    Both is how documents cite one another: "Công văn số 12/BTC-VP ngày 05/01/2026 của Bộ Tài chính".
    """
    text = nfc(text).strip()
    try:
        asked = day_in(text)
    except ValueError:
        return None
    if asked and DAY.fullmatch(text):
        return Q(issued_on=asked) | Q(entered_on=asked), ""
    text = DAY.sub(" ", text).strip(" ,.;")
    number = NUMBER.fullmatch(text) or CITED.search(text)
    if not number:
        return None
    value, symbol = int(number[1]), symbol_key(number[2] or "")
    if not symbol:
        return Q(number_value=value) | Q(number=value), ""
    condition = Q(number_value=value, symbol_key__startswith=symbol)
    return (condition & Q(issued_on=asked) if asked else condition), symbol


def day_in(text: str) -> date | None:
    """Return the first day that ``text`` names. Raises ValueError for one that no calendar has."""
    day = DAY.search(text)
    return date(int(day[3]), int(day[2]), int(day[1])) if day else None


def readers_of(user: User) -> list[str] | None:
    """Return the marks by which ``user`` may read, None for one who may read everything."""
    reach = reach_of(user)
    if reach.is_everywhere:
        return None
    marks = [f"p{key}" for key in reach.people]
    marks += [f"o{key}" for key in reach.desk_units]
    return marks + [f"u{key}" for key in reach.office_units]


@dataclass(frozen=True)
class Stage:
    """One way to look for words: in which column, side by side or anywhere, the last one whole or begun."""

    column: str
    words: tuple[str, ...]
    is_phrase: bool = False
    is_begun: bool = False


def stages_of(text: str) -> list[Stage]:
    """Return what to look for, best first: as written, side by side, all words, the last word only begun.

    Words in quotation marks are looked for side by side only.
    """
    quoted = QUOTED.fullmatch(text.strip())
    words = tuple(words_of(fold(text))[:MOST_WORDS])
    exact = tuple(words_of(canon_tone(text).lower())[:MOST_WORDS])
    if not words:
        return []
    stages = [Stage("exact", exact, is_phrase=True)] if exact != words else []
    if len(words) > 1:
        stages.append(Stage("words", words, is_phrase=True))
    if quoted and stages:
        return stages
    return [*stages, Stage("words", words), Stage("words", words, is_begun=True)]


def _keys(stage: Stage | None, readers: list[str] | None, marks: list[str], limit: int) -> list[int]:
    """Ask the database for one stage, the newest first."""
    return QUESTIONS[connection.vendor](stage, readers, marks, limit)


def _in_fts5(stage, readers, marks, limit):
    """SQLite: one MATCH expression, what is rare first: the readers, then the words, then the filters."""
    parts = []
    if readers is not None:
        parts.append(f"marks : ({' OR '.join(readers)})")
    if stage and stage.is_phrase:
        parts.append(f'{stage.column} : "{" ".join(stage.words)}"')
    elif stage:
        terms = " AND ".join(f'"{word}"' for word in stage.words)
        parts.append(f"{stage.column} : ({terms}{' *' if stage.is_begun else ''})")
    parts += [f"marks : {mark}" for mark in marks]
    match = " AND ".join(f"({part})" for part in parts)
    sql = "SELECT rowid FROM documents_fts WHERE documents_fts MATCH %s ORDER BY rowid DESC LIMIT %s"
    return _ask(sql, [match, limit])


def _in_tsvectors(stage, readers, marks, limit):
    """PostgreSQL: the GIN index knows all that fits, but not what is newest. So it is asked for the newest few
    thousand documents, which hold a page of every frequent word, and for older ones when they do not.
    """
    wanted = marks if readers is None else [f"({' | '.join(readers)})", *marks]
    found = []
    for thousands in _newest_thousands():
        asked = {"marks": " & ".join([*wanted, *thousands])}
        if stage:
            asked[stage.column] = _terms(stage)
        conditions = [f"{column}_vector @@ %s::tsquery" for column, terms in asked.items() if terms]
        # Without the fence (OFFSET 0) PostgreSQL walks through all documents when it thinks a word frequent.
        sql = f"""
            SELECT document_id FROM (
                SELECT document_id FROM documents_searchentry WHERE {" AND ".join(conditions)} OFFSET 0
            ) AS found ORDER BY document_id DESC LIMIT %s
        """  # noqa: S608
        found = _ask(sql, [*filter(None, asked.values()), limit])
        if len(found) >= limit:
            break
    return found


def _newest_thousands() -> Iterator[list[str]]:
    """Return the mark of the newest two thousand documents, that of the newest thirty, none for all."""
    newest = _ask("SELECT max(document_id) / 1000 FROM documents_searchentry", [])[0]
    if newest is None:
        return
    for count in (2, 30):
        if count <= newest:
            yield [f"({' | '.join(f'b{thousand}' for thousand in range(newest - count + 1, newest + 1))})"]
    yield []


def _terms(stage: Stage) -> str:
    """Return the question about words. Two that stand side by side are a word of their own (migration 0004)."""
    words = stage.words
    if stage.is_phrase and len(words) > 1:
        words = [f"_{one}_{following}" for one, following in pairwise(words)]
    return " & ".join(f"'{word}'" for word in words) + (":*" if stage.is_begun else "")


def _ask(sql: str, values: list) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


QUESTIONS = {"sqlite": _in_fts5, "postgresql": _in_tsvectors}
