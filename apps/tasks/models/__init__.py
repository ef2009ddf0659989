from apps.tasks.models.extensions import Extension
from apps.tasks.models.history import Attachment, Entry
from apps.tasks.models.reach import Reach, led_by, reach_of
from apps.tasks.models.tasks import GROUPS, Participant, Task

__all__ = [
    "GROUPS",
    "Attachment",
    "Entry",
    "Extension",
    "Participant",
    "Reach",
    "Task",
    "led_by",
    "reach_of",
]
