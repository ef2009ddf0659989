"""What the document register offers to the shell."""

from datetime import datetime, time

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from apps.documents import search, services
from apps.documents.models import Assignment, Document
from apps.documents.permissions import keeps_registers
from apps.documents.reach import desk_of
from intranet.api import Duty, Hit, Named, Place, Plugin, Receiver, Widget, kept, peek
from sso.api import User, prepared

MOST_DUTIES = 100
WAITING = "documents.waiting"
END_OF_OFFICE_HOURS = time(17)


def waiting_for(user: User) -> list[Assignment]:
    """Return what waits for the person, the soonest first, asked once for a page; at most a hundred."""

    def ask():
        return _waiting(*desk_of(user))

    return kept(user, WAITING, ask)


@prepared
def _waiting(people: tuple[int, ...], units: tuple[int, ...]):
    rows = Assignment.objects.waiting().at_desk(people, units).soonest_first()
    return rows.select_related("document", "given_by", "given_for", "unit").only(
        "due_on", "role", "document__subject", "document__organisation", "given_by__full_name",
        "given_for__full_name", "unit__name_vi", "unit__name_en", "person_id",
    )[:MOST_DUTIES]  # fmt: skip


def waiting_count(user: User) -> int:
    rows = peek(user, WAITING)
    return len(_waiting(*desk_of(user)) if rows is None else rows)


def new_for_me(place: Place) -> dict:
    """The documents last given to the person, to those they act for, or to their desk."""
    return {"rows": distinct_documents(_given_last(*desk_of(place.user)))[:5]}


@prepared
def _given_last(people: tuple[int, ...], units: tuple[int, ...]):
    given = Assignment.objects.standing().at_desk(people, units).order_by("-pk")
    return given.select_related("document__type").only(
        "due_on", "state", "role", "given_at", "person_id", "unit_id", "document__code_number",
        "document__symbol", "document__subject", "document__organisation", "document__type_name",
        "document__type__name_vi", "document__type__name_en",
    )[:12]  # fmt: skip


def distinct_documents(rows) -> list[Assignment]:
    """Return the first assignment of each document."""
    found = {}
    for row in rows:
        found.setdefault(row.document_id, row)
    return list(found.values())


def new_for_unit(place: Place) -> dict:
    """The newest documents given to the unit, as far as the reader may see them."""
    given = Assignment.objects.standing().filter(
        Q(unit=place.unit) | Q(unit__path__startswith=place.unit.path)
    )
    documents = Document.objects.visible_to(place.user).filter(pk__in=given.values("document"))
    return {"documents": documents.for_rows()[:5]}


def duties(user: User) -> list[Duty]:
    return [
        Duty(
            title=row.document.subject,
            url=row.document.get_absolute_url(),
            source=" · ".join(str(part) for part in (row.giver, row.unit) if part),
            due=row.due_on,
        )
        for row in waiting_for(user)
        if row.asks_for_work
    ]


def deadlines(user: User, starts: datetime, ends: datetime) -> list[Hit]:
    """The deadlines between two moments, at the end of office hours of their day."""
    first, last = timezone.localdate(starts), timezone.localdate(ends)
    found = []
    for row in waiting_for(user):
        if not (row.asks_for_work and row.due_on and first <= row.due_on <= last):
            continue
        moment = timezone.make_aware(datetime.combine(row.due_on, END_OF_OFFICE_HOURS))
        if starts <= moment < ends:
            title = _("Due: %(subject)s") % {"subject": row.document.subject}
            url = row.document.get_absolute_url()
            found.append(Hit(title=title, url=url, excerpt=row.document.organisation, starts=moment))
    return found


def find(user: User, query: str, limit: int) -> list[Hit]:
    documents = list(search.find_by_number(user, query).for_rows()[:limit])
    if not documents:
        documents = search.readable(user, search.find(user, query, limit=limit))
    return [
        Hit(title=document.subject, url=document.get_absolute_url(), excerpt=document.title_line)
        for document in documents
    ]


def receive_pdf(user: User, title: str, content: bytes, content_type: str) -> str:
    """Keep a PDF for registration and return the URL of the form that it waits in."""
    if not keeps_registers(user):
        raise PermissionDenied
    upload = services.keep_upload(ContentFile(content, name=title), by=user, name=title)
    asked = urlencode({"upload": upload.pk, "subject": title.removesuffix(".pdf")})
    return f"{reverse('documents:new')}?{asked}"


PLUGIN = Plugin(
    slug="documents",
    name=_("Documents"),
    icon="file-text",
    home="documents:list",
    urls="apps.documents.urls",
    badge=waiting_count,
    nav=(Named(name="documents:registers", label=_("Registers")),),
    widgets=(
        Widget(
            slug="new",
            title=_("New documents"),
            template="documents/_widget.html",
            context=new_for_me,
            more="documents:list",
        ),
        Widget(
            slug="unit",
            title=_("Documents of the unit"),
            template="documents/_unit_widget.html",
            context=new_for_unit,
            places=("unit",),
            more="documents:list",
        ),
    ),
    search=find,
    agenda=deadlines,
    duties=duties,
    kinds=(
        Named(name="documents.assigned", label=_("A document is given to me")),
        Named(name="documents.done", label=_("A document I gave is handled")),
        Named(name="documents.returned", label=_("A document comes back to me")),
        Named(name="documents.withdrawn", label=_("A document is taken back from me")),
    ),
    receives=(
        Receiver(
            content_types=("application/pdf",),
            label=_("Register as incoming document"),
            receive=receive_pdf,
        ),
    ),
)
