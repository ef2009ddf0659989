from apps.documents.services.documents import (
    attach_file,
    correct_document,
    keep_upload,
    open_register,
    read_file,
    register_document,
    remove_file,
)
from apps.documents.services.history import record_look
from apps.documents.services.routing import (
    Target,
    finish_assignment,
    return_assignment,
    route_document,
    withdraw_assignment,
)

__all__ = [
    "Target",
    "attach_file",
    "correct_document",
    "finish_assignment",
    "keep_upload",
    "open_register",
    "read_file",
    "record_look",
    "register_document",
    "remove_file",
    "return_assignment",
    "route_document",
    "withdraw_assignment",
]
