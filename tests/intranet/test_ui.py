from datetime import date, datetime

import pytest
import time_machine
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation

from sso.api import User


def at(*parts):
    return timezone.make_aware(datetime(*parts))  # noqa: DTZ001 (made aware here)


def draw(template, **context):
    with translation.override("en"):
        return engines["django"].from_string(template).render(context, RequestFactory().get("/?q=a&page=3"))


NOON = at(2026, 11, 23, 12)  # a Monday
WORDS = [
    (at(2026, 11, 23, 8, 12), "08:12"),
    (date(2026, 11, 23), "today"),
    (at(2026, 11, 22, 23, 59), "yesterday"),
    (date(2026, 11, 24), "tomorrow"),
    (at(2026, 11, 26, 9), "Thursday"),
    (date(2026, 11, 30), "30/11"),
    (date(2025, 11, 20), "20/11/2025"),
    (None, ""),
]
DEADLINES = [
    (date(2026, 11, 21), "is-late", "2 days late"),
    (date(2026, 11, 22), "is-late", "1 day late"),
    (at(2026, 11, 23, 11, 30), "is-late", "late since 11:30"),
    (date(2026, 11, 23), "is-today", "today"),
    (at(2026, 11, 23, 17), "is-today", "17:00"),
    (date(2026, 11, 26), "", "Thursday"),
    (None, "", ""),
]


@pytest.mark.parametrize(("time", "words"), WORDS)
def test_when_says_the_shortest_clear_words(time, words):
    with time_machine.travel(NOON, tick=False):
        assert draw("{{ time|when }}", time=time) == words


@pytest.mark.parametrize(("due", "state", "words"), DEADLINES)
def test_a_deadline_is_said_in_words_and_in_colour(due, state, words):
    with time_machine.travel(NOON, tick=False):
        assert draw("{{ due|due_state }}/{{ due|due_words }}", due=due) == f"{state}/{words}"


class NoteForm(forms.Form):
    subject = forms.CharField(label="Subject", help_text="Short.", max_length=5)
    text = forms.CharField(label="Text", required=False)


def test_a_wrong_field_names_its_help_and_its_error():
    form = NoteForm({"subject": "much too long", "text": ""})

    page = draw("{% include 'ui/form.html' %}", form=form)

    assert 'value="much too long"' in page
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in page
    assert 'id="id_subject_helptext"' in page
    assert 'id="id_subject_error"' in page
    assert "at most 5 characters" in page
    assert page.count("(optional)") == 1


def test_what_people_wrote_is_escaped_in_every_part():
    parts = [
        "{% include 'ui/button.html' with label=bad confirm=bad only %}",
        "{% include 'ui/badge.html' with label=bad only %}",
        "{% include 'ui/status.html' with label=bad only %}",
        "{% include 'ui/empty.html' with title=bad text=bad only %}",
        "{% include 'ui/failed.html' with text=bad only %}",
        "{% include 'ui/alert.html' with text=bad only %}",
        "{% include 'ui/toast.html' with title=bad text=bad url=bad only %}",
        "{% include 'ui/person.html' with user=somebody line=bad only %}",
        "{% icon bad label=bad %}",
    ]

    bad = '"><script>'
    somebody = User(username="ai", full_name=f"{bad} {bad}")
    pages = [draw(part, bad=bad, somebody=somebody) for part in parts]

    assert [part for part, page in zip(parts, pages, strict=True) if "<script" in page] == []


def test_the_pager_keeps_the_other_parameters():
    page = Paginator(range(100), 10).page(3)

    shown = draw("{% include 'ui/pager.html' %}", page=page)

    assert 'href="?q=a&amp;page=4"' in shown
    assert "21–30 of 100" in shown


def test_one_page_has_no_pager():
    assert draw("{% include 'ui/pager.html' %}", page=Paginator(range(5), 10).page(1)).strip() == ""


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "413", "429", "500", "503"])
def test_pages_of_errors_need_no_context(code):
    with translation.override("vi"):
        page = engines["django"].get_template(f"{code}.html").render()

    assert '<html lang="vi" data-bs-theme="auto">' in page
    assert "<h1>" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Họp giao ban (P. 402)", "Họp giao ban (P.~402)"),
        ("Phòng họp tầng 2, nhà A", "Phòng họp tầng~2, nhà A"),
        ("Nghị định số 30 & quý 4", "Nghị định số~30 &amp; quý~4"),
        ("8h00 sáng ngày 23/11", "8h00~sáng ngày~23/11"),
        ("Sở 12 người, 8h00", "Sở 12 người, 8h00"),
        ("châu Á – Thái Bình Dương", "châu Á~– Thái Bình Dương"),
    ],
)
def test_tied_keeps_words_and_their_numbers_on_one_line(text, expected):
    assert draw("{{ text|tied }}", text=text).replace("\N{NO-BREAK SPACE}", "~") == expected
