"""The secret iCalendar address of a person."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.calendar import ical, services
from apps.calendar.models import Attendance, Event, Feed
from apps.calendar.views.frame import tabs
from apps.calendar.weeks import midnight

PAST = timedelta(days=180)
NOTED_EVERY = timedelta(hours=1)


def feed_settings(request):
    """The address is shown once, right after it was made."""
    token = request.session.pop("calendar_feed", None)
    feed = Feed.objects.filter(user=request.user).first()
    if feed and token and Feed.digest(token) != feed.token_hash:
        token = None
    url = request.build_absolute_uri(reverse("calendar:feed_file", args=[token])) if token else ""
    context = {"tabs": tabs(request.user, "feed"), "feed": feed, "url": url}
    return TemplateResponse(request, "calendar/feed.html", context)


@require_POST
def feed_renew(request):
    request.session["calendar_feed"] = services.renew_feed(request.user)
    return redirect("calendar:feed")


@require_POST
def feed_stop(request):
    services.stop_feed(request.user)
    messages.success(request, _("The address no longer works."))
    return redirect("calendar:feed")


@require_safe
@login_not_required
def feed_file(request, token):
    """My events and the leaders' items that concern me, for calendar programs: no session, only the token."""
    feed = Feed.objects.by_token(token)
    if not feed:
        raise Http404
    user, now = feed.user, timezone.now()
    since = midnight(timezone.localdate() - PAST)
    events = Event.objects.visible_to(user).of_person(user).filter(last_at__gt=since)
    state = events.aggregate(count=Count("pk"), last=Max("changed_at"))
    answered = Attendance.objects.filter(user=user).aggregate(last=Max("answered_at"))["last"]
    words = (feed.token_hash, since, state["count"], state["last"], answered, user.full_name, user.language)
    etag = f'"{hashlib.sha256(repr(words).encode()).hexdigest()[:32]}"'
    changed_at = max(filter(None, (feed.created_at, state["last"], answered, since)))
    response = get_conditional_response(request, etag=etag, last_modified=int(changed_at.timestamp()))
    if response is None:
        with translation.override(user.language or settings.LANGUAGE_CODE):
            rows = events.select_related("chair", "preparing_unit", "organizer").order_by("starts_at", "pk")
            answers = dict(Attendance.objects.filter(user=user).values_list("event", "answer"))
            content = ical.feed(_("Calendar of %(name)s") % {"name": user.full_name}, rows, answers)
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["ETag"], response["Last-Modified"] = etag, http_date(int(changed_at.timestamp()))
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    if not feed.fetched_at or now - feed.fetched_at > NOTED_EVERY:
        Feed.objects.filter(pk=feed.pk).update(fetched_at=now)
    return response
