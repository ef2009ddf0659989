"""Who may act for one, and for whom one may act."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sso.forms.access import DelegationForm
from sso.services import delegations
from sso.step_up import when_sure
from sso.text import nfc

LONGEST_QUERY = 200


@never_cache
@require_GET
def people(request):
    """The people who match what is being typed, for the picker."""
    query = words_in(request)
    found = (
        delegations.possible_receivers(request.user).matching(query).with_posts()[: delegations.MOST_FOUND]
        if query
        else []
    )
    return JsonResponse(
        [
            {"value": one.pk, "text": f"{one.full_name} ({one.username})", "note": one.post_line}
            for one in found
        ],
        safe=False,
    )


def words_in(request) -> str:
    return nfc(request.GET.get("q", ""))[:LONGEST_QUERY].strip()


@never_cache
@require_http_methods(["GET", "POST"])
@when_sure(methods=("POST",))
def delegation(request):
    """Those in force; a new one opens the own work to somebody else, so an open session alone does not give it."""
    person = request.user
    query = words_in(request)
    form = DelegationForm(request.POST or None, person=person, query=query)
    if request.method == "POST" and form.is_valid():
        data, (starts_at, ends_at) = form.cleaned_data, form.moments()
        delegations.give_delegation(data["receiver"], data["apps"], starts_at, ends_at, by=person)
        messages.success(request, _("%(person)s has been told.") % {"person": data["receiver"]})
        return redirect("account-delegation")
    coming = delegations.current_and_coming()
    names = delegations.delegable_apps()
    context = {
        "form": form,
        "query": query,
        "given": told(coming.filter(giver=person).select_related("receiver"), names),
        "received": told(
            coming.filter(receiver=person, giver__is_active=True).select_related("giver"), names
        ),
    }
    return TemplateResponse(
        request, "account_pages/delegation.html", context, status=422 if form.errors else 200
    )


def told(rows, names: dict) -> list[dict]:
    """Return each delegation with the names of its apps, its last day, and whether it has begun."""
    return [
        {
            "row": row,
            "apps": [names.get(name, name) for name in row.apps],
            "last": timezone.localtime(row.ends_at - timedelta(seconds=1)).date() if row.ends_at else None,
            "is_coming": row.starts_at > timezone.now(),
        }
        for row in rows
    ]


@require_POST
def delegation_end(request, pk):
    mine = delegations.current_and_coming().filter(Q(giver=request.user) | Q(receiver=request.user))
    delegations.end_delegation(get_object_or_404(mine, pk=pk), by=request.user)
    messages.success(request, _("The delegation has ended."))
    return redirect("account-delegation")
