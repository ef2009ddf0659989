"""All that apps may import from the shell."""

from intranet.files import send_private_file
from intranet.look import kept, peek
from intranet.notifications import notify
from intranet.plugins import Duty, Hit, Label, Named, Place, Plugin, Receiver, Timer, Widget, receivers_for

__all__ = [
    "Duty",
    "Hit",
    "Label",
    "Named",
    "Place",
    "Plugin",
    "Receiver",
    "Timer",
    "Widget",
    "kept",
    "notify",
    "peek",
    "receivers_for",
    "send_private_file",
]
