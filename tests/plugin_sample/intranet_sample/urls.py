from django.urls import path

from intranet_sample import views

urlpatterns = [path("", views.hello, name="hello")]
