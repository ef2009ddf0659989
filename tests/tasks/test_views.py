import html
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.tasks import services
from apps.tasks.models import Attachment, Task
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of
from tests.tasks.factories import TaskFactory, task_of_unit

pytestmark = pytest.mark.django_db
State = Task.State


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("view", ["mine", "unit", "given", "followed"])
def test_task_list_asks_as_many_queries_for_any_length(signed_in, view):
    person = person_of(level="head")
    client, url = signed_in(person), reverse("tasks:list") + f"?view={view}"

    def make(count):
        for _ in range(count):
            TaskFactory(assignee=person, due=in_days(1))
            TaskFactory(creator=person)
            task = task_of_unit(person.unit, assignee=UserFactory())
            services.follow_task(task, by=person)

    make(1)
    one = queries(client, url)
    make(4)

    assert queries(client, url) == one


def test_task_page_asks_as_many_queries_for_any_history(signed_in):
    task = TaskFactory()
    client, url = signed_in(task.creator), task.get_absolute_url()
    services.comment_task(task, by=task.assignee, text="Một")
    TaskFactory(parent=task, creator=task.creator)
    one = queries(client, url)
    for text in "abc":
        services.comment_task(task, by=task.assignee, text=text)
        TaskFactory(parent=task, creator=task.creator)

    assert queries(client, url) == one


def test_task_list_shows_what_belongs_to_each_view(signed_in):
    person = person_of(level="head")
    titles = {
        "mine": TaskFactory(assignee=person, title="Việc của tôi đây"),
        "unit": task_of_unit(person.unit, assignee=UserFactory(), title="Việc đơn vị"),
        "given": TaskFactory(creator=person, title="Việc tôi giao"),
        "followed": TaskFactory(title="Việc theo dõi"),
    }
    services.follow_task(titles["followed"], by=titles["followed"].creator)
    titles["followed"].participants.update(user=person)

    client, url = signed_in(person), reverse("tasks:list")
    shown = {view: list(client.get(url, {"view": view}).context["page"]) for view in titles}

    assert shown == {view: [task] for view, task in titles.items()}


@pytest.mark.parametrize("query", ["", "việc"])
@pytest.mark.parametrize("view", ["mine", "unit", "given", "followed"])
def test_views_of_somebody_who_belongs_nowhere_are_empty(signed_in, view, query):
    TaskFactory()

    page = signed_in(UserFactory()).get(reverse("tasks:list"), {"view": view, "q": query})

    assert (page.status_code, list(page.context["page"])) == (200, [])


@pytest.mark.parametrize("group", ["open", "overdue", "reported", "done"])
def test_a_search_lists_and_counts_like_the_plain_list(signed_in, group):
    person = UserFactory()
    states = [(State.PAUSED, 1), (State.IN_PROGRESS, -1), (State.REPORTED, 0), (State.DONE, 0)]
    for state, due in states:
        finished = {"finished": in_days(0), "completed_at": timezone.now()} if state == State.DONE else {}
        TaskFactory(assignee=person, title="Báo cáo quý", state=state, due=in_days(due), **finished)
    client, url = signed_in(person), reverse("tasks:list")

    plain, searched = (client.get(url, {"group": group, "q": query}) for query in ("", "bao cao"))

    assert list(plain.context["page"]) == list(searched.context["page"]) != []
    assert plain.context["groups"] == searched.context["groups"]


def test_a_long_list_has_pages(signed_in):
    person = UserFactory()
    tasks = [TaskFactory(assignee=person, due=in_days(day)) for day in range(53)]
    client, url = signed_in(person), reverse("tasks:list")

    pages = [list(client.get(url, {"page": number}).context["page"]) for number in ("1", "2", "x", "99")]

    assert pages == [tasks[:50], tasks[50:], tasks[:50], tasks[50:]]


def test_on_behalf_is_a_view_of_those_who_act_for_somebody(signed_in):
    task = TaskFactory()
    secretary = DelegationFactory(giver=task.assignee).receiver
    url = reverse("tasks:list") + "?view=others"

    assert list(signed_in(secretary).get(url).context["page"]) == [task]
    assert signed_in(UserFactory()).get(url).status_code == 404


def test_lateness_is_said_in_words(signed_in):
    person = UserFactory()
    TaskFactory(assignee=person, due=in_days(-2))
    TaskFactory(assignee=person, due=in_days(0))

    page = signed_in(person).get(reverse("tasks:list")).content.decode().replace("\xa0", " ")

    assert "trễ 2 ngày" in page
    assert "hôm nay" in page


@pytest.mark.parametrize("name", ["detail", "edit", "find_hand_on"])
def test_page_of_a_task_is_404_for_a_stranger(signed_in, name):
    task = task_of_unit(UnitFactory())
    client = signed_in(person_of())

    answers = [client.get(reverse(f"tasks:{name}", args=[key])) for key in (task.pk, task.pk + 1)]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("act", ["complete", "confirm", "comment", "hand_on", "withdraw"])
def test_act_of_a_stranger_is_404(signed_in, act):
    task = task_of_unit(UnitFactory())

    answer = signed_in(person_of()).post(reverse("tasks:act", args=[task.pk, act]), {"text": "x"})

    assert (answer.status_code, task.entries.count()) == (404, 0)


def test_act_of_one_who_only_looks_on_is_403(signed_in):
    task = TaskFactory(state=State.REPORTED, finished=in_days(0))

    answer = signed_in(task.assignee).post(reverse("tasks:act", args=[task.pk, "confirm"]))

    assert (answer.status_code, Task.objects.get().state) == (403, State.REPORTED)


def test_the_kind_of_an_attachment_is_told_by_its_name_not_by_the_browser(signed_in):
    task = TaskFactory()
    file = SimpleUploadedFile("Biên bản.pdf", b"x", "text/html; " + "x" * 300)

    signed_in(task.assignee).post(f"{task.get_absolute_url()}comment/", {"text": "Ý kiến", "files": [file]})

    assert Attachment.objects.get().content_type == "application/pdf"


def test_what_is_wrong_with_a_field_that_nobody_sees_is_said_above_the_form(signed_in):
    answer = signed_in(UserFactory()).post(reverse("tasks:new"), {"title": "Việc", "parent": "9" * 9})

    errors = answer.context["form"].errors["parent"]
    assert (answer.status_code, errors[0] in html.unescape(answer.content.decode())) == (422, True)


def test_attachment_is_for_those_who_see_the_task(signed_in):
    task = TaskFactory()
    file = SimpleUploadedFile("Biên bản.txt", "Nội dung".encode(), "text/plain")
    services.comment_task(task, by=task.creator, text="x", files=[file])
    attachment = Attachment.objects.get()

    answer = signed_in(task.assignee).get(attachment.get_absolute_url())
    refused = signed_in(UserFactory()).get(attachment.get_absolute_url())

    assert b"".join(answer) == "Nội dung".encode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert refused.status_code == 404
    attachment.file.delete()


def test_own_to_do_is_ticked_in_its_row(signed_in):
    person = UserFactory()
    task = TaskFactory(creator=person, assignee=person)
    url = reverse("tasks:complete", args=[task.pk])
    client = signed_in(person)
    assert url in client.get(reverse("tasks:list")).content.decode()

    row = client.post(url, headers={"HX-Request": "true"})

    assert Task.objects.get().state == State.DONE
    assert row.templates[0].name == "tasks/_task_row.html"
    assert f'id="task-{task.pk}"' in row.content.decode()


def test_task_is_given_reported_and_confirmed_through_the_pages(signed_in):
    head = person_of(level="head")
    officer = person_of(head.unit)
    words = {"title": "Soạn kế hoạch", "lead": f"person:{officer.pk}", "due": str(in_days(3)), "priority": 1}

    made = signed_in(head).post(reverse("tasks:new"), words | {"source": "unit"})
    task = Task.objects.get()
    assert made.url == task.get_absolute_url()

    for person, act, form in [
        (officer, "accept", {}),
        (officer, "report", {"progress": "60", "text": "Đã có dự thảo"}),
        (officer, "complete", {"text": "Số 12/KH-VP"}),
        (head, "confirm", {}),
    ]:
        answer = signed_in(person).post(reverse("tasks:act", args=[task.pk, act]), form)
        assert (act, answer.status_code) == (act, 302)

    task.refresh_from_db()
    assert (task.state, task.assignee, task.unit) == (State.DONE, officer, head.unit)


BAD_INPUT = [
    ("title", "x" * 300, "250"),
    ("title", "", "bắt buộc"),
    ("due", "31/02/2027", "ngày"),
    ("due", "hôm qua", "ngày"),
    ("due", "2020-01-01", "đã qua"),
    ("lead", "person:999999999999999999999", "Hãy chọn"),
    ("lead", "unit:1 OR 1", "Hãy chọn"),
    ("lead", "nobody", "Hãy chọn"),
    ("cooperating", "person:0", "Hãy chọn"),
    ("priority", "9", "9"),
    ("source", "x", "x"),
]


@pytest.mark.parametrize(("field", "value", "said"), BAD_INPUT)
def test_bad_input_gets_a_message_at_its_field_and_what_was_typed_stays(signed_in, field, value, said):
    head = person_of(level="head")
    words = {"title": "Soạn kế hoạch", "description": "Đã gõ nhiều", "priority": 0, "source": "unit"}

    answer = signed_in(head).post(reverse("tasks:new"), words | {field: value})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert said in str(answer.context["form"].errors[field])
    assert "Đã gõ nhiều" in answer.content.decode()
    assert Task.objects.count() == 0


BAD_FILES = [
    ("virus.exe", 10, "không được nhận"),
    ("ảnh.svg", 10, "không được nhận"),
    ("lớn.pdf", 200, "lớn hơn"),
]


@pytest.mark.parametrize(("name", "size", "said"), BAD_FILES)
def test_bad_file_gets_a_message_and_the_words_stay(signed_in, settings, name, size, said):
    settings.UPLOAD_MAX_BYTES = 100
    task = TaskFactory()
    good = SimpleUploadedFile("a.txt", b"a")

    answer = signed_in(task.assignee).post(
        reverse("tasks:act", args=[task.pk, "comment"]),
        {"text": "Ý kiến dài", "files": [good, SimpleUploadedFile(name, b"x" * size)]},
    )

    assert answer.status_code == 422
    assert said in str(answer.context["comment_form"].errors["files"])
    assert "Ý kiến dài" in answer.content.decode()
    assert task.entries.count() == 0


@pytest.mark.parametrize(
    ("act", "form", "field"),
    [
        ("report", {"progress": "120", "text": "x"}, "progress"),
        ("report", {"progress": "x", "text": "x"}, "progress"),
        ("ask_extension", {"due": str(in_days(1)), "text": "x"}, "due"),
        ("ask_extension", {"due": str(in_days(9)), "text": ""}, "text"),
    ],
)
def test_bad_act_shows_its_form_again(signed_in, act, form, field):
    task = TaskFactory(due=in_days(2))

    answer = signed_in(task.assignee).post(reverse("tasks:act", args=[task.pk, act]), form)

    sent = next(one for one in answer.context["acts"] if one["name"] == act)
    assert (answer.status_code, list(sent["form"].errors), sent["is_open"]) == (422, [field], True)


@pytest.mark.parametrize(
    ("decision", "due", "expected"), [("grant", 9, 9), ("grant", 6, 6), ("refuse", 9, 2), ("refuse", None, 2)]
)
def test_extension_is_decided_on_the_page(signed_in, decision, due, expected):
    task = TaskFactory(due=in_days(2))
    services.ask_extension(task, by=task.assignee, due=in_days(9), text="x")
    form = {"decision": decision, "due": "" if due is None else str(in_days(due))}

    answer = signed_in(task.creator).post(reverse("tasks:act", args=[task.pk, "decide_extension"]), form)

    assert (answer.status_code, Task.objects.get().due) == (302, in_days(expected))


def test_stale_page_is_answered_in_words(signed_in):
    task = TaskFactory(state=State.WITHDRAWN)

    url = reverse("tasks:act", args=[task.pk, "complete"])
    answer = signed_in(task.assignee).post(url, {"text": "Đã trình ký"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Không thực hiện được nữa" in page
    assert "Đã trình ký" in page


@pytest.mark.parametrize("address", ["?view=x", "?group=x", "?view=mine&group=%00"])
def test_garbage_in_the_address_is_404(signed_in, address):
    assert signed_in(UserFactory()).get(reverse("tasks:list") + address).status_code == 404


def test_key_beyond_every_number_is_404(signed_in):
    assert signed_in(UserFactory()).get(f"/tasks/{'9' * 30}/").status_code == 404


def test_picker_finds_without_accents_only_whom_one_may_choose(signed_in):
    head = person_of(level="head")
    hoa = person_of(head.unit, full_name="Trần Thị Hòa")
    person_of(full_name="Lê Văn Hòa")

    answer = signed_in(head).get(reverse("tasks:find"), {"picker": "lead", "lead-find": "hoa"})

    assert [choice.value for choice in answer.context["choices"]] == [f"person:{hoa.pk}"]


def test_picker_works_without_scripts_and_keeps_what_was_chosen(signed_in):
    head = person_of(level="head")
    chosen = person_of(head.unit, full_name="Trần Thị Hòa")
    found = person_of(head.unit, full_name="Đỗ Quang Dũng")
    words = {"title": "Giữ lại", "lead": f"person:{chosen.pk}", "lead-find": "dung", "find": "lead"}

    page = signed_in(head).post(reverse("tasks:new"), words).content.decode()

    assert f'value="person:{chosen.pk}" checked' in page
    assert f'value="person:{found.pk}"' in page
    assert "Giữ lại" in page
    assert Task.objects.count() == 0


def test_empty_list_says_what_to_do(signed_in):
    assert "Không có việc cần xử lý" in signed_in(UserFactory()).get(reverse("tasks:list")).content.decode()


def test_page_speaks_english_to_those_who_want_it(signed_in, settings):
    client = signed_in(UserFactory())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    assert "Nothing to do" in client.get(reverse("tasks:list")).content.decode()
