"""Scanned documents: PDF files of two layers, a black-and-white picture and the text behind it."""

import io
import textwrap
from functools import cache

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

DPI = 110
PAPER = (int(8.27 * DPI), int(11.69 * DPI))
POINTS = 72 / DPI


@cache
def font(weight: int, points: float):
    path = settings.BASE_DIR / f"static/vendor/fonts/be-vietnam-pro-{weight}.woff2"
    return ImageFont.truetype(str(path), points / POINTS)


def layout(issuer: str, number: str, place_and_day: str, kind: str, subject: str, paragraphs: list[str]):
    """Return lines of text with where they stand: (text, weight, size in points, centre or left edge, y in points)."""
    lines = [
        (issuer, 600, 11, "c150", 60), (f"Số: {number}", 400, 11, "c150", 82),
        ("Cộng hòa xã hội chủ nghĩa Việt Nam", 600, 11, "c430", 60), ("Độc lập - Tự do - Hạnh phúc", 600, 11, "c430", 76),
        (place_and_day, 400, 11, "c430", 98),
    ]  # fmt: skip
    y = 140
    if kind:
        lines.append((kind, 600, 13, "c297", y))
        y += 22
    for line in textwrap.wrap(subject, 62):
        lines.append((line, 600, 12, "c297", y))
        y += 18
    y += 18
    for paragraph in paragraphs:
        for at, line in enumerate(textwrap.wrap(paragraph, 78)):
            lines.append((line, 400, 11.5, "l100" if at == 0 else "l75", y))
            y += 18
        y += 6
    return lines


def scan(lines) -> bytes:
    """Return a PDF of one page that shows ``lines`` and can be searched for them."""
    picture = Image.new("1", PAPER, 1)
    pen = ImageDraw.Draw(picture)
    placed = []
    for text, weight, size, where, y in lines:
        letters = font(weight, size)
        x = int(where[1:]) / POINTS - (letters.getlength(text) / 2 if where[0] == "c" else 0)
        pen.text((x, y / POINTS), text, font=letters, fill=0)
        placed.append((x * POINTS, y, size, text))
    plain = io.BytesIO()
    picture.save(plain, "PDF", resolution=DPI)
    return with_text(plain.getvalue(), placed)


def with_text(pdf: bytes, placed) -> bytes:
    """Lay the invisible text behind the picture (text rendering mode 3, ISO 32000-1 §9.3.6)."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    page = writer.pages[0]
    letters = sorted({letter for *_, text in placed for letter in text})
    page["/Resources"][NameObject("/Font")] = DictionaryObject({NameObject("/T"): type0(writer, letters)})
    commands = ["BT 3 Tr"]
    for x, y, size, text in placed:
        height = float(page.mediabox.height) - y - size
        commands.append(f"/T {size} Tf 1 0 0 1 {x:.1f} {height:.1f} Tm <{text.encode('utf-16-be').hex()}> Tj")
    layer = DecodedStreamObject()
    layer.set_data(page.get_contents().get_data() + "\n".join([*commands, "ET"]).encode())
    page[NameObject("/Contents")] = writer._add_object(layer.flate_encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def type0(writer: PdfWriter, letters: list[str]):
    """Return a font without shapes, whose codes are the letters' own code points."""
    pairs = "\n".join(f"<{ord(letter):04x}> <{ord(letter):04x}>" for letter in letters)
    unicode_map = DecodedStreamObject()
    unicode_map.set_data(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(letters)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end".encode()
    )
    info = DictionaryObject(
        {
            NameObject("/Registry"): TextStringObject("Adobe"),
            NameObject("/Ordering"): TextStringObject("Identity"),
            NameObject("/Supplement"): NumberObject(0),
        }
    )
    shapes = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType2"),
            NameObject("/BaseFont"): NameObject("/Scan"),
            NameObject("/CIDSystemInfo"): info,
            NameObject("/DW"): NumberObject(520),
        }
    )
    return writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type0"),
                NameObject("/BaseFont"): NameObject("/Scan"),
                NameObject("/Encoding"): NameObject("/Identity-H"),
                NameObject("/DescendantFonts"): ArrayObject([writer._add_object(shapes)]),
                NameObject("/ToUnicode"): writer._add_object(unicode_map),
            }
        )
    )
