"""What a PDF file says about itself."""

import hashlib
import logging
from pathlib import PurePath

import magic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.documents import pdf_text
from sso.api import nfc

log = logging.getLogger(__name__)


def check_pdf(file: File) -> int:
    """Return the number of pages of ``file``.

    Raises ValidationError, in the reader's language, when it is too large or no PDF that can be opened.
    """
    if file.size > settings.UPLOAD_MAX_BYTES:
        sizes = {"size": filesizeformat(file.size), "most": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        raise ValidationError(_("The file has %(size)s; at most %(most)s are allowed.") % sizes)
    file.seek(0)
    if magic.from_buffer(file.read(4096), mime=True) != "application/pdf":
        raise ValidationError(_("This is not a PDF file. Please choose the document as PDF."))
    file.seek(0)
    try:
        pages = pdf_text.count_pages(file.read())
    except pdf_text.Locked as error:
        raise ValidationError(
            _("The PDF file is locked with a password. Please choose one without.")
        ) from error
    except pdf_text.Broken as error:
        raise ValidationError(_("The PDF file is damaged and cannot be opened.")) from error
    finally:
        file.seek(0)
    if not pages:
        raise ValidationError(_("The PDF file has no pages."))
    return pages


def text_of(file: File) -> str:
    """Return the text of ``file`` as far as it has any; what cannot be read, or not in time, is left out."""
    text, fault = pdf_text.read(file.read())
    if fault:
        log.warning("The text of %s can be read only in part: %s", file.name, fault)
    return nfc(text)


def checksum(file: File) -> str:
    """Return the SHA-256 of ``file`` in hexadecimal."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def clean_name(name: str) -> str:
    """Return the file's name as people will see it: NFC, no path, ending in .pdf, at most 200 characters."""
    stem = nfc(PurePath(name.replace("\\", "/")).name).removesuffix(".pdf").removesuffix(".PDF").strip()
    stem = "".join(letter for letter in stem if letter.isprintable())
    return f"{stem[:190] or 'van-ban'}.pdf"
