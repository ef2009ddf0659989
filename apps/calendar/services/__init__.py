"""Every change of calendars."""

from apps.calendar.services.conflicts import conflicts
from apps.calendar.services.events import cancel_event, change_event, create_event, publish_week
from apps.calendar.services.feeds import renew_feed, stop_feed
from apps.calendar.services.invitations import (
    SCHEDULED,
    answer_invitation,
    answer_mail,
    event_of_suite,
    is_from_organizer,
    is_older,
    is_same,
    note_answers,
    receive_invitation,
)

__all__ = [
    "SCHEDULED",
    "answer_invitation",
    "answer_mail",
    "cancel_event",
    "change_event",
    "conflicts",
    "create_event",
    "event_of_suite",
    "is_from_organizer",
    "is_older",
    "is_same",
    "note_answers",
    "publish_week",
    "receive_invitation",
    "renew_feed",
    "stop_feed",
]
