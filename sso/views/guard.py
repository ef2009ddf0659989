"""Who may open the pages of administration."""

from functools import wraps

from django.http import Http404
from django.views.decorators.cache import never_cache

from sso.permissions import is_system_admin


def for_system_admins(view):
    """Let system admins open ``view``, which no browser keeps; for others there is no such page."""

    @never_cache
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not is_system_admin(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped
