from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from unicodedata import normalize

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.tasks import services
from apps.tasks.models import Entry, Participant, Task
from tests.factories import DelegationFactory, PostFactory, UnitFactory, UserFactory, person_of
from tests.racing import all_at_once
from tests.tasks.factories import TaskFactory, task_of_unit

pytestmark = pytest.mark.django_db
State = Task.State


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def notices(person):
    return list(person.notices.values_list("kind", flat=True))


def story(task):
    return list(task.entries.values_list("act", flat=True))


def test_words_are_kept_in_one_spelling_whatever_the_computer_types():
    typed = normalize("NFD", "Trả lời công văn")
    task = services.assign_task(by=person_of(), title=typed, description=typed)
    before = Task.objects.values_list("title", "description").get()

    services.edit_task(task, by=task.creator, title=typed, product=typed)

    assert before == ("Trả lời công văn",) * 2
    assert Task.objects.values_list("title", "product").get() == before


@pytest.mark.parametrize(("who", "allowed"), [("assignee", True), ("stranger", False)])
def test_a_part_of_a_task_is_given_by_who_sees_the_whole(who, allowed):
    task, stranger = TaskFactory(), UserFactory()

    with nullcontext() if allowed else pytest.raises(PermissionDenied):
        services.assign_task(
            by={"assignee": task.assignee, "stranger": stranger}[who], title="x", parent=task
        )

    assert task.parts.count() == allowed


def test_assign_task_to_a_unit_tells_its_leaders(django_capture_on_commit_callbacks):
    unit = UnitFactory()
    minister, head = person_of(unit.parent, level="head"), person_of(unit, level="head")
    colleague, other = person_of(unit), UnitFactory()

    with django_capture_on_commit_callbacks(execute=True):
        task = services.assign_task(
            by=minister, lead=unit, title="Báo cáo quý", due=in_days(7), cooperating=[other, unit, colleague]
        )

    assert (task.lead, task.unit, task.assignee, task.state) == (unit, unit, None, State.NOT_STARTED)
    assert (task.due, task.original_due) == (in_days(7), in_days(7))
    assert [one.user or one.unit for one in task.participants.all()] == [other, colleague]
    assert notices(head) == ["tasks.assigned"]
    assert notices(colleague) == ["tasks.cooperating"]
    assert notices(minister) == []


def test_assign_task_to_a_person_is_answered_for_by_the_unit_of_the_person():
    head = person_of(level="head")
    officer = person_of(head.unit)

    task = services.assign_task(by=head, lead=officer, title="Soạn công văn")

    assert (task.lead, task.unit, task.is_for_unit) == (officer, head.unit, False)


def test_own_to_do_needs_nobody_else(django_capture_on_commit_callbacks):
    person = person_of()

    with django_capture_on_commit_callbacks(execute=True):
        task = services.assign_task(by=person, title="Gọi điện")
        task = services.complete_task(task, by=person)

    assert (task.is_own, task.unit, task.state, task.finished) == (True, None, State.DONE, in_days(0))
    assert notices(person) == []


def test_secretary_gives_in_the_name_of_the_leader_and_the_log_says_so():
    head = person_of(level="head")
    officer = person_of(head.unit)
    secretary = DelegationFactory(giver=head, receiver=person_of()).receiver

    task = services.assign_task(by=secretary, creator=head, lead=officer, title="Chuẩn bị họp")

    entry = task.entries.get()
    assert (task.creator, entry.actor, entry.on_behalf_of) == (head, secretary, head)


def test_assign_task_refuses_a_giver_one_does_not_act_for():
    head = person_of(level="head")

    with pytest.raises(PermissionDenied):
        services.assign_task(by=person_of(), creator=head, lead=person_of(head.unit), title="x")


ACTS = {
    "accept": (State.NOT_STARTED, services.accept_task, {}, "assignee"),
    "report": (State.IN_PROGRESS, services.report_task, {"progress": 40, "text": "x"}, "assignee"),
    "complete": (State.IN_PROGRESS, services.complete_task, {"text": "x"}, "assignee"),
    "ask": (State.IN_PROGRESS, services.ask_extension, {"due": in_days(9), "text": "x"}, "assignee"),
    "confirm": (State.REPORTED, services.confirm_task, {}, "creator"),
    "return": (State.REPORTED, services.return_task, {"text": "x"}, "creator"),
    "deadline": (State.IN_PROGRESS, services.change_deadline, {"due": in_days(9), "text": "x"}, "creator"),
    "pause": (State.IN_PROGRESS, services.pause_task, {"text": "x"}, "creator"),
    "resume": (State.PAUSED, services.resume_task, {}, "creator"),
    "withdraw": (State.IN_PROGRESS, services.withdraw_task, {"text": "x"}, "creator"),
    "edit": (State.IN_PROGRESS, services.edit_task, {"title": "Tên mới"}, "creator"),
    "comment": (State.IN_PROGRESS, services.comment_task, {"text": "x"}, "creator assignee follower"),
}


@pytest.mark.parametrize("who", ["creator", "assignee", "follower", "stranger"])
@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_for_those_it_belongs_to(act, who):
    state, service, words, allowed = ACTS[act]
    finished = in_days(0) if state == State.REPORTED else None
    task = TaskFactory(state=state, due=in_days(2), finished=finished)
    person = getattr(task, who, None) or UserFactory()
    if who == "follower":
        Participant.objects.create(task=task, user=person)

    with nullcontext() if who in allowed else pytest.raises(PermissionDenied):
        service(task, by=person, **words)

    assert story(task) == ([act] if who in allowed else [])


def test_hand_on_gives_the_task_to_one_of_the_unit():
    task = task_of_unit(UnitFactory())
    head, officer = person_of(task.unit, level="head"), person_of(task.unit)

    task = services.hand_on(task, by=head, to=officer)

    assert (task.assignee, task.entries.get().handed_to) == (officer, officer)
    with pytest.raises(ValidationError):
        services.hand_on(task, by=head, to=person_of())


def test_work_is_told_to_the_giver_and_decisions_to_the_assignee(django_capture_on_commit_callbacks):
    task = TaskFactory(state=State.NOT_STARTED)
    giver, doer = task.creator, task.assignee

    with django_capture_on_commit_callbacks(execute=True):
        services.accept_task(task, by=doer)
        services.report_task(task, by=doer, progress=50, text="Đã có dự thảo")
        services.complete_task(task, by=doer, text="Đã trình ký")
        services.return_task(task, by=giver, text="Thiếu phụ lục")
        services.complete_task(task, by=doer)
        services.confirm_task(task, by=giver)

    expected = ["tasks.accepted", "tasks.reported", "tasks.completed", "tasks.completed"]
    assert sorted(notices(giver)) == sorted(expected)
    assert sorted(notices(doer)) == ["tasks.confirmed", "tasks.returned"]
    assert story(task) == ["accept", "report", "complete", "return", "complete", "confirm"]


def test_return_forgets_the_day_of_report_so_that_the_deadline_counts_again():
    task = TaskFactory(state=State.REPORTED, due=in_days(-1), finished=in_days(-1))
    assert not task.is_late

    task = services.return_task(task, by=task.creator, text="Chưa đạt")

    assert (task.state, task.finished, task.is_late) == (State.IN_PROGRESS, None, True)


@pytest.mark.parametrize(
    ("state", "service", "words"),
    [
        (State.DONE, services.return_task, {"text": "x"}),
        (State.WITHDRAWN, services.confirm_task, {}),
        (State.DONE, services.change_deadline, {"due": None}),
        (State.IN_PROGRESS, services.confirm_task, {}),
    ],
    ids=["return done", "confirm withdrawn", "change done", "confirm unreported"],
)
def test_act_that_comes_too_late_or_too_early_is_refused_in_words(state, service, words):
    task = TaskFactory(state=state, finished=in_days(0), completed_at=timezone.now())

    with pytest.raises(ValidationError):
        service(task, by=task.creator, **words)

    assert story(task) == []


def test_second_confirmation_changes_nothing(django_capture_on_commit_callbacks):
    task = TaskFactory(state=State.REPORTED, finished=in_days(0))
    stale = Task.objects.get(pk=task.pk)

    with django_capture_on_commit_callbacks(execute=True):
        first = services.confirm_task(task, by=task.creator)
        second = services.confirm_task(stale, by=stale.creator)

    assert second.completed_at == first.completed_at
    assert story(task) == ["confirm"]
    assert notices(task.assignee) == ["tasks.confirmed"]


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_count_as_one():
    task = TaskFactory(state=State.REPORTED, finished=in_days(0))
    seen = [Task.objects.get(pk=task.pk) for _window in range(2)]

    all_at_once(2, lambda number: services.confirm_task(seen[number], by=task.creator))

    assert (story(task), notices(task.assignee)) == (["confirm"], ["tasks.confirmed"])


def asked(**fields):
    task = TaskFactory(due=in_days(2), **fields)
    services.ask_extension(task, by=task.assignee, due=in_days(9), text="Chờ số liệu")
    return task


@pytest.mark.parametrize(("granted", "due"), [(in_days(9), 9), (in_days(5), 5), (None, 2)])
def test_decision_on_an_extension_keeps_the_original_deadline(granted, due):
    task = asked()
    assert Task.objects.get().due == in_days(2)

    task = services.decide_extension(task, by=task.creator, due=granted)

    extension = task.extensions.get()
    assert (task.due, task.original_due) == (in_days(due), in_days(2))
    assert (extension.due_before, extension.due_granted) == (in_days(2), granted)
    assert extension.decided_by == task.creator


@pytest.mark.parametrize("granted", [in_days(2), in_days(1)])
def test_an_extension_is_never_to_the_same_day_or_an_earlier_one(granted):
    task = asked()

    with pytest.raises(ValidationError):
        services.decide_extension(task, by=task.creator, due=granted)

    assert task.extensions.undecided().exists()


def test_a_decision_is_made_once():
    task = asked()
    services.decide_extension(task, by=task.creator, due=None)

    with pytest.raises(ValidationError):
        services.decide_extension(task, by=task.creator, due=in_days(9))

    assert Task.objects.get().due == in_days(2)


@pytest.mark.parametrize(
    ("due", "asked_for"), [(None, 5), (-1, 5), (2, 2), (2, 1)], ids=["none", "passed", "same", "earlier"]
)
def test_extension_must_be_asked_for_in_time_and_for_later(due, asked_for):
    task = TaskFactory(due=None if due is None else in_days(due))

    with pytest.raises(ValidationError):
        services.ask_extension(task, by=task.assignee, due=in_days(asked_for), text="x")


def test_second_request_waits_for_the_first_decision():
    task = asked()

    with pytest.raises(ValidationError):
        services.ask_extension(task, by=task.assignee, due=in_days(12), text="x")

    assert task.extensions.count() == 1


def test_settled_task_leaves_no_request_open():
    tasks = [asked() for _ in range(3)]

    services.complete_task(tasks[0], by=tasks[0].assignee)
    services.withdraw_task(tasks[1], by=tasks[1].creator, text="x")
    services.change_deadline(tasks[2], by=tasks[2].creator, due=in_days(4))

    assert [task.extensions.undecided().count() for task in tasks] == [0, 0, 0]


def test_files_come_with_their_entry_under_a_name_that_tells_nothing(settings, tmp_path):
    task = TaskFactory()
    file = SimpleUploadedFile("Báo cáo.pdf", b"%PDF-1.4", "application/pdf")

    services.comment_task(task, by=task.assignee, text="Gửi kèm", files=[file])

    attachment = Entry.objects.get().attachments.get()
    assert (attachment.name, attachment.size_bytes) == ("Báo cáo.pdf", 8)
    assert "Báo" not in attachment.file.name
    attachment.file.delete()


def test_follow_twice_is_once_and_unfollow_ends_it():
    task = TaskFactory()
    follow = partial(services.follow_task, task, by=task.assignee)

    follow()
    follow()
    assert task.participants.count() == 1

    services.unfollow_task(task, by=task.assignee)
    assert task.participants.count() == 0


def test_follow_is_not_for_strangers():
    with pytest.raises(PermissionDenied):
        services.follow_task(TaskFactory(), by=UserFactory())


def test_comment_reaches_all_who_take_part_but_the_writer(django_capture_on_commit_callbacks):
    task = TaskFactory()
    follower = UserFactory()
    Participant.objects.create(task=task, user=follower)

    with django_capture_on_commit_callbacks(execute=True):
        services.comment_task(task, by=task.assignee, text="Đã gửi")

    told = [notices(person) for person in (task.creator, follower, task.assignee)]
    assert told == [["tasks.commented"], ["tasks.commented"], []]


def test_leaders_of_the_lead_unit_are_told_once_each(django_capture_on_commit_callbacks):
    unit = UnitFactory()
    head = person_of(unit, level="head")
    PostFactory(user=head, unit=unit, level="deputy", is_main=False)

    with django_capture_on_commit_callbacks(execute=True):
        services.assign_task(
            by=person_of(unit.parent, level="head"), lead=unit, title="x", cooperating=[head]
        )

    assert notices(head).count("tasks.assigned") == 1


def test_what_becomes_of_the_task_of_a_giver_who_has_left_is_told_to_those_who_decide(
    django_capture_on_commit_callbacks,
):
    head = person_of(level="head")
    task = TaskFactory(creator=UserFactory(is_active=False), unit=head.unit, assignee=person_of(head.unit))

    with django_capture_on_commit_callbacks(execute=True):
        services.complete_task(task, by=task.assignee)
    with django_capture_on_commit_callbacks(execute=True):
        services.confirm_task(task, by=head)

    task.refresh_from_db()
    assert [list(head.notices.values_list("kind", flat=True)), task.state] == [
        ["tasks.completed"],
        State.DONE,
    ]
