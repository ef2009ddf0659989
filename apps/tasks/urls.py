from django.urls import path

from apps.tasks import views

urlpatterns = [
    path("", views.task_list, name="list"),
    path("new/", views.task_new, name="new"),
    path("find/", views.picker_find, name="find"),
    path("files/<int:pk>/", views.attachment, name="attachment"),
    path("<int:pk>/", views.task_detail, name="detail"),
    path("<int:pk>/edit/", views.task_edit, name="edit"),
    path("<int:pk>/find/", views.picker_find, name="find_hand_on"),
    path("<int:pk>/follow/", views.task_follow, name="follow"),
    path("<int:pk>/complete/", views.task_act, {"act": "complete"}, name="complete"),
    path("<int:pk>/<slug:act>/", views.task_act, name="act"),
]
