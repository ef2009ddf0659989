"""Files: shown inside the browser, added and removed by the clerk."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.documents import services
from apps.documents.forms import AttachForm
from apps.documents.models import Attachment, Document, HistoryEntry
from apps.documents.permissions import can_correct, may
from apps.documents.views.pages import read_later, show
from intranet.api import send_private_file
from sso.api import require

# A PDF opens in the browser's own viewer, which a sandbox would forbid; the file was found to be a PDF.
FILE_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_GET
def file_view(request, pk, file_pk):
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    attachment = get_object_or_404(document.attachments, pk=file_pk)
    try:
        response = send_private_file(attachment.file, attachment.name, "application/pdf", inline=True)
    except FileNotFoundError as error:
        raise Http404 from error
    services.record_look(document, HistoryEntry.Act.OPENED, by=request.user, text=attachment.name)
    response["Content-Security-Policy"] = FILE_POLICY
    return response


@require_POST
def file_add(request, pk):
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    require(may(request.user, can_correct, document))
    form = AttachForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            upload = services.keep_upload(form.cleaned_data["file"], by=request.user)  # may take seconds
            upload = services.attach_file(document, upload, by=request.user)
        except ValidationError as error:
            form.add_error("file", error)
    if form.errors:
        return show(request, document, attach_form=form, status=422)
    read_later(upload)
    messages.success(request, _("The file has been added."))
    return redirect(document)


@require_POST
def file_remove(request, pk, file_pk):
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    attachment = get_object_or_404(
        Attachment.objects.select_related("document"), document=document, pk=file_pk
    )
    services.remove_file(attachment, by=request.user)
    messages.success(request, _("The file has been removed."))
    return redirect(document)
