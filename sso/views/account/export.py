"""All that identity keeps of one, to take along."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sso.services.export import export_of


@never_cache
def data(request):
    return TemplateResponse(request, "account_pages/data.html")


@never_cache
@require_POST
def data_file(request):
    name = f"{request.user.username}-{timezone.localdate():%Y-%m-%d}.zip"
    content = export_of(request.user, by=request.user, request=request)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)
