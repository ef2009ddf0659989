"""The list of notices, one opened, all read."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from intranet import services
from intranet.models import Notification
from intranet.notifications import kind_label

IN_PANEL = 8
ON_PAGE = 30


def notices(request):
    """The person's notices; for htmx the newest of them, for the panel below the bell."""
    mine = Notification.objects.visible_to(request.user)
    if request.htmx:
        unread = mine.unread().count()
        context = {"notices": _with_labels(mine[:IN_PANEL]), "unread": unread, "count": unread}
        return TemplateResponse(request, "intranet/_notices_panel.html", context)
    page = Paginator(mine, ON_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "notices": _with_labels(page.object_list)}
    return TemplateResponse(request, "intranet/notices.html", context)


def _with_labels(notices):
    """Return the notices, each with the words of its kind."""
    notices = list(notices)
    for notice in notices:
        notice.label = kind_label(notice.kind)
    return notices


def notice_new(request):
    """A toast for one notice and the new number for the bell, asked for by a page that heard of it."""
    key = request.GET.get("id", "")
    mine = Notification.objects.visible_to(request.user)
    notice = mine.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    context = {"notice": notice, "count": mine.unread().count()}
    return TemplateResponse(request, "intranet/_notice_new.html", context)


def notice_open(request, pk):
    """Mark it read and go where it leads: a link, so that it can be opened in a tab of its own."""
    notice = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    return redirect(services.open_notice(notice, by=request.user) or "notices")


@require_POST
def notices_read(request):
    services.read_all_notices(by=request.user)
    if request.htmx:
        return notices(request)
    return redirect("notices")
