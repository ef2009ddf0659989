from intranet.services.layouts import change_layout, move_widget, place_widget, reset_layout
from intranet.services.notices import delete_old_notices, open_notice, read_all_notices, withdraw_notices
from intranet.services.pages import ensure_unit_pages, update_page_admins

__all__ = [
    "change_layout",
    "delete_old_notices",
    "ensure_unit_pages",
    "move_widget",
    "open_notice",
    "place_widget",
    "read_all_notices",
    "reset_layout",
    "update_page_admins",
    "withdraw_notices",
]
