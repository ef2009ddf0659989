from apps.documents.models.documents import Attachment, Document
from apps.documents.models.index import SearchEntry
from apps.documents.models.registers import DocumentType, Register
from apps.documents.models.routing import Assignment, HistoryEntry

__all__ = ["Assignment", "Attachment", "Document", "DocumentType", "HistoryEntry", "Register", "SearchEntry"]
