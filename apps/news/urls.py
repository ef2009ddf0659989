from django.urls import path

from apps.news import views

urlpatterns = [
    path("", views.news_list, name="list"),
    path("<slug:slug>/", views.news_article, name="article"),
]
