"""What people type about events."""

import re
from datetime import UTC, datetime, time, timedelta

import icalendar
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.calendar.board import ministry_leaders
from apps.calendar.models import Calendar, Event
from apps.calendar.people import PeopleField, PersonOrTextField, label_of
from apps.calendar.weeks import YEARS, midnight
from apps.calendar.wording import CODES, WEEKDAYS, last_day
from sso.api import DayField, Post, Unit, User

USUAL_LENGTH = timedelta(hours=1)
END_OF_DAY = time.max
TIME_FORMATS = ["%H:%M", "%H:%M:%S", "%Hh%M", "%Hh", "%H.%M", "%H"]
FREQUENCIES = [("", _("Does not repeat")), ("DAILY", _("Every day")), ("WEEKLY", _("Every week"))]
FREQUENCIES += [("MONTHLY", _("Every month"))]
PLAIN_RULE = {"FREQ", "BYDAY", "UNTIL", "COUNT", "WKST", "INTERVAL"}


class HourField(forms.TimeField):
    """A time of day in 24 hours: 8:30, 8h30, 830. Browsers would draw type=time in a language of their own, with AM."""

    default_error_messages = {"invalid": _("Please write hours and minutes, such as 8:30 or 14:00.")}

    def __init__(self, **options):
        attrs = {"inputmode": "numeric", "placeholder": _("hh:mm"), "autocomplete": "off", "maxlength": 8}
        widget = forms.TimeInput(format="%H:%M", attrs=attrs)
        super().__init__(widget=widget, input_formats=TIME_FORMATS, **options)

    def to_python(self, value):
        """Return the time, or None; phones show digits only, so 830 is 8:30."""
        if isinstance(value, str):
            value = re.sub(r"^(\d{1,2})(\d\d)$", r"\1:\2", value.strip())
        return super().to_python(value)


class EndHourField(HourField):
    """A time of day at which something ends: 24:00 is the end of the day, and stays written like that."""

    def to_python(self, value):
        """Return the time, None, or END_OF_DAY."""
        if isinstance(value, str) and re.fullmatch(r"24([h.:]?(00)?)", value.strip()):
            return END_OF_DAY
        return super().to_python(value)


class LeadersField(forms.ModelMultipleChoiceField):
    """The minister and the deputies as checkboxes, by rank."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options):
        super().__init__(User.objects.all(), **options)

    def offer(self, leaders: list[Post]) -> None:
        self.queryset = User.objects.filter(pk__in=[post.user_id for post in leaders])
        self.choices = [(post.user_id, f"{post.title} {post.user.full_name}") for post in leaders]


class EventForm(forms.Form):
    """Fields of an event of ``calendar``; what the calendar has no use for is left out."""

    summary = forms.CharField(label=_("Content"), max_length=250)
    start_day = DayField(label=_("Begins on"))
    start_time = HourField(label=_("at"), required=False)
    end_day = DayField(label=_("Ends on"), required=False)
    end_time = EndHourField(label=_("until"), required=False)
    is_all_day = forms.BooleanField(label=_("All day"), required=False)
    location = forms.CharField(label=_("Place"), max_length=200, required=False)
    leaders = LeadersField(label=_("Leaders in whose columns it stands"), required=False)
    chair = PersonOrTextField(
        label=_("Chair"),
        max_length=200,
        required=False,
        help_text=_("A name or account of the ministry, or any words for somebody from elsewhere."),
    )
    people = PeopleField(
        label=_("People invited"), required=False, help_text=_("They get a notice and can answer.")
    )
    participants_text = forms.CharField(
        label=_("Participants in words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Units and guests, as printed in the calendar."),
    )
    preparing_unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Preparing unit"), required=False, empty_label=_("None")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Event.Kind.choices, initial=Event.Kind.MEETING)
    invitation_number = forms.CharField(label=_("Number of the invitation"), max_length=60, required=False)
    repeat = forms.ChoiceField(label=_("Repeats"), choices=FREQUENCIES, required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"),
        choices=list(zip(CODES, WEEKDAYS, strict=True)),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Only for what repeats every week; otherwise the day it begins on."),
    )
    repeat_until = DayField(label=_("Repeats until"), required=False)
    repeat_count = forms.IntegerField(label=_("or so many times"), required=False, min_value=1, max_value=400)
    description = forms.CharField(
        label=_("Description"), max_length=10000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    note = forms.CharField(label=_("Note"), max_length=250, required=False)
    is_tentative = forms.BooleanField(label=_("Not certain yet"), required=False)
    is_private = forms.BooleanField(
        label=_("Private"), required=False, help_text=_("Others see only that the time is taken.")
    )
    reason = forms.CharField(
        label=_("Reason of the change"),
        max_length=250,
        required=False,
        help_text=_("Those who take part read it."),
    )

    def __init__(self, *args, calendar: Calendar, event: Event | None = None, part: str = "", **options):
        super().__init__(*args, **options)
        self.calendar, self.event = calendar, event
        self.keeps_rule = bool(event and event.rrule and not _is_plain(event.rrule))
        if calendar.is_leaders:
            leaders = ministry_leaders()
            self.fields["leaders"].offer(leaders)
        else:
            del self.fields["leaders"], self.fields["invitation_number"]
        if calendar.is_personal:
            del self.fields["preparing_unit"]
        else:
            self.fields["preparing_unit"].queryset = Unit.objects.top()
        if part == "one" or self.keeps_rule:
            for name in ("repeat", "weekdays", "repeat_until", "repeat_count"):
                del self.fields[name]
        if event is None or event.is_draft:
            del self.fields["reason"]

    def clean(self):
        data = super().clean()
        day, end_day = data.get("start_day"), data.get("end_day")
        for name in ("start_day", "end_day", "repeat_until"):
            if data.get(name) and data[name].year not in YEARS:
                self.add_error(name, _("Please give a day of this century."))
        if not data.get("is_all_day") and not data.get("start_time") and "start_time" not in self.errors:
            self.add_error("start_time", _("Please say when it begins, or tick “All day”."))
        if day and end_day and end_day < day:
            self.add_error("end_day", _("The end is before the beginning."))
        if data.get("repeat_until") and data.get("repeat_count"):
            self.add_error("repeat_count", _("Please give either the last day or the number of times."))
        if day and data.get("repeat_until") and data["repeat_until"] < day:
            self.add_error("repeat_until", _("The last day is before the first."))
        if not self.errors:
            data["starts_at"], data["ends_at"] = self._times(data)
            if data["ends_at"] < data["starts_at"]:
                self.add_error("end_time", _("The end is before the beginning."))
        if self.calendar.is_leaders and not data.get("leaders") and not self.errors:
            chair = data["chair"][0]
            if not chair or chair.pk not in {key for key, _label in self.fields["leaders"].choices}:
                self.add_error("leaders", _("Please choose at least one leader."))
        return data

    @staticmethod
    def _times(data: dict) -> tuple[datetime, datetime]:
        end_day = data.get("end_day") or data["start_day"]
        if data["is_all_day"]:
            return midnight(data["start_day"]), midnight(end_day + timedelta(days=1))
        starts_at = timezone.make_aware(datetime.combine(data["start_day"], data["start_time"]))
        if data.get("end_time") == END_OF_DAY or (
            data.get("end_time") == time() and end_day == data["start_day"]
        ):
            return starts_at, midnight(end_day + timedelta(days=1))
        if data.get("end_time") is not None:
            return starts_at, timezone.make_aware(datetime.combine(end_day, data["end_time"]))
        if end_day > data["start_day"]:
            return starts_at, timezone.make_aware(datetime.combine(end_day, time(17)))
        return starts_at, starts_at + USUAL_LENGTH

    @property
    def values(self) -> dict:
        """What the services take: the fields of an event, ``people`` and ``leaders``."""
        data = dict(self.cleaned_data)
        chair, chair_text = data.pop("chair")
        names = ("summary", "starts_at", "ends_at", "is_all_day", "location", "participants_text", "kind")
        names += (
            "description",
            "note",
            "is_private",
            "preparing_unit",
            "invitation_number",
            "people",
            "leaders",
        )
        values = {name: data[name] for name in (*names, "reason") if name in data}
        values["status"] = Event.Status.TENTATIVE if data["is_tentative"] else Event.Status.CONFIRMED
        if "repeat" in self.fields:
            values["rrule"] = self._rule(data)
        return {**values, "chair": chair, "chair_text": chair_text}

    def _rule(self, data: dict) -> str:
        if not data["repeat"]:
            return ""
        rule = {"FREQ": data["repeat"]}
        if data["repeat"] == "WEEKLY":
            rule["BYDAY"] = data["weekdays"] or [CODES[data["start_day"].weekday()]]
        if data["repeat_until"]:
            last = midnight(data["repeat_until"] + timedelta(days=1)) - timedelta(seconds=1)
            rule["UNTIL"] = data["repeat_until"] if data["is_all_day"] else last.astimezone(UTC)
        if data["repeat_count"]:
            rule["COUNT"] = data["repeat_count"]
        return icalendar.vRecur(rule).to_ical().decode()


def initial_of(event: Event, starts_at: datetime, ends_at: datetime) -> dict:
    """Return what the form shows for ``event`` at the given time."""
    local_start, local_end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    is_till_midnight = ends_at > starts_at and local_end.time() == time()
    rule = icalendar.vRecur.from_ical(event.rrule) if event.rrule else {}
    until = rule.get("UNTIL", [None])[0]
    until = timezone.localtime(until).date() if isinstance(until, datetime) and until.tzinfo else until
    people = list(event.attendances.select_related("user"))
    names = (
        "summary",
        "is_all_day",
        "location",
        "participants_text",
        "preparing_unit",
        "kind",
        "description",
    )
    return {
        **{name: getattr(event, name) for name in (*names, "invitation_number", "note", "is_private")},
        "start_day": local_start.date(),
        "start_time": None if event.is_all_day else local_start.time(),
        "end_day": last_day(ends_at) if ends_at > starts_at else local_end.date(),
        "end_time": None if event.is_all_day else "24:00" if is_till_midnight else local_end.time(),
        "leaders": [row.user_id for row in people if row.is_leader],
        "people": [row.user for row in people if not row.is_leader and row.user_id != event.chair_id],
        "chair": label_of(event.chair) if event.chair else event.chair_text,
        "is_tentative": event.status == Event.Status.TENTATIVE,
        "repeat": rule.get("FREQ", [""])[0],
        "weekdays": rule.get("BYDAY", []),
        "repeat_until": until,
        "repeat_count": rule.get("COUNT", [None])[0],
    }


def _is_plain(rrule: str) -> bool:
    """Say whether the form can show the rule; others, taken over from mail, are left alone."""
    rule = icalendar.vRecur.from_ical(rrule)
    days = rule.get("BYDAY", [])
    return (
        set(rule) <= PLAIN_RULE
        and str(rule.get("INTERVAL", [1])[0]) == "1"
        and rule["FREQ"][0] in {code for code, _label in FREQUENCIES}
        and (not days or (rule["FREQ"][0] == "WEEKLY" and set(days) <= set(CODES)))
    )


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)
    is_postponed = forms.BooleanField(label=_("Postponed: a new time will be announced"), required=False)
