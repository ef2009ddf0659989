"""Every change of calendars."""

from apps.calendar.services.conflicts import conflicts
from apps.calendar.services.events import cancel_event, change_event, create_event, publish_week
from apps.calendar.services.feeds import renew_feed, stop_feed
from apps.calendar.services.invitations import answer_invitation, receive_invitation

__all__ = [
    "answer_invitation",
    "cancel_event",
    "change_event",
    "conflicts",
    "create_event",
    "publish_week",
    "receive_invitation",
    "renew_feed",
    "stop_feed",
]
