"""All that apps may import from the shell."""

from intranet.files import send_private_file
from intranet.notifications import notify
from intranet.plugins import Duty, Hit, Label, Named, Place, Plugin, Receiver, Widget

__all__ = [
    "Duty",
    "Hit",
    "Label",
    "Named",
    "Place",
    "Plugin",
    "Receiver",
    "Widget",
    "notify",
    "send_private_file",
]
