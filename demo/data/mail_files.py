"""Small real files that go with the demo's messages."""

import io
import random
import zipfile
from email.message import EmailMessage
from functools import cache

from openpyxl import Workbook
from PIL import Image, ImageDraw

TYPES = {
    "pdf": ("application", "pdf"),
    "png": ("image", "png"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def attach(mail: EmailMessage, name: str, kind: str, variant: int) -> None:
    maintype, subtype = TYPES[kind]
    mail.add_attachment(file_of(kind, variant), maintype=maintype, subtype=subtype, filename=name)


@cache
def file_of(kind: str, variant: int) -> bytes:
    """A small real file of that kind."""
    chance = random.Random(variant)
    values = [chance.randrange(20, 100) for _ in range(6)]
    out = io.BytesIO()
    if kind in {"png", "pdf"}:
        picture = Image.new("RGB", (620, 877) if kind == "pdf" else (640, 400), "white")
        draw = ImageDraw.Draw(picture)
        for place, value in enumerate(values):
            left = 60 + place * 85
            draw.rectangle((left, 360 - value * 3, left + 50, 360), fill=(20, 87, 168))
        draw.line((40, 360, 600, 360), fill=(131, 144, 162), width=2)
        if kind == "pdf":
            for line in range(18):
                draw.line(
                    (60, 430 + line * 22, 540 - chance.randrange(120), 430 + line * 22),
                    fill=(190, 198, 210),
                    width=3,
                )
        picture.save(out, "PDF" if kind == "pdf" else "PNG")
    elif kind == "xlsx":
        book = Workbook()
        book.active.append(["STT", "Nội dung", "Kế hoạch", "Thực hiện (%)"])
        for place, value in enumerate(values, 1):
            book.active.append([place, f"Nhiệm vụ {place}", 100, value])
        book.save(out)
    else:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in DOCX.items():
                archive.writestr(path, text)
    return out.getvalue()


OPEN_XML = "http://schemas.openxmlformats.org"
DOCX = {
    "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{OPEN_XML}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{OPEN_XML}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OPEN_XML}/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>',
    "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{OPEN_XML}/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>Dự thảo để xin ý kiến các đơn vị.</w:t></w:r></w:p></w:body></w:document>",
}
