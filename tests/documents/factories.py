"""Registers, documents and files for the tests: valid, unsurprising objects, made by the services."""

import io
from datetime import timedelta
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pypdf import PdfWriter

from apps.documents.models import Document, DocumentType, Register
from apps.documents.services import Target, open_register, register_document, route_document
from sso.api import Role
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of, system_admin

numbers = count(1)


def clerk_of(unit, **fields):
    return person_of(unit, role=Role.CLERK, **fields)


def a_register(unit=None, direction="incoming", year=None, clerk=None):
    """Return a register of this year with its clerk as ``clerk``."""
    unit = unit or UnitFactory()
    clerk = clerk or clerk_of(unit)
    year = year or timezone.localdate().year
    register = open_register(unit, direction, year, name=f"Sổ {direction}", by=clerk)
    register.clerk = clerk
    return register


def unsaved(register: Register, **fields) -> Document:
    """Return a document as a form makes it, not yet registered."""
    today = timezone.localdate()
    fields = {
        "organisation": "Bộ Tài chính",
        "code_number": f"{1000 + next(numbers)}",
        "symbol": "BTC-HCSN",
        "issued_on": max(today - timedelta(days=1), today.replace(month=1, day=1)),
        "type": DocumentType.objects.get(key="cong_van"),
        "subject": "V/v lập dự toán ngân sách năm sau",
        **fields,
    }
    return Document(register=register, **fields)


def a_document(register=None, **fields) -> Document:
    register = register or a_register()
    upload = fields.pop("upload", None)
    document = register_document(unsaved(register, **fields), by=register.clerk, upload=upload)
    document.register.clerk = register.clerk
    return document


def routed(document, to, *, role="lead", by=None, **options):
    """Route ``document`` to a person or a unit and return the assignment."""
    return route_document(document, [Target(to=to, role=role)], by=by or document.created_by, **options)[0]


def pdf_bytes(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(595, 842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_file(name="cong-van.pdf", content=None) -> SimpleUploadedFile:
    return SimpleUploadedFile(
        name, pdf_bytes() if content is None else content, content_type="application/pdf"
    )


def people_around(unit):
    """Return everybody who might want to do something with a document of ``unit``."""
    deputy_for_clerk = UserFactory()
    clerk = clerk_of(unit)
    DelegationFactory(giver=clerk, receiver=deputy_for_clerk, apps=["documents"])
    return {
        "clerk": clerk,
        "who acts for the clerk": deputy_for_clerk,
        "leader": person_of(unit, level="head"),
        "leader of the ministry": person_of(unit.parent, level="deputy"),
        "officer of the unit": person_of(unit),
        "unit admin": person_of(unit, role=Role.UNIT_ADMIN),
        "clerk of another unit": clerk_of(UnitFactory()),
        "system admin": system_admin(),
        "stranger": UserFactory(),
    }
