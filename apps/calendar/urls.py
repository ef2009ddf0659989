from django.urls import path

from apps.calendar.views import calendars, events, feeds, invitations, leaders

urlpatterns = [
    path("", calendars.mine, name="mine"),
    path("units/<int:pk>/", calendars.unit, name="unit"),
    path("leaders/", leaders.leaders_week, name="leaders"),
    path("leaders/publish/", leaders.week_publish, name="publish"),
    path("events/new/", events.event_new, name="new"),
    path("events/<int:pk>/", events.event_detail, name="event"),
    path("events/<int:pk>/change/", events.event_change, name="change"),
    path("events/<int:pk>/cancel/", events.event_cancel, name="cancel"),
    path("people/", events.people_suggestions, name="people"),
    path("invitations/", invitations.invitation_list, name="invitations"),
    path("invitations/<int:pk>/<slug:answer>/", invitations.invitation_answer, name="answer"),
    path("feed/", feeds.feed_settings, name="feed"),
    path("feed/renew/", feeds.feed_renew, name="feed_renew"),
    path("feed/stop/", feeds.feed_stop, name="feed_stop"),
    path("feed/<str:token>.ics", feeds.feed_file, name="feed_file"),
]
