"""All that apps may import from the shell."""

from intranet.days import end_hours, hours, sunday_in_mind
from intranet.files import send_private_file
from intranet.handover import act_on, card_of, has_card, receivers_for, send_letter
from intranet.look import kept, peek
from intranet.notifications import notify
from intranet.plugins import (
    Duty,
    Hit,
    Item,
    ItemCard,
    Label,
    Letter,
    Named,
    Place,
    Plugin,
    Receiver,
    Timer,
    Widget,
)
from intranet.templatetags.ui import WEEKDAYS
from intranet.working_days import holiday, is_working_day, next_working_day, working_weekend

__all__ = [
    "WEEKDAYS",
    "Duty",
    "Hit",
    "Item",
    "ItemCard",
    "Label",
    "Letter",
    "Named",
    "Place",
    "Plugin",
    "Receiver",
    "Timer",
    "Widget",
    "act_on",
    "card_of",
    "end_hours",
    "has_card",
    "holiday",
    "hours",
    "is_working_day",
    "kept",
    "next_working_day",
    "notify",
    "peek",
    "receivers_for",
    "send_letter",
    "send_private_file",
    "sunday_in_mind",
    "working_weekend",
]
