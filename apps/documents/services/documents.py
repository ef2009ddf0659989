"""Registers are opened, documents registered and corrected, files added."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.documents import pdf, search
from apps.documents.models import Attachment, Document, HistoryEntry, Register
from apps.documents.permissions import can_correct, can_keep, can_open_register, keeps_registers, stand_in
from apps.documents.services.history import record
from sso.api import Unit, User, require

Act = HistoryEntry.Act
UPLOADS_WAIT = timedelta(days=1)


@transaction.atomic
def open_register(unit: Unit, direction: str, year: int, *, name: str, by: User) -> Register:
    """Return the register of ``unit`` for ``year``, a new one when there is none of that name yet."""
    stand_in(by, can_keep, unit)
    wanted = {"unit": unit, "direction": direction, "year": year, "name": name}
    try:
        with transaction.atomic():
            return Register.objects.get_or_create(**wanted)[0]
    except IntegrityError:
        return Register.objects.get(**wanted)


@transaction.atomic
def register_document(
    document: Document, *, by: User, upload: Attachment | None = None, is_confirmed: bool = False
) -> Document:
    """Give ``document``, not yet saved, the next number of its register and save it, all or nothing.

    Raises ValidationError for a day outside the register's year, and for a document that is registered
    already unless ``is_confirmed``; PermissionDenied when ``by`` does not keep the register.
    """
    register = Register.objects.select_for_update().get(pk=document.register_id)
    acting_as = stand_in(by, can_open_register, register)
    document.register = register
    _check(document, is_confirmed=is_confirmed)
    document.number = register.next_number
    register.last_number = document.number
    register.save(update_fields=["last_number"])
    if not register.is_incoming:
        document.code_number = f"{document.number:02}"
        document.state = Document.State.DONE
    document.created_by = by
    document.derive_keys()
    document.save()
    record(document, Act.REGISTERED, by=by, acting_as=acting_as, text=str(document.number))
    if upload:
        _attach(document, upload, by=by, acting_as=acting_as)
    search.index(document)
    return document


CORRECTED = (
    "entered_on", "code_number", "symbol", "issued_on", "organisation", "type", "type_name", "subject",
    "signer_name", "signer_position", "urgency", "pages", "language", "due_on", "recipients", "copies",
    "kept_by", "note",
)  # fmt: skip


@transaction.atomic
def correct_document(document: Document, *, by: User, is_confirmed: bool = False) -> Document:
    """Save changed registration data and write down each field before and after. Number and register stay."""
    stored = (
        Document.objects.select_for_update(of=("self",))
        .select_related("register__unit", "type")
        .get(pk=document.pk)
    )
    acting_as = stand_in(by, can_correct, stored)
    document.register, document.number = stored.register, stored.number
    if not stored.register.is_incoming:
        document.code_number = stored.code_number
    if document.make_duplicate_key() != stored.make_duplicate_key():
        _check(document, is_confirmed=is_confirmed)
    else:
        _check(document, is_confirmed=True)
    changes = {
        name: [_plain(stored, name), _plain(document, name)]
        for name in CORRECTED
        if getattr(stored, name) != getattr(document, name)
    }
    if not changes:
        return document
    document.derive_keys()
    derived = ["number_value", "symbol_key", "duplicate_key"]
    document.save(update_fields=[*changes, *derived])
    record(document, Act.CORRECTED, by=by, acting_as=acting_as, changes=changes)
    search.index(document)
    return document


def _plain(document: Document, name: str) -> str:
    """Return the value of a field as it is read in the history."""
    value = getattr(document, name)
    if name == "urgency":
        return document.get_urgency_display()
    if hasattr(value, "strftime"):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)


def _check(document: Document, *, is_confirmed: bool) -> None:
    register = document.register
    errors = {}
    if document.entered_on.year != register.year:
        errors["entered_on"] = _("This register is for %(year)s.") % {"year": register.year}
    elif document.entered_on > timezone.localdate():
        errors["entered_on"] = _("This day is still to come.")
    elif document.issued_on > document.entered_on:
        errors["issued_on"] = _("The document cannot be younger than its registration.")
    elif not register.is_incoming and document.issued_on.year != register.year:
        errors["issued_on"] = _("Numbers of %(year)s are for documents of that year.") % {
            "year": register.year
        }
    if document.due_on and document.due_on < document.entered_on:
        errors["due_on"] = _("The deadline lies before the registration.")
    if errors:
        raise ValidationError(errors)
    if register.is_incoming and document.code and not is_confirmed:
        twin = Document.objects.like(document).first()
        if twin:
            raise ValidationError(
                _(
                    "Already registered: %(document)s, number %(number)s of %(day)s. "
                    "Tick the box to register it once more."
                )
                % {"document": twin.title_line, "number": twin.number, "day": f"{twin.entered_on:%d/%m/%Y}"},
                code="duplicate",
            )


def keep_upload(file: File, *, by: User, name: str = "") -> Attachment:
    """Keep a PDF file until its form is complete; uploads of ``by`` that wait longer than a day are dropped.

    Raises ValidationError when ``file`` is no PDF, too large or damaged.
    """
    require(keeps_registers(by))
    pages = pdf.check_pdf(file)
    forgotten = Attachment.objects.filter(
        document=None, uploaded_by=by, uploaded_at__lt=timezone.now() - UPLOADS_WAIT
    )
    for old in forgotten:
        _drop(old)
    upload = Attachment(
        name=pdf.clean_name(name or file.name),
        size_bytes=file.size,
        sha256=pdf.checksum(file),
        pages=pages,
        uploaded_by=by,
    )
    upload.file.save(upload.name, file)
    return upload


@transaction.atomic
def attach_file(document: Document, upload: Attachment, *, by: User) -> Attachment:
    """Make ``upload`` a file of ``document``. The same file once more changes nothing."""
    acting_as = stand_in(by, can_correct, document)
    twin = document.attachments.filter(sha256=upload.sha256).first()
    if twin:
        _drop(upload)
        return twin
    _attach(document, upload, by=by, acting_as=acting_as)
    search.index(document)
    return upload


def _attach(document: Document, upload: Attachment, *, by: User, acting_as: User) -> None:
    if upload.document_id or upload.uploaded_by_id != by.pk:
        raise ValidationError(_("This upload is not there any more. Please choose the file again."))
    upload.document = document
    upload.save(update_fields=["document"])
    record(document, Act.ATTACHED, by=by, acting_as=acting_as, text=upload.name)


@transaction.atomic
def remove_file(attachment: Attachment, *, by: User) -> None:
    """Take a file off its document; that it was there stays in the history."""
    document = attachment.document
    acting_as = stand_in(by, can_correct, document)
    record(
        document,
        Act.REMOVED,
        by=by,
        acting_as=acting_as,
        text=f"{attachment.name} (SHA-256 {attachment.sha256})",
    )
    _drop(attachment)
    search.index(document)


def _drop(attachment: Attachment) -> None:
    """Delete the row, and its file after the commit."""
    file = attachment.file
    attachment.delete()
    transaction.on_commit(lambda: file.storage.delete(file.name))


def read_file(attachment: Attachment) -> None:
    """Take the text out of the file and make it findable. Can run twice without harm."""
    with attachment.file.open("rb") as file:
        text = pdf.text_of(file)  # before the transaction: it may take a minute, and others write meanwhile
    with transaction.atomic():
        if not Attachment.objects.filter(pk=attachment.pk).update(text=text):
            return  # removed meanwhile
        for document in Document.objects.filter(attachments=attachment).select_related("register", "type"):
            search.index(document)
