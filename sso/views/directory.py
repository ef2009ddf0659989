"""How the directory is followed, and what is held back until somebody has looked. For system admins; else 404."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sso.forms.access import LetGoForm
from sso.models import DirectoryEntry, Unit, User
from sso.services.health import CannotLetGo, health, let_go
from sso.services.sync.mirror import entry_of
from sso.step_up import when_sure
from sso.views.guard import for_system_admins

ON_PAGE = 50


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure(methods=("POST",))
def directory(request):
    now = health()
    form = LetGoForm(request.POST or None, initial={"seen": now.mark})
    if request.method == "POST" and form.is_valid():
        try:
            let_go(form.cleaned_data["seen"], form.cleaned_data["words"], by=request.user, request=request)
        except CannotLetGo:
            now = health()
            form = LetGoForm(request.POST.dict() | {"seen": now.mark})
            form.add_error(None, _("Nothing was done, because something has changed meanwhile. Look again."))
        else:
            messages.success(request, _("What the directory wants has been carried out."))
            return redirect("directory")
    page = Paginator(now.held, ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "health": now,
        "form": form,
        "page": page,
        "rows": described(page.object_list),
        "question": ngettext(
            "Carry it out for %(count)d entry?", "Carry it out for %(count)d entries?", len(now.held)
        )
        % {"count": len(now.held)},
    }
    return TemplateResponse(request, "sso/directory.html", context, status=422 if form.errors else 200)


def described(rows: list[DirectoryEntry]) -> list[dict]:
    """Return each with the person or unit it is about and why the directory wants it out. Two queries for all."""
    keys = [row.key for row in rows]
    people = {user.entry_uuid: user for user in User.objects.filter(entry_uuid__in=keys).with_posts()}
    units = {unit.entry_uuid: unit for unit in Unit.objects.filter(entry_uuid__in=keys)}
    return [
        {"row": row, "person": people.get(row.key), "unit": units.get(row.key), "why": why(row)}
        for row in rows
    ]


def why(row: DirectoryEntry) -> str:
    if row.gone_at:
        return _("is no longer in the directory")
    entry, now = entry_of(row), timezone.now()
    if entry.ends_at and now >= entry.ends_at and not entry.is_locked:
        return _("the account has expired")
    if entry.begins_at and now < entry.begins_at and not entry.is_locked:
        return _("the account has not begun yet")
    return _("is locked in the directory")
