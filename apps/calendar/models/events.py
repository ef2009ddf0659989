"""Events in the words of RFC 5545, with what a ministry's calendar adds; who takes part; what has changed."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.calendar.models.calendars import Calendar
from sso.api import Post, Role, acting_for, fold

FOREVER = datetime(9000, 1, 1, tzinfo=UTC)  # the end of a series that has none

FIELD_LABELS = {
    "summary": _("Content"),
    "when": _("Time"),
    "repeats": _("Repeats"),
    "kind": _("Kind"),
    "location": _("Place"),
    "chair": _("Chair"),
    "leaders": _("Leaders"),
    "participants": _("Participants"),
    "preparing_unit": _("Preparing unit"),
    "invitation_number": _("Number of the invitation"),
    "description": _("Description"),
    "note": _("Note"),
    "is_private": _("Private"),
}


def unit_paths(user) -> set[str]:
    """Return the paths below which ``user`` reads the calendars of units.

    Everybody reads those of the whole department they belong to; the ministry's leaders, and who holds a role
    in a unit, all below.
    """
    paths = set()
    for post in user.current_posts:
        top = post.unit.path_ids[:2]
        if len(top) > 1:
            paths.add(f"/{top[0]}/{top[1]}/")
        elif post.level != Post.Level.MEMBER:
            paths.add(post.unit.path)
    for role in user.current_roles:
        if role.name in (Role.CLERK, Role.UNIT_ADMIN):
            paths.add(role.unit.path if role.unit else "/")
    return paths


def keeps_leaders_calendar(user) -> bool:
    """Say whether ``user`` keeps the leaders' calendar: the clerks and leaders of the ministry's Office."""
    code = settings.CALENDAR_OFFICE
    roles = [role.unit for role in user.current_roles if role.name == Role.CLERK]
    leads = [post.unit for post in user.current_posts if post.level != Post.Level.MEMBER]
    return any(unit is None or unit.code == code for unit in roles) or any(
        unit.code == code for unit in leads
    )


class EventQuerySet(models.QuerySet):
    def between(self, since: datetime, until: datetime):
        """The events, and the series that may have occurrences, in [since, until)."""
        return self.filter(starts_at__lt=until, last_at__gt=since)

    def of_person(self, user):
        """What stands in the person's own calendar and what they take part in, but for what they have declined."""
        asked = Attendance.objects.filter(event=OuterRef("pk"), user=user)
        declined = asked.filter(answer=Attendance.Answer.DECLINED)
        return self.filter(Q(calendar__user=user) | Q(Exists(asked)), ~Exists(declined), is_draft=False)

    def shown_to(self, user):
        """The events whose time ``user`` may see. Those with ``is_hidden`` are to be shown as busy only."""
        own, others = self._reach(user)
        hidden = Case(When(Q(is_private=False) | own, then=Value(False)), default=Value(True))
        return self.filter(own | others).annotate(is_hidden=hidden)

    def visible_to(self, user):
        """The events that ``user`` may read."""
        own, others = self._reach(user)
        return self.filter(own | (others & Q(is_private=False)))

    def _reach(self, user) -> tuple[Q, Q]:
        """What is the user's own, read even when private; what others let them read."""
        taking_part = Attendance.objects.filter(event=OuterRef("pk"))
        own = Q(calendar__user=user) | Q(organizer=user)
        own |= Q(is_draft=False) & Q(Exists(taking_part.filter(user=user)))
        others = Q(calendar__kind=Calendar.Kind.LEADERS, is_draft=False)
        for path in unit_paths(user):
            others |= Q(calendar__unit__path__startswith=path)
        givers = acting_for(user, "calendar")[1:]
        if givers:
            others |= Q(calendar__user__in=givers)
            others |= Q(Exists(taking_part.filter(user__in=givers)))
        if keeps_leaders_calendar(user):
            own |= Q(calendar__kind=Calendar.Kind.LEADERS)
        return own, others

    def matching(self, text: str):
        found = self
        for word in fold(text).split():
            found = found.filter(search_key__contains=word)
        return found

    def with_people(self):
        """With all that a line about an event shows: two queries."""
        attendances = models.Prefetch(
            "attendances", Attendance.objects.select_related("user").order_by("pk"), to_attr="people"
        )
        return self.select_related("calendar__unit", "chair", "preparing_unit").prefetch_related(attendances)


class Event(models.Model):
    """Something in a calendar: a single event, a series (``rrule``), or one changed occurrence of a series.

    All-day events run from midnight to midnight of the ministry's time zone. ``last_at`` is the end of the
    last occurrence. ``exdates`` lists the starts of the occurrences a series leaves out, also those that an
    event with ``series`` and ``recurrence_at`` replaces.
    """

    class Status(models.TextChoices):
        TENTATIVE = "TENTATIVE", _("tentative")
        CONFIRMED = "CONFIRMED", _("confirmed")
        CANCELLED = "CANCELLED", _("cancelled")

    class Mark(models.TextChoices):
        NONE = "", ""
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        POSTPONED = "postponed", _("postponed")
        CANCELLED = "cancelled", _("called off")

    class Kind(models.TextChoices):
        MEETING = "meeting", _("Meeting")
        CONFERENCE = "conference", _("Conference")
        WORKING = "working", _("Working session")
        TRIP = "trip", _("Business trip")
        RECEPTION = "reception", _("Reception of guests")
        DUTY = "duty", _("Duty")
        OTHER = "other", _("Other")

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="events")
    uid = models.CharField(max_length=255)
    sequence = models.PositiveIntegerField(default=0)
    series = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="overrides")
    recurrence_at = models.DateTimeField(null=True, blank=True)

    summary = models.CharField(_("content"), max_length=250)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.MEETING)
    description = models.TextField(_("description"), blank=True)
    location = models.CharField(_("place"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    is_all_day = models.BooleanField(_("all day"), default=False)
    rrule = models.CharField(_("repeats"), max_length=250, blank=True)
    exdates = models.JSONField(default=list, blank=True)
    tzid = models.CharField(max_length=64, blank=True)  # where a series recurs; empty: the ministry's zone
    last_at = models.DateTimeField(editable=False)

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.CONFIRMED)
    mark = models.CharField(max_length=10, choices=Mark.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    is_draft = models.BooleanField(default=False)
    is_private = models.BooleanField(_("private"), default=False)

    chair = models.ForeignKey("sso.User", models.SET_NULL, null=True, blank=True, related_name="+")
    chair_text = models.CharField(_("chair"), max_length=200, blank=True)
    participants_text = models.TextField(_("participants"), blank=True)
    preparing_unit = models.ForeignKey("sso.Unit", models.SET_NULL, null=True, blank=True, related_name="+")
    invitation_number = models.CharField(_("number of the invitation"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=250, blank=True)
    organizer = models.ForeignKey("sso.User", models.SET_NULL, null=True, blank=True, related_name="+")
    organizer_text = models.CharField(max_length=250, blank=True)
    # Of what came by mail: whom the answer goes to, who alone may change it, and how old what we know is.
    organizer_email = models.EmailField(blank=True)
    stamped_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    search_key = models.TextField(blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["last_at", "starts_at"]),
            models.Index(fields=["calendar", "starts_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "uid"], condition=Q(recurrence_at=None), name="event_uid_is_unique"
            ),
            models.UniqueConstraint(
                fields=["calendar", "uid", "recurrence_at"],
                condition=Q(recurrence_at__isnull=False),
                name="event_recurrence_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="event_ends_after_it_begins"
            ),
        ]

    def __str__(self):
        return self.summary

    def get_absolute_url(self):
        return reverse("calendar:event", args=[self.pk])

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_series(self) -> bool:
        return bool(self.rrule)

    @property
    def is_answered_by_mail(self) -> bool:
        """Whether it was made elsewhere: the organiser is told of answers by mail."""
        return bool(self.organizer_email)

    @property
    def chair_name(self) -> str:
        return self.chair.full_name if self.chair else self.chair_text

    @property
    def organizer_name(self) -> str:
        return self.organizer.full_name if self.organizer else self.organizer_text

    def hide(self) -> None:
        """Keep the time only, for people who may not read the event."""
        self.summary = _("Busy")
        self.location = self.description = self.note = self.chair_text = self.participants_text = ""
        self.invitation_number = self.organizer_text = self.reason = self.search_key = ""
        self.chair = self.preparing_unit = self.organizer = None
        self.people = [row for row in getattr(self, "people", []) if row.is_leader]

    def derive_search_key(self) -> None:
        words = (self.summary, self.location, self.chair_name, self.participants_text, self.invitation_number)
        self.search_key = fold(" ".join(filter(None, words)))


class AttendanceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The user's own invitations and those of the people they act for, as ``answerable`` says."""
        return self.of_people([person.pk for person in acting_for(user, "calendar")]).answerable(user.pk)

    def of_people(self, keys):
        return self.filter(user__in=keys, event__is_draft=False)

    def answerable(self, key: int):
        """Without what only the person asked can answer: from their own mailbox."""
        return self.filter(Q(user=key) | Q(event__organizer_email=""))

    def unanswered(self, now: datetime | None = None):
        """Invitations to what is still to come, the soonest first."""
        last_at = now or timezone.now()
        waiting = self.filter(answer=Attendance.Answer.NEEDS_ACTION, event__last_at__gt=last_at)
        return waiting.exclude(event__status=Event.Status.CANCELLED).order_by("event__starts_at", "pk")


class Attendance(models.Model):
    """A person takes part. ``is_leader`` puts the event into the person's column of the leaders' week."""

    class Answer(models.TextChoices):
        NEEDS_ACTION = "NEEDS-ACTION", _("not answered yet")
        ACCEPTED = "ACCEPTED", _("takes part")
        DECLINED = "DECLINED", _("does not take part")
        TENTATIVE = "TENTATIVE", _("perhaps")

    event = models.ForeignKey(Event, models.CASCADE, related_name="attendances")
    user = models.ForeignKey("sso.User", models.CASCADE, related_name="attendances")
    is_leader = models.BooleanField(default=False)
    answer = models.CharField(max_length=12, choices=Answer.choices, default=Answer.NEEDS_ACTION)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey("sso.User", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="attendance_is_once")]
        indexes = [models.Index(fields=["user", "answer"])]

    def __str__(self):
        return f"{self.user}: {self.get_answer_display()}"


class Change(models.Model):
    """A version of an event: who did what, for whom, why, and which fields went from what to what."""

    class Act(models.TextChoices):
        CREATED = "created", _("Created")
        PUBLISHED = "published", pgettext_lazy("calendar", "Published")
        CHANGED = "changed", _("Changed")
        POSTPONED = "postponed", _("Postponed")
        CANCELLED = "cancelled", _("Called off")

    event = models.ForeignKey(Event, models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("sso.User", models.SET_NULL, null=True, related_name="+")
    on_behalf_of = models.ForeignKey("sso.User", models.SET_NULL, null=True, blank=True, related_name="+")
    act = models.CharField(max_length=10, choices=Act.choices)
    reason = models.CharField(max_length=250, blank=True)
    fields = models.JSONField(default=list, blank=True)  # [[field, old words, new words], …]

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.get_act_display()}: {self.event}"

    @property
    def lines(self) -> list[dict]:
        return [
            {"label": FIELD_LABELS.get(name, name), "old": old, "new": new} for name, old, new in self.fields
        ]
