"""Private files leave only through a view that has asked ``visible_to`` before; pictures of pages are for all staff."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.http import content_disposition_header
from willow.plugins.pillow import PillowImage


def send_private_file(file: File, name: str, content_type: str, *, inline: bool = False) -> HttpResponse:
    """Return an answer that carries ``file`` under ``name``, sent by nginx when it stands in front of us."""
    if settings.X_ACCEL_PREFIX:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.X_ACCEL_PREFIX}/{file.name}"
        response["Content-Disposition"] = content_disposition_header(not inline, name)
    else:
        response = FileResponse(
            file.open("rb"), as_attachment=not inline, filename=name, content_type=content_type
        )
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@login_not_required
def favicon(request):
    """Send those who ask without having read a page (feed readers, PDF tabs) to the mark that pages name."""
    return redirect(static("intranet/mark.svg"))


# What a camera writes into a picture, with the place, stays in the original; Willow has no setting for it.
PillowImage.get_exif_data = lambda image: None
DRAWN, ORIGINALS = "images/", "original_images/"


def picture(request, path):
    """Send a picture of Wagtail's image library to somebody signed in; its name changes with its content.

    An original goes to editors only: it tells where it was taken, and pages show none.
    """
    is_for_all = path.startswith(DRAWN)
    is_for_editors = path.startswith(ORIGINALS) and request.user.has_perm("wagtailadmin.access_admin")
    if not (is_for_all or is_for_editors) or not default_storage.exists(path):
        raise Http404
    response = FileResponse(default_storage.open(path))
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
