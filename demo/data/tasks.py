"""Some 300 tasks in every state, around today, over all units and for the named sign-ins."""

import random
from datetime import datetime, time, timedelta
from itertools import cycle

from django.db import transaction
from django.utils import timezone

from apps.tasks.models import Entry, Extension, Participant, Task
from demo.data import tasks_words as words
from sso.api import Post, Unit, User

SEED = 2026
Act, State = Entry.Act, Task.State


@transaction.atomic
def load(progress) -> None:
    """Make the tasks, unless there are some already."""
    if not Task.objects.exists():
        Maker(progress).make()


class Maker:
    """Collects rows, then writes them table by table."""

    def __init__(self, progress):
        self.progress = progress
        self.chance = random.Random(SEED)
        self.today = timezone.localdate()
        self.filled = {
            "month": self.today.month,
            "quarter": (self.today.month - 1) // 3 + 1,
            "year": self.today.year,
            "next": self.today.year + 1,
        }
        self.tasks, self.entries, self.extensions, self.participants = [], [], [], []
        self.posts = {}
        for post in Post.objects.current().select_related("unit", "user").order_by("rank", "pk"):
            self.posts.setdefault(post.unit_id, []).append(post)
        self.named = {
            name: User.objects.get(username=name)
            for name in ("lanhdao", "vanthu", "nhanvien", "quantri.donvi", "quantri")
        }

    def make(self):
        self.give_the_named()
        self.give_the_units()
        self.give_within_units()
        self.write()

    # --- what is given to whom ---------------------------------------------------------------------

    def give_the_named(self):
        lists = {
            "nhanvien": words.OF_THE_OFFICER,
            "vanthu": words.OF_THE_CLERK,
            "quantri.donvi": words.OF_THE_UNIT_ADMIN,
            "quantri": words.OF_THE_SYSTEM_ADMIN,
            "lanhdao": words.OF_THE_LEADER,
        }
        for name, rows in lists.items():
            person = self.named[name]
            division = person.unit
            givers = {
                "head": self.leader(division, but=person),
                "director": self.leader(division.parent, but=person) if division.parent else None,
                "": person,
            }
            for title, product, days, percent, giver in rows:
                due = None if days is None else self.today + timedelta(days=days)
                state = State.IN_PROGRESS if percent or not giver else State.NOT_STARTED
                self.add(
                    title, product, givers[giver] or person, person, None, due, 9 - min(days or 0, 0),
                    state, percent,
                )  # fmt: skip

    def give_the_units(self):
        """Leaders of the ministry to units: handed on or not yet, done or not."""
        ministry = Unit.objects.get(parent=None)
        leaders = [post.user for post in self.posts[ministry.pk]]
        units = [unit for unit in Unit.objects.top() if unit.pk in self.posts]
        givers = cycle([self.named["lanhdao"], *leaders, self.named["lanhdao"]])
        planning = self.named["nhanvien"].unit.parent
        for number, (title, product) in enumerate(words.FOR_UNITS * 6):
            unit = planning if number % 17 == 3 else units[number * 7 % len(units)]
            giver = next(givers)
            task = self.add_aged(title, product, giver, None, unit)
            self.take_part(task, units[(number * 5 + 3) % len(units)])
            if number % 4 == 0 and giver != self.named["lanhdao"]:
                self.take_part(task, self.named["lanhdao"], Participant.Part.FOLLOWS)

    def give_within_units(self):
        """Heads of divisions and units to their people."""
        places = [key for key, posts in self.posts.items() if len(posts) > 4 and posts[0].unit.parent_id]
        for number in range(160):
            giver, *others = self.posts[places[number * 11 % len(places)]]
            officers = [post.user for post in others if post.level == Post.Level.MEMBER]
            doer = self.chance.choice(officers) if officers else None
            if giver.level == Post.Level.MEMBER or doer is None or doer in self.named.values():
                continue
            title, product = words.FOR_PEOPLE[number % len(words.FOR_PEOPLE)]
            self.add_aged(title, product, giver.user, doer, None)

    def leader(self, unit, but):
        return next((post.user for post in self.posts.get(unit.pk, []) if post.user != but), None)

    # --- one task with its history -------------------------------------------------------------------

    def add_aged(self, title, product, giver, doer, unit):
        """A task given some time ago, in a state that fits its deadline."""
        age = self.chance.randint(2, 75)
        due = self.working_day(self.today + timedelta(days=self.chance.randint(6, 40) - age))
        dice = self.chance.random()
        if due < self.today:
            state = State.DONE if dice < 0.82 else State.IN_PROGRESS if dice < 0.94 else State.REPORTED
        elif age < 6:
            state = State.NOT_STARTED if dice < 0.7 else State.IN_PROGRESS
        else:
            state = (
                State.IN_PROGRESS if dice < 0.5
                else State.REPORTED if dice < 0.63
                else State.DONE if dice < 0.83
                else State.NOT_STARTED if dice < 0.88
                else State.PAUSED if dice < 0.95
                else State.WITHDRAWN
            )  # fmt: skip
        if self.chance.random() < 0.06 and state in Task.TO_DO:
            due = None
        percent = {State.NOT_STARTED: 0, State.DONE: 100, State.REPORTED: 100}.get(
            state, self.chance.randrange(10, 95, 5)
        )
        return self.add(title, product, giver, doer, unit, due, age, state, percent)

    def add(self, title, product, giver, doer, unit, due, age, state, percent):
        """A task given ``age`` days ago, with the log that leads to ``state``."""
        is_own = doer is not None and giver == doer
        task = Task(
            title=title.format(**self.filled),
            description="" if is_own else self.chance.choice(words.DESCRIPTIONS).format(**self.filled),
            product=product,
            creator=giver,
            assignee=doer,
            unit=unit or (None if is_own else doer.unit),
            is_for_unit=unit is not None,
            source=Task.Source.OWN if is_own else self.source(unit),
            document="" if is_own or self.chance.random() < 0.4 else self.document(),
            priority=self.chance.choices([0, 1, 2], [80, 15, 5])[0],
            due=due,
            original_due=due,
            state=state,
            progress=percent,
            given_at=self.moment(age),
        )
        self.tasks.append(task)
        self.tell_story(task, age)
        task.derive_key()
        return task

    def tell_story(self, task, age):
        giver, at = task.creator, task.given_at
        self.log(task, Act.ASSIGN, giver, at)
        worker = task.assignee
        if task.is_for_unit:
            head = self.posts[task.unit_id][0].user
            worker = head
            officers = [post.user for post in self.posts[task.unit_id][1:]]
            if officers and (task.state != State.NOT_STARTED or self.chance.random() < 0.4):
                worker = task.assignee = self.chance.choice(officers)
                self.log(task, Act.HAND_ON, head, at + timedelta(hours=4), handed_to=worker)
        if task.state == State.NOT_STARTED or task.is_own:
            return
        self.log(task, Act.ACCEPT, worker, at + timedelta(hours=7))
        span = timedelta(days=age)
        if task.progress and (age > 8 or task.state == State.IN_PROGRESS):
            text = self.chance.choice(words.REPORTS)
            half = task.progress if task.state == State.IN_PROGRESS else 60
            self.log(task, Act.REPORT, worker, at + span * 0.4, text, progress=half)
        if self.chance.random() < 0.25:
            self.log(task, Act.COMMENT, giver, at + span * 0.45, self.chance.choice(words.COMMENTS))
        if task.state in {State.REPORTED, State.DONE}:
            self.finish(task, worker, age)
        elif task.state == State.PAUSED:
            self.log(task, Act.PAUSE, giver, at + span * 0.6, "Chờ hướng dẫn của Bộ Nội vụ.")
        elif task.state == State.WITHDRAWN:
            self.log(task, Act.WITHDRAW, giver, at + span * 0.6, "Đã ghép vào nhiệm vụ khác của đơn vị.")
        elif task.due and task.due > self.today and task.is_for_unit and self.chance.random() < 0.4:
            self.ask(task, worker)

    def finish(self, task, worker, age):
        """Reported shortly before the deadline, now and then after it; some were returned once."""
        days = (task.due - timezone.localdate(task.given_at)).days
        late = self.chance.randint(1, 6) if self.chance.random() < 0.13 else -self.chance.randint(0, 4)
        finished = timezone.localdate(task.given_at) + timedelta(days=min(age - 1, max(1, days + late)))
        task.finished = max(finished, timezone.localdate(task.given_at))
        at = self.at(task.finished, 16)
        day, code = task.finished.strftime("%d/%m/%Y"), task.unit.code
        result = self.chance.choice(words.RESULTS)
        if self.chance.random() < 0.12:
            reason = self.chance.choice(words.REASONS_TO_RETURN)
            self.log(task, Act.COMPLETE, worker, at - timedelta(hours=28), progress=100)
            self.log(task, Act.RETURN, task.creator, at - timedelta(hours=23), reason)
        text = result.format(number=self.chance.randint(12, 980), code=code, day=day)
        self.log(task, Act.COMPLETE, worker, at, text, progress=100)
        if task.state == State.DONE:
            task.completed_at = self.in_office(at + timedelta(hours=self.chance.randint(1, 30)))
            self.log(task, Act.CONFIRM, task.creator, task.completed_at)

    def ask(self, task, worker):
        """An extension: asked for and open, or granted."""
        later, reason = task.due + timedelta(days=7), self.chance.choice(words.REASONS_TO_EXTEND)
        at = timezone.now() - timedelta(hours=self.chance.randint(20, 40))
        facts = {"due_before": task.due, "due_after": later}
        self.log(task, Act.ASK, worker, at, reason, **facts)
        request = Extension(
            task=task, asked_by=worker, asked_at=at, reason=reason, due_before=task.due, due_asked=later
        )
        if self.chance.random() < 0.4:
            request.decided_by, request.decided_at, request.due_granted = task.creator, at, later
            task.due = later
            self.log(task, Act.GRANT, task.creator, at + timedelta(hours=3), **facts)
        self.extensions.append(request)

    def take_part(self, task, one, part=Participant.Part.COOPERATES):
        if one != task.lead:
            kind = "unit" if isinstance(one, Unit) else "user"
            self.participants.append(Participant(task=task, part=part, **{kind: one}))

    def log(self, task, act, actor, at, text="", **facts):
        at = self.in_office(at)
        self.entries.append(Entry(task=task, act=act, actor=actor, at=at, text=text, **facts))

    # --- small things ----------------------------------------------------------------------------------

    def source(self, unit):
        if unit is None:
            return self.chance.choice([Task.Source.UNIT, Task.Source.UNIT, Task.Source.MEETING])
        return self.chance.choice([Task.Source.MINISTRY, Task.Source.GOVERNMENT, Task.Source.PROGRAMME])

    def document(self):
        symbol = self.chance.choice(["VPCP-KSTT", "TB-BTTTT", "CV-BTTTT", "KH-BTTTT", "BNV-CCHC"])
        return f"{self.chance.randint(15, 4800)}/{symbol}"

    def moment(self, age):
        return self.at(
            self.working_day(self.today - timedelta(days=age), back=True), self.chance.randint(8, 16)
        )

    def at(self, day, hour):
        clock = time(hour, self.chance.randrange(0, 60, 5))
        return min(timezone.make_aware(datetime.combine(day, clock)), timezone.now())

    def in_office(self, at):
        """The moment itself when people work then, or an hour near it at which they do; never in the future."""
        local = timezone.localtime(at)
        if local.hour > 16 and local.weekday() < 4:
            local = local.replace(hour=8 + (local.hour - 17) // 3) + timedelta(days=1)
        return min(local.replace(hour=min(max(local.hour, 8), 16)), timezone.now())

    def working_day(self, day, *, back=False):
        """The day itself, or the next (the last) one that is no Saturday or Sunday."""
        while day.weekday() > 4:
            day += timedelta(days=-1 if back else 1)
        return day

    def write(self):
        for model, rows in (
            (Task, self.tasks),
            (Entry, self.entries),
            (Extension, self.extensions),
            (Participant, self.participants),
        ):
            self.progress(f"{len(rows)} {model._meta.model_name}")
            model.objects.bulk_create(rows, batch_size=500)
