"""Lists: what waits for me, documents found, registers, and their print."""

from itertools import groupby
from operator import attrgetter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Value
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.documents import search, services
from apps.documents.forms import ListForm, OpenRegisterForm, PrintForm
from apps.documents.models import Assignment, Document, DocumentType, Register
from apps.documents.permissions import keeps_registers
from apps.documents.reach import desk_of, reach_of
from sso.api import User, prepared, require

PAGE = search.ROWS
MOST_PRINTED = 1000
MOST_NUMBERED = 50
BOXES = ("waiting", "incoming", "outgoing")


class Found:
    """One page of what a search finds; whether more follows is known, how many is not asked."""

    def __init__(self, user, text, marks, number):
        self.number = number
        self.user = user
        self.offset = (number - 1) * PAGE
        self.keys = search.find(user, text, marks=marks, limit=PAGE + 1, offset=self.offset)

    @cached_property
    def documents(self) -> list[Document]:
        return search.readable(self.user, self.keys[:PAGE])

    @property
    def has_next(self) -> bool:
        return len(self.keys) > PAGE

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def previous_number(self) -> int:
        return self.number - 1

    @property
    def first(self) -> int:
        return self.offset + 1

    @property
    def last(self) -> int:
        return self.offset + len(self.documents)


@require_safe
def document_list(request):
    box = request.GET.get("box", "")
    box = box if box in BOXES else "incoming"
    context = {"box": box, "is_clerk": keeps_registers(request.user)}
    if box == "waiting":
        rows = Assignment.objects.open_for(request.user)
        rows = rows.select_related("document__type", "document__register", "given_by", "given_for", "unit")
        context["page"] = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        context["waiting_count"] = context["page"].paginator.count
        return TemplateResponse(request, "documents/document_list.html", context)
    years = range(timezone.localdate().year, timezone.localdate().year - 10, -1)
    form = ListForm(request.GET, registers=registers_of(request.user, box), years=years, kinds=_kinds())
    if box == Register.Direction.OUTGOING:
        del form.fields["state"]
    form.is_valid()
    text, asked = form.cleaned_data.get("q", ""), form.marks
    numbered = []
    if text and request.GET.get("in") != "text":
        numbered = list(
            form.narrow(search.find_by_number(request.user, text), box).for_rows()[:MOST_NUMBERED]
        )
    number = request.GET.get("page", "")
    number = (
        min(int(number), search.DEEPEST // PAGE)
        if number.isdecimal() and len(number) < 6 and int(number)
        else 1
    )
    found = None if numbered else Found(request.user, text, [box, *asked], number)
    context |= {
        "form": form,
        "text": text,
        "found": found,
        "rows": rows_of(numbered or found.documents, box == Register.Direction.INCOMING),
        "is_numbered": bool(numbered),
        "is_filtered": bool(asked or text),
        "waiting_count": _waiting(*desk_of(request.user))[0][0],
    }
    return TemplateResponse(request, "documents/document_list.html", context)


def rows_of(documents: list[Document], is_incoming: bool) -> list[dict]:
    """Return what the rows of a list show. Dictionaries of texts, for they are drawn three times as quickly."""
    home = reverse("documents:list")
    return [
        {
            "number": str(one.number),
            "entered": f"{one.entered_on:%d/%m/%Y}",
            "url": f"{home}{one.pk}/",
            "subject": one.subject,
            "kind": one.kind,
            "code": one.code,
            "issued": f"{one.issued_on:%d/%m/%Y}",
            "urgency": one.urgency and Document.Urgency(one.urgency).label,
            "urgency_tone": one.urgency_tone,
            "organisation": one.organisation if is_incoming else one.recipients,
            "is_returned": one.state == Document.State.RETURNED,
            "state": Document.State(one.state).label if is_incoming else "",
            "state_tone": one.state_tone,
            "is_open": one.is_open,
            "due": one.open_due,
        }
        for one in documents
    ]


def registers_of(user: User, box: str) -> list[Register]:
    """Return the registers of one direction that ``user`` reads, the newest first."""
    reach = reach_of(user)
    return _all_registers(box) if reach.is_everywhere else _registers(box, tuple(reach.desk_units))


@prepared
def _all_registers(box: str):
    return Register.objects.filter(direction=box).order_by("-year", "name", "pk")


@prepared
def _registers(box: str, units: tuple[int, ...]):
    return Register.objects.filter(direction=box, unit__in=units).order_by("-year", "name", "pk")


@prepared
def _kinds():
    return DocumentType.objects.order_by("ordinal")


@prepared
def _waiting(people: tuple[int, ...], units: tuple[int, ...]):
    """One row: how many."""
    rows = Assignment.objects.waiting().at_desk(people, units).order_by()
    return rows.annotate(all=Value(1)).values("all").annotate(count=Count("pk")).values_list("count")


@require_safe
def register_list(request):
    form = OpenRegisterForm(user=request.user) if keeps_registers(request.user) else None
    return answer_registers(request, form)


@require_POST
def register_open(request):
    require(keeps_registers(request.user))
    form = OpenRegisterForm(request.POST, user=request.user)
    if not form.is_valid():
        return answer_registers(request, form, status=422)
    register = services.open_register(**form.cleaned_data, by=request.user)
    messages.success(request, _("%(register)s is open.") % {"register": register})
    return redirect("documents:registers")


def answer_registers(request, form, status=200):
    registers = Register.objects.visible_to(request.user).select_related("unit")
    page = Paginator(registers.order_by("-year", "unit__order", "direction", "pk"), 100).get_page(
        request.GET.get("page")
    )
    years = [{"year": year, "registers": list(rows)} for year, rows in groupby(page, attrgetter("year"))]
    context = {"page": page, "years": years, "form": form}
    return TemplateResponse(request, "documents/register_list.html", context, status=status)


@require_safe
def register_print(request, pk):
    """The register with all columns that NĐ 30/2020/NĐ-CP, Annex IV prescribes."""
    registers = Register.objects.visible_to(request.user).select_related("unit__parent")
    register = get_object_or_404(registers, pk=pk)
    form = PrintForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    last = min(asked.get("last") or register.last_number, register.last_number)
    first = max(asked.get("first") or max(last - 99, 1), last - MOST_PRINTED + 1, 1)
    receivers = Prefetch(
        "assignments", Assignment.objects.standing().filter(parent=None).select_related("person", "unit")
    )
    rows = (
        register.documents.filter(number__range=(first, last))
        .select_related("type")
        .prefetch_related(receivers)
    )
    documents = list(rows.order_by("number"))
    days = [document.entered_on for document in documents]
    context = {
        "register": register,
        "form": form,
        "documents": documents,
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "first": first,
        "last": last,
        "is_follow_up": asked.get("form") == "follow" and register.is_incoming,
    }
    return TemplateResponse(request, "documents/register_print.html", context)
