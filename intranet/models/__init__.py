from intranet.models.notices import Notification
from intranet.models.pages import HomePage, UnitPage

__all__ = ["HomePage", "Notification", "UnitPage"]
