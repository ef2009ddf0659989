"""Where systems send their requests ahead (RFC 9126)."""

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from sso.oauth.clients import client_of
from sso.oauth.pushed import LIVES, push
from sso.views.tokens import for_programs, unknown_client


@require_POST
@for_programs
def pushed_authorization(request, form):
    """Keep an authentication request; answer with the name by which the browser brings it."""
    client = client_of(request, form, or_public=True)
    if client is None:
        return unknown_client()
    answer = {"request_uri": push(client, form, request), "expires_in": int(LIVES.total_seconds())}
    return JsonResponse(answer, status=201)
