"""What the cases need beyond the demo: a mailbox of 5,000, a register of 100,000, a client system."""

import smtplib
from datetime import date, timedelta
from email.message import EmailMessage

from django.db import connection

from apps.documents import search
from apps.documents.models import Document, DocumentType, Register
from bench.plan import BATCH, CLERK, CLIENT, DOCUMENTS, MAILS, READER, REDIRECT
from demo import state
from demo.people import DOMAIN
from demo.servers import HOST
from sso.api import Application, User, ensure_client

SUBJECTS = (
    "báo cáo cải cách hành chính quý {n}",
    "đề nghị cung cấp số liệu thuê bao băng rộng năm {n}",
    "kế hoạch thanh tra chuyên ngành viễn thông số {n}",
    "góp ý dự thảo nghị định về dịch vụ công trực tuyến lần {n}",
    "phân bổ kinh phí chuyển đổi số đợt {n}",
)


def prepare() -> None:
    register_client()
    deliver_mail()
    register_documents()


def register_client() -> None:
    ensure_client(
        "Bench",
        client_id=CLIENT,
        client_secret=state.client_secret(CLIENT),
        redirect_uris=REDIRECT,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        allowed_scopes=["openid", "profile", "email"],
        skip_authorization=True,
    )
    ensure_client(
        "Bench machine",
        client_id=f"{CLIENT}-machine",
        client_secret=state.client_secret(f"{CLIENT}-machine"),
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        allowed_scopes=["openid"],
    )


def deliver_mail() -> None:
    reader = User.objects.get(username=READER)
    with smtplib.LMTP(HOST, state.read_ports().lmtp) as lmtp:
        for number in range(MAILS):
            message = EmailMessage()
            message["From"] = f"Văn phòng Bộ <vanthu@{DOMAIN}>"
            message["To"] = reader.email
            message["Subject"] = SUBJECTS[number % len(SUBJECTS)].format(n=number)
            message["Message-ID"] = f"<bench-{number}@{DOMAIN}>"
            message.set_content("Kính gửi anh/chị,\n\nĐề nghị xem nội dung.\n" * 20)
            lmtp.sendmail(f"bounce@{DOMAIN}", [reader.email], message.as_bytes())


def register_documents() -> None:
    """Fill the oldest incoming register of the Office, which its clerk reads, up to 100,000 documents in all."""
    register = Register.objects.filter(direction=Register.Direction.INCOMING, unit__code="VP").order_by(
        "year"
    )[0]
    clerk = User.objects.get(username=CLERK)
    kinds = list(DocumentType.objects.filter(is_copy=False))
    day = date(register.year, 1, 2)
    begin = register.last_number + 1
    for start in range(begin, begin + DOCUMENTS - Document.objects.count(), BATCH):
        rows = []
        for number in range(start, start + BATCH):
            row = Document(
                register=register,
                number=number,
                code_number=str(number),
                symbol="UBND-VX",
                type=kinds[number % len(kinds)],
                subject=f"V/v {SUBJECTS[number % len(SUBJECTS)].format(n=number)}",
                organisation=f"Ủy ban nhân dân tỉnh số {number % 63}",
                issued_on=day + timedelta(days=number % 360),
                entered_on=day + timedelta(days=number % 360),
                created_by=clerk,
            )
            row.derive_keys()
            rows.append(row)
        search.index(*Document.objects.bulk_create(rows))
        register.last_number = rows[-1].number
    register.save(update_fields=["last_number"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
