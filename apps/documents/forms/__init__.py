from apps.documents.forms.lists import ListForm, PrintForm
from apps.documents.forms.registration import AttachForm, IncomingForm, OpenRegisterForm, OutgoingForm
from apps.documents.forms.routing import ReportForm, ReturnForm, RouteForm

__all__ = [
    "AttachForm",
    "IncomingForm",
    "ListForm",
    "OpenRegisterForm",
    "OutgoingForm",
    "PrintForm",
    "ReportForm",
    "ReturnForm",
    "RouteForm",
]
