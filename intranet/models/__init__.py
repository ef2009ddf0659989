from intranet.models.layouts import DashboardLayout
from intranet.models.notices import Notification
from intranet.models.pages import HomePage, UnitPage

__all__ = ["DashboardLayout", "HomePage", "Notification", "UnitPage"]
