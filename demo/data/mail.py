"""Some 250 messages for each of the named sign-ins, delivered over LMTP, then read, flagged and filed over IMAP."""

import random
import smtplib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.utils import timezone
from imapclient import IMAPClient

from demo import state
from demo.data import mail_words as words
from demo.data.mail_files import attach
from demo.people import DOMAIN, NAMED, PASSWORD
from demo.servers import HOST
from sso.api import Post, User

SEED = 2026
LETTERS_EACH = 150
DAYS_BACK = 110
UNREAD = 12
# Folding a Vietnamese subject loses spaces between its encoded words in Python before 3.12.
LONG_LINES = default_policy.clone(max_line_length=900)


@dataclass
class Sent:
    """A message and its way: into the inbox over LMTP, or among the sent ones."""

    at: datetime
    mail: EmailMessage
    is_own: bool = False
    folder: str = ""
    is_answered: bool = False


def load(progress) -> None:
    """Fill the mailboxes that are empty."""
    ports = state.read_ports()
    if not (ports and ports.lmtp and settings.MAIL_IMAP_URL):
        return
    owners = [owner for owner in User.objects.filter(username__in=NAMED) if is_empty(owner, ports.imap)]
    written = [(owner, Writer(owner).write()) for owner in owners]
    with ThreadPoolExecutor(len(NAMED)) as at_once:
        jobs = [at_once.submit(deliver, owner, letters, ports) for owner, letters in written]
        for place, job in enumerate(as_completed(jobs), 1):
            job.result()
            progress(place, len(jobs))


def mailbox(owner: User, port: int) -> IMAPClient:
    box = IMAPClient(HOST, port, ssl=False)
    box.login(owner.username, PASSWORD)
    return box


def is_empty(owner: User, port: int) -> bool:
    with mailbox(owner, port) as box:
        return not box.select_folder("INBOX")[b"EXISTS"]


def deliver(owner: User, letters: list[Sent], ports: state.Ports) -> None:
    incoming = [letter for letter in letters if not letter.is_own]
    with smtplib.LMTP(HOST, ports.lmtp) as lmtp:
        for letter in incoming:
            lmtp.sendmail(f"bounce@{DOMAIN}", [owner.email], letter.mail.as_bytes())
    with mailbox(owner, ports.imap) as box:
        for name in words.FOLDERS:
            if not box.folder_exists(name):
                box.create_folder(name)
            box.subscribe_folder(name)
        for letter in letters:
            if letter.is_own:
                box.append("Sent", letter.mail.as_bytes(), [b"\\Seen"], letter.at)
        file_away(box, incoming)


def file_away(box: IMAPClient, incoming: list[Sent]) -> None:
    """Mark what is old as read, flag a little, and put some into folders."""
    box.select_folder("INBOX")
    uids = sorted(box.search("ALL"))
    old = uids[:-UNREAD]
    box.add_flags([*old, *uids[-5:-3]], [b"\\Seen"], silent=True)
    box.add_flags([*old[-3:-1], *old[-40::17]], [b"\\Flagged"], silent=True)
    answered = [uid for uid, letter in zip(uids, incoming, strict=True) if letter.is_answered]
    if answered:
        box.add_flags(answered, [b"\\Answered"], silent=True)
    for name in [*words.FOLDERS, "Junk"]:
        chosen = [uid for uid, letter in zip(uids, incoming, strict=True) if letter.folder == name]
        if chosen:
            box.move(chosen, name)
    box.move(old[:40:2], "Archive")
    box.move(old[1:20:4], "Trash")


class Writer:
    """Writes the correspondence of one person."""

    def __init__(self, owner: User):
        self.owner = owner
        self.chance = random.Random(f"{SEED}{owner.username}")
        self.now = timezone.localtime()
        units = [post.unit for post in owner.current_posts]
        top = units[0].path_ids[:2] if units else []
        posts = (
            Post.objects.current().exclude(user=owner).select_related("user", "unit").order_by("rank", "pk")
        )
        near = posts.filter(unit__path__startswith=f"/{'/'.join(map(str, top))}/")
        self.near = list(near[:25])
        self.far = list(posts.exclude(level=Post.Level.MEMBER)[:80])
        self.letters: list[Sent] = []

    def write(self) -> list[Sent]:
        while len(self.letters) < LETTERS_EACH:
            self.thread()
        for _ in range(60):
            self.notice()
        self.newsletter()
        self.invitation()
        self.junk()
        self.latest()
        self.letters.sort(key=lambda letter: letter.at)
        return self.letters

    # --- kinds of messages ---

    def thread(self):
        """A letter, and sometimes an answer and the answer to that."""
        sender = self.chance.choice(self.near if self.near and self.chance.random() < 0.6 else self.far)
        facts = self.facts(sender)
        subject, *paragraphs = self.chance.choice(words.LETTERS)
        at = self.moment()
        first = self.letter(at, sender, subject.format(**facts), self.body(sender, paragraphs, facts))
        if self.chance.random() < 0.2:
            self.html(first.mail, sender, [text.format(**facts) for text in paragraphs])
        if self.chance.random() < 0.35:
            for name, kind in self.chance.sample(words.FILES, self.chance.choice([1, 1, 2])):
                attach(first.mail, name.format(**facts), kind, self.chance.randrange(4))
        if "giao ban" in subject:
            first.folder = words.FOLDERS[0]
        elif "thuê bao" in subject or "nhà thầu" in subject:
            first.folder = words.FOLDERS[1]
        if self.chance.random() < 0.4:
            answer = self.answer(first, sender, self.chance.choice(words.ANSWERS), own=True)
            first.is_answered = answer is not None
            if answer and self.chance.random() < 0.6:
                self.answer(answer, sender, self.chance.choice(words.THANKS), own=False)

    def notice(self):
        office, subject, *paragraphs = self.chance.choice(words.NOTICES)
        facts = self.facts(self.chance.choice(self.far))
        mail = self.mail(
            self.moment(), f"{words.OFFICES[office]} <{office}@{DOMAIN}>", subject.format(**facts)
        )
        text = "\n\n".join(text.format(**facts) for text in paragraphs)
        mail.set_content(f"Kính gửi các đồng chí,\n\n{text}\n\nTrân trọng./.\n{words.OFFICES[office]}\n")
        self.keep(mail)

    def newsletter(self):
        """A mailing from outside whose pictures lie on its sender's server."""
        for week in range(6):
            at = self.at(self.now.date() - timedelta(days=2 + 7 * week), time(7, 30))
            mail = self.mail(
                at,
                "Bản tin Chuyển đổi số <bantin@chuyendoiso.example>",
                f"Bản tin Chuyển đổi số, số {48 - week}",
            )
            mail.set_content("Bản tin tuần: dữ liệu mở, dịch vụ công trực tuyến, an toàn thông tin.\n")
            mail.add_alternative(NEWSLETTER.format(number=48 - week), subtype="html")
            self.keep(mail)

    def invitation(self):
        """An invitation to a meeting (RFC 6047)."""
        sender = self.far[0]
        day = self.now.date() + timedelta(days=1 if self.now.weekday() < 4 else 7 - self.now.weekday())
        starts = self.at(day, time(9, 0))
        mail = self.mail(
            self.recent(3), self.address(sender), "Giấy mời họp thẩm định hồ sơ dịch vụ công trực tuyến"
        )
        mail.set_content(
            f"Kính mời đồng chí dự họp thẩm định hồ sơ dịch vụ công trực tuyến, 09h00 ngày {day:%d/%m/%Y}, tại {words.ROOMS[0]}.\n"
        )
        text = INVITATION.format(
            uid=f"thamdinh-{day:%Y%m%d}-{self.owner.username}@{DOMAIN}",
            starts=f"{starts:%Y%m%dT%H%M%S}",
            ends=f"{starts + timedelta(minutes=90):%Y%m%dT%H%M%S}",
            organizer=sender.user.email,
            attendee=self.owner.email,
            room=words.ROOMS[0].replace(",", "\\,"),
        )
        mail.add_attachment(
            text.replace("\n", "\r\n"),
            subtype="calendar",
            filename="giay-moi.ics",
            params={"method": "REQUEST"},
        )
        self.keep(mail)

    def junk(self):
        subject, text = words.JUNK
        for day in (4, 9, 15):
            mail = self.mail(
                self.now - timedelta(days=day, hours=3), "Ưu đãi <sale@quangcao.example>", subject
            )
            mail.set_content(text + "\n")
            self.keep(mail).folder = "Junk"

    def latest(self):
        """What came today, or on the last evening when the day is young."""
        hours_ago = (1, 2, 4, 6, 20, 23)
        for hours, said in zip(hours_ago, self.chance.sample(words.LETTERS, len(hours_ago)), strict=True):
            sender = self.chance.choice(self.near or self.far)
            subject, *paragraphs = said
            facts = self.facts(sender)
            self.letter(
                self.recent(hours), sender, subject.format(**facts), self.body(sender, paragraphs, facts)
            )

    # --- building ---

    def letter(self, at: datetime, sender: Post, subject: str, text: str) -> Sent:
        mail = self.mail(at, self.address(sender), subject)
        others = self.chance.sample(self.near, min(len(self.near), self.chance.choice([0, 0, 0, 1, 3])))
        copies = [self.address(post) for post in others if post.user_id != sender.user_id]
        if copies:
            mail["Cc"] = ", ".join(copies)
        mail.set_content(text)
        return self.keep(mail)

    def answer(self, to: Sent, other: Post, text: str, *, own: bool) -> Sent | None:
        at = to.at + timedelta(minutes=self.chance.randrange(15, 600))
        if at > self.now:
            return None
        names = (
            (self.owner.full_name, other.user.full_name)
            if own
            else (other.user.full_name, self.owner.full_name)
        )
        own_address = f"{self.owner.full_name} <{self.owner.email}>"
        pair = (own_address, self.address(other)) if own else (self.address(other), own_address)
        mail = self.mail(at, pair[0], "Re: " + to.mail["Subject"].removeprefix("Re: "), to=pair[1])
        mail["In-Reply-To"] = to.mail["Message-ID"]
        mail["References"] = " ".join(filter(None, [to.mail["References"], to.mail["Message-ID"]]))
        said = to.mail.get_body(("plain",)).get_content().strip().splitlines()
        quoted = "\n".join(f"> {line}".rstrip() for line in said)
        mail.set_content(
            f"{text}\n\n{names[0]}\n\nNgày {to.at:%d/%m/%Y} lúc {to.at:%H:%M}, {names[1]} đã viết:\n{quoted}\n"
        )
        return self.keep(mail, is_own=own)

    def mail(self, at: datetime, sender: str, subject: str, to: str = "") -> EmailMessage:
        mail = EmailMessage(policy=LONG_LINES)
        mail["From"] = sender
        mail["To"] = to or f"{self.owner.full_name} <{self.owner.email}>"
        mail["Subject"] = subject
        mail["Date"] = format_datetime(min(at, self.now))
        mail["Message-ID"] = make_msgid(f"{self.chance.getrandbits(40):x}", DOMAIN)
        return mail

    def keep(self, mail: EmailMessage, *, is_own: bool = False) -> Sent:
        self.letters.append(Sent(mail["Date"].datetime, mail, is_own))
        return self.letters[-1]

    def body(self, sender: Post, paragraphs: list[str], facts: dict) -> str:
        text = "\n\n".join(paragraph.format(**facts) for paragraph in paragraphs)
        greeting = (
            "" if text.startswith("Kính gửi") else f"Kính gửi đồng chí {self.owner.get_short_name()},\n\n"
        )
        person = sender.user
        return f"{greeting}{text}\n\nTrân trọng./.\n\n-- \n{person.full_name}\n{sender.title_vi}\n{sender.unit.name_vi}\nĐiện thoại: {person.phone}\n"

    def html(self, mail: EmailMessage, sender: Post, paragraphs: list[str]):
        lines = "".join(f"<p>{text}</p>" for text in paragraphs)
        sign = f"{sender.user.full_name}<br>{sender.title_vi}<br>{sender.unit.name_vi}"
        rows = "".join(
            f"<tr><td style='border:1px solid #c9d2de;padding:4px 10px'>{name}</td>"
            f"<td style='border:1px solid #c9d2de;padding:4px 10px;text-align:right'>{self.chance.randrange(40, 99)} %</td></tr>"
            for name in ("Thể chế", "Hạ tầng", "Nhân lực")
        )
        table = f"<table style='border-collapse:collapse'>{rows}</table>"
        html = f"<p>Kính gửi đồng chí {self.owner.get_short_name()},</p>{lines}{table}<p>Trân trọng./.</p><p><b>{sign}</b></p>"
        mail.add_alternative(html, subtype="html")

    def facts(self, sender: Post) -> dict:
        day = self.now.date() - timedelta(days=self.chance.randrange(2, 40))
        soon = day + timedelta(days=self.chance.randrange(5, 20))
        return {
            "unit": self.owner.unit.name_vi if self.owner.unit else "đơn vị",
            "other": sender.unit.name_vi,
            "day": f"{day:%d/%m/%Y}",
            "soon": f"{soon:%d/%m/%Y}",
            "month": day.month,
            "quarter": ("I", "II", "III", "IV")[(day.month - 1) // 3],
            "year": self.now.year,
            "next": self.now.year + 1,
            "number": self.chance.randrange(100, 4000),
            "room": self.chance.choice(words.ROOMS),
            "count": self.chance.randrange(35, 98),
        }

    def address(self, post: Post) -> str:
        return f"{post.user.full_name} <{post.user.email}>"

    def moment(self) -> datetime:
        """A moment of office hours within the last months, rarer the longer ago."""
        back = int(DAYS_BACK * self.chance.random() ** 1.5) + 1
        day = self.now.date() - timedelta(days=back)
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return self.at(
            day, time(self.chance.choice([7, 8, 8, 9, 10, 11, 13, 14, 15, 16]), self.chance.randrange(60))
        )

    def recent(self, hours: int) -> datetime:
        return self.now - timedelta(hours=hours, minutes=self.chance.randrange(50))

    def at(self, day, clock: time) -> datetime:
        return timezone.make_aware(datetime.combine(day, clock))


NEWSLETTER = """\
<table width="600" align="center" style="border-collapse:collapse"><tr><td>
<img src="https://chuyendoiso.example/banner-{number}.png" width="600" height="120" alt="Bản tin Chuyển đổi số">
<h2 style="color:#0e437f">Bản tin Chuyển đổi số, số {number}</h2>
<p>Chào bạn, tuần này có ba chuyện đáng đọc:</p>
<h3>1. Dữ liệu mở của các bộ, ngành</h3>
<p><img src="https://chuyendoiso.example/anh-1-{number}.jpg" width="560" height="200" alt="Dữ liệu mở"></p>
<p>Thêm nhiều bộ dữ liệu được công bố theo chuẩn chung, có thể tải về và dùng lại.
<a href="https://chuyendoiso.example/du-lieu-mo">Đọc tiếp</a></p>
<h3>2. Dịch vụ công trực tuyến toàn trình</h3>
<p>Tỷ lệ hồ sơ nộp trực tuyến tiếp tục tăng; người dân muốn biết hồ sơ đang ở đâu.
<a href="https://chuyendoiso.example/dich-vu-cong">Đọc tiếp</a></p>
<h3>3. Năm việc để giữ an toàn hộp thư</h3>
<ul><li>Không bấm vào đường dẫn lạ.</li><li>Không dùng chung mật khẩu.</li><li>Báo ngay khi thấy điều bất thường.</li></ul>
<p style="font-size:12px;color:#566477">Bạn nhận được thư này vì đã đăng ký bản tin.
<img src="https://chuyendoiso.example/dem.gif?so={number}" width="1" height="1" alt=""></p>
</td></tr></table>
"""

INVITATION = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Intranet//Demo//VI
METHOD:REQUEST
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART;TZID=Asia/Ho_Chi_Minh:{starts}
DTEND;TZID=Asia/Ho_Chi_Minh:{ends}
SUMMARY:Họp thẩm định hồ sơ dịch vụ công trực tuyến
LOCATION:{room}
ORGANIZER:mailto:{organizer}
ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{attendee}
END:VEVENT
END:VCALENDAR
"""
