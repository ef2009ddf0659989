"""What every page shows around its content."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from intranet.frame import shell_of


def shell(request):
    """Add ``shell``, computed when a template first asks for it."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request)), "is_demo": settings.IS_DEMO}
