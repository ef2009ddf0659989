from django.urls import path

from apps.documents import views

urlpatterns = [
    path("", views.document_list, name="list"),
    path("new/", views.document_new, {"direction": "incoming"}, name="new"),
    path("outgoing/new/", views.document_new, {"direction": "outgoing"}, name="new_outgoing"),
    path("registers/", views.register_list, name="registers"),
    path("registers/open/", views.register_open, name="open_register"),
    path("registers/<int:pk>/print/", views.register_print, name="print"),
    path("<int:pk>/", views.document_detail, name="detail"),
    path("<int:pk>/edit/", views.document_edit, name="edit"),
    path("<int:pk>/route/", views.document_route, name="route"),
    path("<int:pk>/assignments/<int:assignment_pk>/<slug:act>/", views.assignment_act, name="act"),
    path("<int:pk>/files/", views.file_add, name="add_file"),
    path("<int:pk>/files/<int:file_pk>/", views.file_view, name="file"),
    path("<int:pk>/files/<int:file_pk>/remove/", views.file_remove, name="remove_file"),
]
