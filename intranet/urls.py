"""Every mounted URL, in the order they are tried."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access

from intranet.files import favicon, picture
from intranet.plugins import plugins
from intranet.views import arrange, errors, home, notices, people, search

admin_words = JavaScriptCatalog.as_view(packages=["wagtail.admin", "intranet"])

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("sso.urls")),  # before all others: its sign-in replaces those of the packages below
    path("duties/", home.duties, name="duties"),
    path("widgets/<slug:plugin>/<slug:widget>/", home.widget, name="widget"),
    path("badges/<slug:slug>/", home.badge, name="badge"),
    path("session/", home.session, name="session"),
    path("theme/", home.theme, name="theme"),
    path("arrange/", arrange.arrange_own, name="arrange"),
    path("arrange/ministry/", arrange.arrange_ministry, name="arrange_ministry"),
    path("arrange/unit/<int:pk>/", arrange.arrange_unit, name="arrange_unit"),
    path("search/", search.search, name="search"),
    path("notices/", notices.notices, name="notices"),
    path("notices/new/", notices.notice_new, name="notices_new"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:pk>/", notices.notice_open, name="notice"),
    path("people/", people.people, name="people"),
    path("people/<account:username>/", people.person, name="person"),
    path("units/", people.units, name="units"),
    path("units/<slug:slug>/", people.unit, name="unit"),
    *[path(f"{plugin.slug}/", include((plugin.urls, plugin.slug))) for plugin in plugins()],
    path("favicon.ico", favicon),
    path("too-big/", errors.too_big),
    path("media/<path:path>", picture, name="picture"),
    path("admin/jsi18n/", require_admin_access(admin_words)),  # Wagtail's own, with what its Vietnamese lacks
    path("admin/", include(wagtailadmin_urls)),
    path("django-admin/", admin.site.urls),
    path("", include(wagtail_urls)),
]

handler400 = "intranet.views.errors.bad_request"
handler500 = "intranet.views.errors.server_error"
