"""The record, for system admins: search, page by page, and export. Others get 404."""

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from sso.forms.audit import AuditSearch
from sso.forms.systems import SystemForm
from sso.models import AuditEntry, AuditSeal
from sso.services.audit import Action, record, words_of
from sso.services.seals import Broken, seal
from sso.views.guard import for_system_admins
from sso.views.systems import label_of, words

ON_PAGE = 50
AT_ONCE = 1000
TONES = {
    Action.REFUSED: "late",
    Action.TOKEN_MISUSED: "late",
    Action.REVOKED: "due",
    Action.PERSON_DISABLED: "due",
    Action.SIGNED_IN: "ok",
}
DETAILS = {
    "session": _("Session"),
    "browser": _("Browser"),
    "scopes": _("What the system may learn"),
    "grant": _("By what"),
    "words": _("Reason given"),
    "reason": _("Reason given"),
    "device": _("Device"),
    "kind": pgettext_lazy("second factor", "kind"),
    "search": _("Searched for"),
    "account": _("Account"),
    "asked_by": _("Asked by"),
    "before": _("Before"),
    "after": _("After"),
    "ends_on": _("Last day"),
    "reset": _("Number of the request"),
    "rule": _("Who may enter"),
    "shown": _("Shown as proof"),
}
OF_SYSTEMS = (
    Action.SYSTEM_REGISTERED,
    Action.SYSTEM_CHANGED,
    Action.CHANGE_ASKED,
    Action.SYSTEM_APPROVED,
)
COLUMNS = [
    "id", "at", "action", "person_id", "person_name", "by_id", "by_name", "for_whom_id", "for_whom_name",
    "client", "client_name", "address", "cause", "detail",
]  # fmt: skip


@for_system_admins
@require_GET
def audit_list(request):
    """One page; ``before`` is the key of the last entry of the page before it."""
    with suppress(Broken):  # verify_audit says what is wrong
        seal(patience=0.1, most=1)
    search = AuditSearch(request.GET)
    context = {"search": search, "is_searched": any(search.data.get(name) for name in search.fields)}
    if not search.is_valid():
        return TemplateResponse(request, "sso/audit_list.html", context, status=422)
    entries = search.entries(request.user)
    if before := request.GET.get("before"):
        if not before.isdecimal() or len(before) > 18:
            raise Http404
        last = get_object_or_404(AuditEntry.objects.visible_to(request.user), pk=before)
        entries = entries.before(last.at, last.pk)
    found = list(entries[: ON_PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context |= {
        "rows": [row_of(entry) for entry in found[:ON_PAGE]],
        "next": found[ON_PAGE - 1].pk if len(found) > ON_PAGE else None,
        "is_first": not before,
        "asked": query.urlencode(),  # "query" is what the search box on top shows
        "sealed": AuditSeal.objects.defer("digests").order_by("number").last(),
    }
    return TemplateResponse(request, "sso/audit_list.html", context)


@for_system_admins
@require_GET
def audit_export(request, form):
    """All entries of the search as a file, sent while it is read; the export is recorded first."""
    search = AuditSearch(request.GET)
    if not search.is_valid():
        return TemplateResponse(
            request, "sso/audit_list.html", {"search": search, "is_searched": True}, status=422
        )
    asked = {name: request.GET[name] for name in search.fields if request.GET.get(name)}
    record(Action.RECORD_READ, person=request.user, request=request, form=form, search=asked)
    make, kind = FORMS[form]
    response = StreamingHttpResponse(make(paged(search.entries(request.user))), content_type=kind)
    name = gettext("audit-record")
    name = f"{name}-{timezone.localdate():%Y-%m-%d}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def row_of(entry: AuditEntry) -> dict:
    at = timezone.localtime(entry.at)
    action, cause = words_of(entry)
    return {
        "entry": entry,
        "day": date_format(at, "SHORT_DATE_FORMAT"),
        "time": at.strftime("%H:%M:%S"),
        "action": action,
        "cause": cause,
        "tone": TONES.get(entry.action, ""),
        "facts": facts_of(entry),
    }


def facts_of(entry: AuditEntry) -> list[tuple[str, str]]:
    """Return the details in words; of a new system those that say something."""
    fields = SystemForm.base_fields if entry.action in OF_SYSTEMS else {}
    told = []
    for name, value in entry.facts.items():
        if not value and entry.action == Action.SYSTEM_REGISTERED:
            continue
        if name not in fields:
            told.append((capfirst(DETAILS[name]) if name in DETAILS else name, shown(value)))
        elif entry.action == Action.SYSTEM_CHANGED and isinstance(value, list):
            before_and_after = " → ".join(in_words(name, one) for one in value)
            told.append((label_of(name), before_and_after))
        else:
            told.append((label_of(name), in_words(name, value)))
    return told


def in_words(name: str, value) -> str:
    return words(name, value) if isinstance(value, str | bool | list | dict) else shown(value)


def shown(value) -> str:
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(item)}" for name, item in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def paged(entries) -> Iterator[AuditEntry]:
    """Yield ``entries`` to the end, some at a time, so that neither side keeps them all."""
    part = list(entries[:AT_ONCE])
    while part:
        yield from part
        last = part[-1]
        part = list(entries.before(last.at, last.pk)[:AT_ONCE])


def values_of(entry: AuditEntry) -> list:
    return [
        timezone.localtime(entry.at).isoformat() if name == "at" else getattr(entry, name) for name in COLUMNS
    ]


class Line:
    """A file for ``csv`` that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """With a byte order mark, and no cell that a spreadsheet would run as a formula."""
    writer = csv.writer(Line())
    yield "\N{BYTE ORDER MARK}" + writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow(harmless(value) for value in values_of(entry))


def harmless(value):
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )


def as_json_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    for entry in entries:
        values = dict(zip(COLUMNS, values_of(entry), strict=True)) | {"detail": entry.facts}
        yield json.dumps(values, ensure_ascii=False) + "\n"


FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_json_lines, "application/jsonl; charset=utf-8"),
}
