"""The floor of a page: Django, one template, nothing else."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import path

TEMPLATE = (
    "<!doctype html><title>{{ title }}</title><ul>{% for row in rows %}<li>{{ row }}</li>{% endfor %}</ul>"
)

settings.configure(
    SECRET_KEY="none",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()
page = engines["django"].from_string(TEMPLATE)


def bare(request):
    return HttpResponse(page.render({"title": "Trang", "rows": range(60)}, request))


urlpatterns = [path("", bare)]
application = get_wsgi_application()
