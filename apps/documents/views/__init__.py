from apps.documents.views.files import file_add, file_remove, file_view
from apps.documents.views.lists import document_list, register_list, register_open, register_print
from apps.documents.views.pages import document_detail, document_edit, document_new
from apps.documents.views.routing import assignment_act, document_route

__all__ = [
    "assignment_act",
    "document_detail",
    "document_edit",
    "document_list",
    "document_new",
    "document_route",
    "file_add",
    "file_remove",
    "file_view",
    "register_list",
    "register_open",
    "register_print",
]
