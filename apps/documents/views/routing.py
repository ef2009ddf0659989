"""A document is given to people and units, and they act on it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.documents import services
from apps.documents.forms import ReportForm, ReturnForm, RouteForm
from apps.documents.models import Assignment, Document
from apps.documents.permissions import can_hand_on, can_route, stand_in
from apps.documents.views.pages import show


@require_http_methods(["GET", "POST"])
def document_route(request, pk):
    """The routing form. "find" draws it again with other candidates, and nothing typed is lost."""
    documents = Document.objects.visible_to(request.user).select_related("register__unit", "type")
    document = get_object_or_404(documents, pk=pk)
    step = step_of(request, document)
    if step and not step.is_open:
        return say_it_is_over(request, document)
    giver = stand_in(request.user, can_hand_on, step) if step else stand_in(request.user, can_route, document)
    is_asking = request.htmx or "ask" in request.POST
    if request.method == "POST":
        form = RouteForm(request.POST, giver=giver)
    else:
        due_on = (step.due_on if step else None) or document.due_on
        form = RouteForm(giver=giver, initial={"due_on": due_on})
    context = {"form": form, "document": document, "step": step, "giver": giver}
    if request.method == "POST" and request.htmx:
        return TemplateResponse(request, "documents/_candidates.html", context)
    if request.method == "POST" and not is_asking and form.is_valid():
        asked = form.cleaned_data
        try:
            services.route_document(
                document,
                form.targets(),
                by=request.user,
                parent=step,
                instruction=asked["instruction"],
                due_on=asked["due_on"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The document is on its way."))
            return redirect(document)
    status = 422 if form.is_bound and not is_asking and form.errors else 200
    return TemplateResponse(request, "documents/document_route.html", context, status=status)


def step_of(request, document) -> Assignment | None:
    """Return the assignment it is handed on from, None when it is routed from the register."""
    key = request.GET.get("from", "")
    if not key:
        return None
    if not key.isdecimal() or len(key) > 18:
        raise Http404
    rows = Assignment.objects.standing().select_related("document__register__unit", "person", "unit")
    return get_object_or_404(rows, document=document, pk=key)


def say_it_is_over(request, document):
    """Answer to an act on a page that is older than what somebody else did meanwhile."""
    messages.warning(request, _("This is not possible any more: this step has been handled meanwhile."))
    return redirect(document)


ACTS = {"done": ReportForm, "read": None, "return": ReturnForm, "withdraw": None}


@require_POST
def assignment_act(request, pk, assignment_pk, act):
    if act not in ACTS:
        raise Http404
    documents = Document.objects.visible_to(request.user).select_related(
        "register__unit", "type", "created_by"
    )
    document = get_object_or_404(documents, pk=pk)
    step = get_object_or_404(
        Assignment.objects.standing().select_related("document__register__unit", "person", "unit"),
        document=document,
        pk=assignment_pk,
    )
    is_sent_twice = act in ("done", "read") and step.ended_by_id == request.user.pk
    if not (step.is_open if act == "withdraw" else step.is_waiting or is_sent_twice):
        return say_it_is_over(request, document)
    form = None
    if ACTS[act]:
        form = ACTS[act](request.POST, prefix=f"{act}-{step.pk}")
        if not form.is_valid():
            return show(request, document, act_forms={(step.pk, act): form}, status=422)
    if act == "withdraw":
        services.withdraw_assignment(step, by=request.user)
        messages.success(request, _("Taken back from %(target)s.") % {"target": step.target})
    elif act == "return":
        services.return_assignment(step, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Returned with your reason."))
    else:
        services.finish_assignment(step, by=request.user, **(form.cleaned_data if form else {}))
        messages.success(request, _("Marked as read.") if step.is_for_information else _("Reported as done."))
    still_there = Document.objects.visible_to(request.user).filter(pk=pk).exists()
    return redirect(document) if still_there else redirect("documents:list")
