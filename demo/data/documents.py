"""2,000 official documents in registers of three years, with what the named sign-ins have to do."""

import hashlib
import random
from collections import Counter
from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from apps.documents.models import (
    Assignment,
    Attachment,
    Document,
    DocumentType,
    HistoryEntry,
    Register,
    SearchEntry,
)
from apps.documents.search import entry_of
from apps.documents.services.routing import state_of
from demo.data import documents_scan as scanner
from demo.data import documents_words as words
from sso.api import Post, Role, Unit, User

SEED = 30_2020
IN, OUT = Register.Direction.INCOMING, Register.Direction.OUTGOING
# unit, direction, documents of each year: two years ago, last year, this year
REGISTERS = (
    ("VP", IN, (330, 420, 500)), ("VP", OUT, (90, 120, 160)), ("KHTC", IN, (40, 60, 80)), ("KHTC", OUT, (15, 20, 25)),
    ("CVT", IN, (20, 30, 40)), ("CATTT", IN, (5, 10, 15)),
)  # fmt: skip
NAMES = {IN: "Sổ đăng ký văn bản đến", OUT: "Sổ đăng ký văn bản đi"}
SCANS = 60
ROUTED_UNITS = ("KHTC", "CNTT", "PC", "TCCB", "HTQT", "CVT", "CATTT", "CTS", "TTTT", "BC", "CBC", "TTCS")
LATIN = str.maketrans("/–", "--")


@transaction.atomic
def load(progress) -> None:
    """Make the documents, unless there are some already."""
    if not Document.objects.exists():
        Maker(progress).make()


class Maker:
    """Collects rows in the order of their days, then writes them table by table."""

    def __init__(self, progress):
        self.progress = progress
        self.chance = random.Random(SEED)
        self.today = timezone.localdate()
        self.types = {each.key: each for each in DocumentType.objects.all()}
        self.units = {unit.code: unit for unit in Unit.objects.all()}
        self.named = {
            user.username: user for user in User.objects.filter(username__in=[*words.WAITING, "vanthu"])
        }
        roles = Role.objects.filter(name=Role.CLERK).select_related("user", "unit").order_by("pk")
        self.clerks = {role.unit.code: role.user for role in roles if role.unit}
        self.clerks["VP"] = self.named["vanthu"]
        heads = Post.objects.current().filter(level=Post.Level.HEAD).select_related("user", "unit")
        self.heads = {post.unit.code: post.user for post in heads}
        self.staff = {}
        for post in Post.objects.current().filter(level=Post.Level.MEMBER).select_related("user", "unit"):
            self.staff.setdefault(post.unit.code.split(".")[0], []).append(post.user)
        self.documents, self.assignments, self.history = [], [], []

    def make(self):
        for code, direction, counts in REGISTERS:
            for back, count in zip((2, 1, 0), counts, strict=True):
                self.fill(code, direction, self.today.year - back, count)
        self.give_the_named()
        self.number()
        self.route()
        self.write()

    # --- documents ---------------------------------------------------------------------------------

    def fill(self, code, direction, year, count):
        """Add ``count`` documents to a register, on working days up to today; every kind comes at least once."""
        register = Register(unit=self.units[code], direction=direction, year=year, name=NAMES[direction])
        last = min(date(year, 12, 31), self.today)
        days = [date(year, 1, 2) + timedelta(days=n) for n in range((last - date(year, 1, 2)).days + 1)]
        days = [day for day in days if day.weekday() < 5] or [last]
        kinds = [key for key in self.types if direction == IN or self.types[key].symbol_rule != "none"]
        often = (
            ["cong_van"] * 30
            + ["quyet_dinh"] * 6
            + ["bao_cao", "thong_bao", "giay_moi", "ke_hoach", "to_trinh"] * 3
        )
        drawn = kinds[: count // 3] + self.chance.choices(often + kinds, k=count - len(kinds[: count // 3]))
        self.chance.shuffle(drawn)
        for day, key in zip(sorted(self.chance.choices(days, k=count)), drawn, strict=True):
            self.add(register, day, key)

    def add(self, register, day, key, *, matter="", subject="", due_on=None):
        """Add one document. One of an incoming register comes from elsewhere, a few days old."""
        kind, is_incoming = self.types[key], register.direction == IN
        issued_on = day - timedelta(days=self.chance.randint(0, 6)) if is_incoming else day
        matter = matter or self.chance.choice(words.MATTERS)
        subject = subject or self.subject_of(kind, matter, issued_on)
        name, code, drafters = self.chance.choice(words.issuers_of(key, subject))
        if not is_incoming:
            name, code = "Bộ Thông tin và Truyền thông", "BTTTT"
            drafters = ("VP", "KHTC", "PC", "CNTT") if register.unit.code == "VP" else ("KHTC",)
        symbol = {
            "type-agency": f"{kind.code}-{code}",
            "agency-unit": f"{code}-{self.chance.choice(drafters)}",
            "none": "",
        }
        urgency = self.chance.choices((0, 1, 2, 3), (88, 8, 3, 1))[0] if is_incoming else 0
        urgency = max(urgency, 2) if key == "cong_dien" and is_incoming else urgency
        wants_answer = is_incoming and self.chance.random() < 0.35
        document = Document(
            register=register,
            entered_on=day,
            code_number=f"{self.chance.randint(1, 4800):02}"
            if is_incoming and symbol[kind.symbol_rule]
            else "",
            symbol=symbol[kind.symbol_rule],
            issued_on=issued_on,
            organisation=name,
            type=kind,
            subject=subject,
            signer_position=words.signer_of(name),
            urgency=urgency,
            pages=self.chance.randint(1, 18),
            due_on=due_on or (day + timedelta(days=self.chance.randint(5, 25)) if wants_answer else None),
            recipients="Lãnh đạo Bộ" if is_incoming else "Các bộ, cơ quan ngang bộ; Lưu: VT",
            copies=None if is_incoming else self.chance.randint(2, 70),
            kept_by="" if is_incoming else "Văn thư",
            state=Document.State.REGISTERED if is_incoming else Document.State.DONE,
            created_by=self.clerks.get(register.unit.code, self.named["vanthu"]),
            created_at=self.at(day, 8, 11),
        )
        if not is_incoming:
            document.signer_name = "Đã ký"
        document.matter = matter
        self.documents.append(document)
        return document

    def subject_of(self, kind, matter, day):
        """Return a subject line; the kind is written beside it, so it does not begin with its name."""
        text = self.fill_in(self.chance.choice(words.SUBJECTS[kind.key]), matter, day)
        text = text.removeprefix(f"{kind.name_vi.split(' (')[0]} ")
        return text[0].upper() + text[1:]

    def fill_in(self, text, matter, day):
        place = self.chance.choice(words.PLACES)
        if place in words.CITIES:
            text = text.replace("tỉnh {place}", "thành phố {place}")
        return text.format(
            matter=matter,
            year=day.year,
            later=day.year + 5,
            month=day.month,
            quarter=(day.month - 1) // 3 + 1,
            place=place,
        )

    def at(self, day, first_hour, last_hour):
        """Return a moment of ``day`` within office hours, never one that is still to come."""
        moment = time(self.chance.randint(first_hour, last_hour), self.chance.randint(0, 59))
        return min(timezone.make_aware(datetime.combine(day, moment)), timezone.now())

    def give_the_named(self):
        """Add what waits for the named sign-ins, and three documents of today that nobody has yet."""
        register = next(d.register for d in self.documents if d.register.year == self.today.year)
        self.waiting = {}
        for username, rows in words.WAITING.items():
            for subject, matter, days, instruction in rows:
                day = max(
                    working_day(self.today - timedelta(days=max(1, 5 - days))), date(self.today.year, 1, 1)
                )
                text = self.fill_in(words.SUBJECTS["cong_van"][subject], matter, day)
                due_on = self.today + timedelta(days=days)
                document = self.add(register, day, "cong_van", matter=matter, subject=text, due_on=due_on)
                self.waiting[id(document)] = (username, words.INSTRUCTIONS[instruction])
        for key in ("cong_van", "giay_moi", "cong_dien"):
            document = self.add(register, self.today, key)
            self.waiting[id(document)] = ("", "")

    def number(self):
        """Give the numbers in the order of days, as a register does."""
        self.documents.sort(key=lambda document: document.entered_on)
        last = Counter()
        for document in self.documents:
            register = document.register
            last[id(register)] += 1
            document.number = register.last_number = last[id(register)]
            if register.direction == OUT:
                document.code_number = f"{document.number:02}"
            document.derive_keys()

    # --- routing -----------------------------------------------------------------------------------

    def route(self):
        """Give the documents of the ministry's register to units, and on to officers; the recent ones are open."""
        for document in self.documents:
            if id(document) in self.waiting:
                self.route_to_named(document, *self.waiting[id(document)])
            elif document.register.direction == IN:
                is_new = document.entered_on > self.today - timedelta(days=3)
                if not is_new or self.chance.random() < 0.5:
                    self.route_to_unit(document)

    def route_to_named(self, document, username, instruction):
        if not username:
            return
        person = self.named[username]
        clerk, leader = self.named["vanthu"], self.named["lanhdao"]
        if username == "lanhdao":
            self.give(
                document,
                to=leader,
                by=clerk,
                instruction="Kính trình Thứ trưởng xem xét, cho ý kiến chỉ đạo.",
            )
            return
        code = {"quantri": "TTTT"}.get(username, "KHTC")
        first = self.give(
            document, to=leader, by=clerk, state="handed_on", instruction="Kính trình Thứ trưởng."
        )
        second = self.give(
            document, to=self.units[code], by=leader, parent=first, state="handed_on", instruction=instruction
        )
        self.give(
            document, to=person, by=self.heads[code], parent=second, instruction="Giao đồng chí thực hiện."
        )
        self.give(
            document,
            to=self.units["PC"],
            by=leader,
            parent=first,
            role="cooperating",
            instruction=instruction,
        )

    def route_to_unit(self, document):
        keeper = document.register.unit.code
        by = self.clerks.get(keeper, self.named["vanthu"])
        age = (self.today - document.entered_on).days
        state = "done" if self.chance.random() < age / 25 else "waiting"
        instruction = self.chance.choice(words.INSTRUCTIONS)
        if keeper != "VP":
            self.give(
                document,
                to=self.chance.choice(self.staff[keeper]),
                by=by,
                state=state,
                instruction=instruction,
            )
            return
        code = self.chance.choice(ROUTED_UNITS)
        role = "information" if document.type.key in {"thong_cao", "thu_cong", "phieu_bao"} else "lead"
        first = self.give(
            document, to=self.units[code], by=by, state=state, role=role, instruction=instruction
        )
        if state == "done" and role == "lead":
            officer = self.named["nhanvien"] if code == "KHTC" and self.chance.random() < 0.2 else None
            officer = officer or self.chance.choice(self.staff[code])
            self.give(
                document, to=officer, by=self.heads[code], parent=first, state=state, instruction=instruction
            )

    def give(self, document, *, to, by, instruction="", role="lead", state="waiting", parent=None):
        """Add an assignment, and the history that goes with it."""
        given_at = (parent.given_at if parent else document.created_at) + timedelta(
            minutes=self.chance.randint(5, 90)
        )
        given_at = min(given_at, timezone.now())
        assignment = Assignment(
            document=document,
            parent=parent,
            role=role,
            instruction=instruction,
            due_on=None if role == "information" else document.due_on,
            state=state,
            given_by=by,
            given_at=given_at,
            **{"person" if isinstance(to, User) else "unit": to},
        )
        self.note(document, "handed_on" if parent else "routed", by, given_at, f"{to}\n{instruction}")
        if state == "done":
            ended_at = min(given_at + timedelta(days=self.chance.randint(1, 7)), timezone.now())
            worker = to if isinstance(to, User) else self.heads.get(to.code, by)
            assignment.ended_by, assignment.ended_at = worker, ended_at
            assignment.report = "" if role == "information" else self.chance.choice(words.REPORTS)
            self.note(
                document, "read" if role == "information" else "done", worker, ended_at, assignment.report
            )
        self.assignments.append(assignment)
        return assignment

    def note(self, document, act, by, at, text=""):
        self.history.append(HistoryEntry(document=document, act=act, by=by, at=at, text=text))

    # --- writing -----------------------------------------------------------------------------------

    def write(self):
        by_document = {}
        for assignment in self.assignments:
            by_document.setdefault(id(assignment.document), []).append(assignment)
        for document in self.documents:
            steps = by_document.get(id(document), [])
            if document.register.direction == IN:
                document.state = state_of([step for step in steps if step.parent is None])
            if (
                document.state == Document.State.DONE
                and document.due_on
                and document.register.direction == IN
            ):
                document.reply_number = (
                    f"{self.chance.randint(10, 4000)}/BTTTT-{self.chance.choice(ROUTED_UNITS)}"
                )
            self.note(document, "registered", document.created_by, document.created_at, str(document.number))
        registers = list({id(document.register): document.register for document in self.documents}.values())
        Register.objects.bulk_create(registers)
        for document in self.documents:
            document.register = document.register  # now with its key
        Document.objects.bulk_create(self.documents, batch_size=500)
        for depth in range(4):
            rows = [each for each in self.assignments if depth_of(each) == depth]
            for row in rows:
                row.document, row.parent = row.document, row.parent
            Assignment.objects.bulk_create(rows, batch_size=500)
        self.history.sort(key=lambda entry: entry.at)
        for entry in self.history:
            entry.document = entry.document
        HistoryEntry.objects.bulk_create(self.history, batch_size=500)
        texts = self.scan()
        entries = [
            entry_of(document, by_document.get(id(document), ()), [texts.get(document.pk, "")])
            for document in self.documents
        ]
        SearchEntry.objects.bulk_create(entries, batch_size=500)

    def scan(self):
        """Make the PDF files: of all that waits for the named sign-ins, and of the newest others."""
        fits = [document for document in self.documents if document.register.direction == IN]
        first = [document for document in fits if id(document) in self.waiting]
        rest = [document for document in reversed(fits) if id(document) not in self.waiting]
        chosen = (first + rest)[:SCANS]
        texts = {}
        for done, document in enumerate(chosen, 1):
            self.progress(done, len(chosen))
            texts[document.pk] = self.scan_one(document)
        return texts

    def scan_one(self, document):
        due = document.due_on or document.issued_on + timedelta(days=20)
        paragraphs = [text.format(matter=document.matter, due=f"{due:%d/%m/%Y}") for text in words.PARAGRAPHS]
        lines = scanner.layout(
            document.organisation,
            document.code,
            written_day(document.issued_on),
            "" if document.type.key == "cong_van" else document.kind,
            document.subject,
            ["Kính gửi: Bộ Thông tin và Truyền thông", *paragraphs],
        )
        content = scanner.scan(lines)
        text = "\n".join(line[0] for line in lines)
        attachment = Attachment(
            document=document,
            name=f"{document.code.translate(LATIN) or 'van-ban'}.pdf",
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            pages=1,
            text=text,
            uploaded_by=document.created_by,
            uploaded_at=document.created_at,
        )
        attachment.file.save(attachment.name, ContentFile(content))
        return text


def working_day(day: date) -> date:
    """Return ``day``, or the Friday before it when it is at a weekend."""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def depth_of(assignment) -> int:
    return 0 if assignment.parent is None else 1 + depth_of(assignment.parent)


def written_day(day: date) -> str:
    """Return a day as documents write it: a leading zero for days below 10 and for months 1 and 2 only."""
    month = f"{day.month:02}" if day.month < 3 else day.month
    return f"Hà Nội, ngày {day.day:02} tháng {month} năm {day.year}"
