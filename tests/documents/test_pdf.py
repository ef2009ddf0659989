import io
import time

import pytest
from django.core.exceptions import ValidationError
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from apps.documents import pdf, pdf_text, search, services
from demo.data.documents_scan import layout, scan
from tests.documents.factories import a_document, pdf_bytes, pdf_file

pytestmark = pytest.mark.django_db


def locked() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("mật khẩu", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


BAD = {
    "text": b"day khong phai PDF",
    "only the first line": b"%PDF-1.7\n",
    "cut": pdf_bytes()[:120],
    "picture": b"\x89PNG\r\n\x1a\n" + b"0" * 50,
    "no pages": pdf_bytes(0),
    "locked": locked(),
    "empty": b"",
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_pdf_is_refused(kind):
    with pytest.raises(ValidationError):
        pdf.check_pdf(pdf_file(content=BAD[kind]))


def test_a_file_that_takes_minutes_to_open_is_refused_in_time_and_keeps_no_page_waiting(monkeypatch):
    monkeypatch.setattr(pdf_text, "MOST_SECONDS_TO_OPEN", 0.5)
    blanks = pdf_file(content=b"%PDF-1.7\n" + b" " * 24_000_000)
    began = time.process_time()

    with pytest.raises(ValidationError):
        pdf.check_pdf(blanks)

    assert time.process_time() - began < 1  # of this process, which serves others meanwhile


def test_too_large_a_file_is_refused(settings):
    settings.UPLOAD_MAX_BYTES = 100

    with pytest.raises(ValidationError, match="100"):
        pdf.check_pdf(pdf_file())


def test_pages_are_counted():
    assert pdf.check_pdf(pdf_file(content=pdf_bytes(3))) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/Công văn.PDF", "Công văn.pdf"),
        ("C:\\scan\\ba\u0309n.pdf", "bản.pdf"),
        ("", "van-ban.pdf"),
        ("a" * 300 + ".pdf", "a" * 190 + ".pdf"),
        ("x\n\r\x00y.pdf", "xy.pdf"),
    ],
)
def test_file_names_are_cleaned(given, kept):
    assert pdf.clean_name(given) == kept


def test_the_text_of_a_file_is_found_without_accents():
    content = scan(layout("Bộ Tài chính", "1/BTC", "Hà Nội", "", "V/v ngân sách", ["Kiểm kê tài sản công."]))
    document = a_document(subject="Không có trong trích yếu")
    clerk = document.register.clerk
    upload = services.attach_file(
        document, services.keep_upload(pdf_file(content=content), by=clerk), by=clerk
    )

    services.read_file(upload)

    assert search.find(clerk, "kiem ke tai san", limit=5) == [document.pk]
    assert search.find(clerk, "kiểm kê tài sản", limit=5) == [document.pk]


def page_of(drawing: bytes) -> bytes:
    """A PDF of two pages: the first says "Trang một", the other is drawn by ``drawing``."""
    writer = PdfWriter(io.BytesIO(scan(layout("Bộ Tài chính", "1/BTC", "Hà Nội", "", "Trang một", []))))
    page = writer.add_blank_page(100, 100)
    stream = StreamObject()
    stream.set_data(drawing)
    page[NameObject("/Resources")] = writer.pages[0]["/Resources"]
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_file_that_takes_hours_is_read_as_far_as_it_goes_in_time(monkeypatch, caplog):
    monkeypatch.setattr(pdf_text, "MOST_SECONDS", 3)

    text = pdf.text_of(pdf_file(content=page_of(b"[] TJ " * 3_000_000)))

    assert "Trang một" in text
    assert "not read within 3 s" in caplog.text


def test_a_file_that_was_removed_meanwhile_is_no_fault():
    upload = services.keep_upload(pdf_file(), by=a_document().register.clerk)
    type(upload).objects.filter(pk=upload.pk).delete()

    services.read_file(upload)
