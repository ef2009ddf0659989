"""Every mounted URL, in the order they are tried."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from intranet import views
from intranet.plugins import plugins

urlpatterns = [
    path("", views.home, name="home"),
    *[path(f"{plugin.slug}/", include((plugin.urls, plugin.slug))) for plugin in plugins()],
    path("admin/", include(wagtailadmin_urls)),
    path("django-admin/", admin.site.urls),
    path("", include(wagtail_urls)),
]
if settings.DEBUG:
    from django.conf.urls.static import static

    urlpatterns[:0] = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
