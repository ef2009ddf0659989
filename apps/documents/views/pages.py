"""One document: its slip, its registration, its correction."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.documents import services
from apps.documents.forms import AttachForm, IncomingForm, OutgoingForm, ReportForm, ReturnForm
from apps.documents.jobs import read_file
from apps.documents.models import Assignment, Attachment, Document, HistoryEntry, Register
from apps.documents.permissions import (
    can_correct,
    can_finish,
    can_hand_on,
    can_route,
    can_withdraw,
    keeps_registers,
    may,
    reasons,
)
from apps.documents.services.history import history_of
from sso.api import require

FORMS = {Register.Direction.INCOMING: IncomingForm, Register.Direction.OUTGOING: OutgoingForm}


@require_safe
def document_detail(request, pk):
    documents = Document.objects.visible_to(request.user)
    document = get_object_or_404(documents.select_related("register__unit", "type", "created_by"), pk=pk)
    services.record_look(document, HistoryEntry.Act.VIEWED, by=request.user)
    return show(request, document)


def show(request, document, *, status=200, attach_form=None, act_forms=None):
    """Answer with the page of ``document``; forms that were filled wrongly come back as they were typed."""
    user = request.user
    rows = Assignment.objects.standing().select_related(
        "person", "unit", "given_by", "given_for", "ended_by", "ended_for"
    )
    steps = list(rows.filter(document=document))
    for step in steps:
        step.document = document
        step.may_finish = may(user, can_finish, step)
        step.may_hand_on = may(user, can_hand_on, step)
        step.may_withdraw = may(user, can_withdraw, step)
    document._prefetched_objects_cache = {"assignments": steps}
    receivers = "; ".join(str(step.target) for step in steps if step.parent_id is None)
    waiting = [step for step in steps if step.may_finish]
    for step in waiting:
        wrong = act_forms or {}
        step.report_form = wrong.get((step.pk, "done")) or ReportForm(prefix=f"done-{step.pk}")
        step.return_form = wrong.get((step.pk, "return")) or ReturnForm(prefix=f"return-{step.pk}")
    may_correct = may(user, can_correct, document)
    context = {
        "document": document,
        "steps": in_tree(steps),
        "receivers": receivers or document.recipients,
        "waiting": waiting,
        "files": document.attachments.all(),
        "history": history_of(document, user),
        "reasons": reasons(user, document),
        "may_correct": may_correct,
        "may_route": may(user, can_route, document),
        "attach_form": attach_form or (AttachForm() if may_correct else None),
        "is_attaching": attach_form is not None,
    }
    return TemplateResponse(request, "documents/document_detail.html", context, status=status)


def in_tree(steps: list[Assignment]) -> list[Assignment]:
    """Return ``steps`` with each after the one it was handed on from, and its ``depth``."""
    children = {}
    for step in steps:
        children.setdefault(step.parent_id, []).append(step)

    def walk(parent, depth):
        for step in children.get(parent, []):
            step.depth = min(depth, 4)
            yield step
            yield from walk(step.pk, depth + 1)

    return list(walk(None, 0))


@require_http_methods(["GET", "POST"])
def document_new(request, direction):
    require(keeps_registers(request.user))
    form_class = FORMS[direction]
    upload = request.GET.get("upload", "")
    initial = {"upload": upload if upload.isdecimal() and len(upload) < 19 else None}
    initial["subject"] = request.GET.get("subject", "")[:1000]
    form = form_class(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    if not form.fields["register"].queryset.exists():
        return TemplateResponse(
            request, "documents/document_form.html", {"no_register": True, "direction": direction}
        )
    if request.method == "POST" and form.is_valid():
        document = form.save()
        if document:
            read_later(form.cleaned_data.get("upload"))
            number = {"number": document.number, "register": document.register}
            messages.success(request, _("Registered as number %(number)s in %(register)s.") % number)
            return redirect("documents:route" if direction == "incoming" else "documents:detail", document.pk)
    return answer_form(request, form, direction=direction)


@require_http_methods(["GET", "POST"])
def document_edit(request, pk):
    documents = Document.objects.visible_to(request.user).select_related("register__unit", "type")
    document = get_object_or_404(documents, pk=pk)
    require(may(request.user, can_correct, document))
    form = FORMS[document.register.direction](request.POST or None, instance=document, user=request.user)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("The correction has been saved."))
        return redirect(document)
    return answer_form(request, form, direction=document.register.direction, document=document)


def answer_form(request, form, **context):
    issuers = (
        Document.objects.visible_to(request.user).order_by("-pk").values_list("organisation", flat=True)[:300]
    )
    context |= {"form": form, "issuers": sorted(set(issuers))}
    return TemplateResponse(
        request, "documents/document_form.html", context, status=422 if form.errors else 200
    )


def read_later(attachment: Attachment | None) -> None:
    """Let the file's text be read in the background, once it is saved."""
    if attachment:
        transaction.on_commit(partial(read_file.enqueue, attachment.pk))
