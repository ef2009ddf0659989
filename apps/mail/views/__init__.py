from apps.mail.views.acts import act, hand_over, undo
from apps.mail.views.parts import body, part, source
from apps.mail.views.reading import changes, folder, inbox, message
from apps.mail.views.writing import compose, people, signature

__all__ = [
    "act",
    "body",
    "changes",
    "compose",
    "folder",
    "hand_over",
    "inbox",
    "message",
    "part",
    "people",
    "signature",
    "source",
    "undo",
]
