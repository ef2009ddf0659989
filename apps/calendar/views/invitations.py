"""Invitations to answer."""

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.calendar import services
from apps.calendar.mailed import ANSWERS
from apps.calendar.models import Attendance
from apps.calendar.views.frame import tabs

PER_PAGE = 30


def invitation_list(request):
    rows = Attendance.objects.visible_to(request.user).unanswered()
    rows = rows.select_related(
        "user", "event__calendar__unit", "event__calendar__user", "event__chair", "event__organizer"
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"tabs": tabs(request.user, "invitations"), "page": page}
    return TemplateResponse(request, "calendar/invitation_list.html", context)


@require_POST
def invitation_answer(request, pk, answer):
    rows = Attendance.objects.visible_to(request.user).select_related("event", "user")
    attendance = get_object_or_404(rows, pk=pk)
    if answer not in ANSWERS:
        raise Http404
    back = (request.POST.get("next") == "list" and "calendar:invitations") or attendance.event
    try:
        attendance = services.answer_invitation(attendance, ANSWERS[answer], by=request.user)
    except ValidationError as error:
        text = " ".join(error.messages)
        if request.htmx:
            return HttpResponse(status=422, headers={"HX-Trigger": json.dumps({"toast": text})})
        messages.error(request, text)
        return redirect(back)
    if request.htmx:
        return TemplateResponse(request, "calendar/_invitation.html", {"row": attendance})
    messages.success(request, _("Your answer to “%(title)s” has been noted.") % {"title": attendance.event})
    return redirect(back)
