"""Lists: what waits for me, documents found, registers, and their print."""

from itertools import groupby
from operator import attrgetter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.documents import search, services
from apps.documents.forms import ListForm, OpenRegisterForm, PrintForm
from apps.documents.models import Assignment, Document, Register
from apps.documents.permissions import keeps_registers
from sso.api import require

PAGE = 25
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
        keys = self.keys[:PAGE]
        rows = {row.pk: row for row in Document.objects.visible_to(self.user).filter(pk__in=keys).for_rows()}
        return [rows[key] for key in keys if key in rows]

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
    registers = list(
        Register.objects.visible_to(request.user).filter(direction=box).order_by("-year", "name", "pk")
    )
    years = range(timezone.localdate().year, timezone.localdate().year - 10, -1)
    form = ListForm(request.GET, registers=registers, years=years)
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
        "is_incoming": box == Register.Direction.INCOMING,
        "found": found,
        "documents": numbered or found.documents,
        "is_numbered": bool(numbered),
        "is_filtered": bool(asked or text),
        "waiting_count": Assignment.objects.open_for(request.user).count(),
    }
    return TemplateResponse(request, "documents/document_list.html", context)


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
    context = {
        "register": register,
        "form": form,
        "documents": list(rows.order_by("number")),
        "first": first,
        "last": last,
        "is_follow_up": asked.get("form") == "follow" and register.is_incoming,
    }
    return TemplateResponse(request, "documents/register_print.html", context)
