"""Systems that run in a browser: their pages may read what we answer, when we say so (Fetch standard, CORS).

Only the very origin of a registered public system's own addresses is named, never ``*``, and no cookie is taken: it is
the token that lets in. Programs on servers send no origin, and nothing changes for them.
"""

from functools import wraps

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from sso.models import Application

MAY_ASK = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def for_pages(view):
    """Let pages of public systems call ``view`` and read its answers to their own system.

    The view says by ``request.system`` (anything with a ``client_id``) to whom it answers; where that is not known,
    as with a token that has run out, the answer is about nobody, and a page of any public system may read it.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        origin = request.META.get("HTTP_ORIGIN")
        if not origin:
            return view(request, *args, **kwargs)
        if request.method == "OPTIONS" and is_of_page(origin):
            response = HttpResponse(status=204, headers=MAY_ASK | {"Access-Control-Allow-Origin": origin})
        else:
            response = view(request, *args, **kwargs)
            if is_of_page(origin, getattr(request, "system", None)):
                response["Access-Control-Allow-Origin"] = origin
                response["Access-Control-Expose-Headers"] = "WWW-Authenticate"
        patch_vary_headers(response, ["Origin"])
        return response

    return wrapped


def is_of_page(origin: str, system=None) -> bool:
    """Say whether ``origin`` is one of ``system``, or with None of any, when it is public and switched on."""
    found = Application.objects.filter(client_type=Application.CLIENT_PUBLIC, is_enabled=True)
    if system is not None:
        found = found.filter(client_id=system.client_id)
    return any(origin in one.origins for one in found.only("client_type", "redirect_uris"))
