from django.http import HttpResponse
from django.urls import path

from intranet.api import notify
from intranet.urls import handler400, handler500, urlpatterns  # noqa: F401 (Django reads the handlers here)


def tell(request):
    notify("note.told", to=[request.user], title="Có việc mới", url="/people/")
    return HttpResponse("told")


urlpatterns = [path("tell/", tell), *urlpatterns]
