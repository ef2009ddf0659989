"""The pages of tasks: list, one task, its acts, what the pickers find."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from apps.tasks import lists, permissions, services
from apps.tasks.acts import ACTS, form_for
from apps.tasks.forms import HandOnForm, TaskForm, WordingForm
from apps.tasks.models import GROUPS, Attachment, Extension, Participant, Task, reach_of
from intranet.api import send_private_file
from sso.api import require

ENTRIES = 200


@require_GET
def task_list(request):
    view = request.GET.get("view", "mine")
    group = request.GET.get("group", "open")
    query = request.GET.get("q", "").strip()[:200]
    views = dict(lists.VIEWS)
    if not reach_of(request.user).others:
        del views["others"]
    if view not in views or group not in GROUPS:
        raise Http404
    page, counts = lists.page_of(view, group, request.user, request.GET.get("page"), query)
    return TemplateResponse(
        request,
        "tasks/task_list.html",
        {
            "view": view,
            "group": group,
            "query": query,
            "views": views,
            "groups": [(name, label, counts[name]) for name, label in GROUPS.items()],
            "page": page,
            "rows": lists.rows_of(page.object_list, request.user),
        },
    )


@require_GET
def task_detail(request, pk):
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("creator", "unit"), pk=pk)
    return detail_page(request, task)


def detail_page(request, task, bound=None, status=200):
    """Answer with the page of ``task``; ``bound`` are forms that have been sent and stay open."""
    user, bound = request.user, bound or {}
    allowed = permissions.acts(user, task)
    extension = task.extensions.undecided().select_related("asked_by").first()
    if extension is None:
        allowed.discard("decide_extension")
    if extension or task.due is None or task.is_late:
        allowed.discard("ask_extension")
    allowed |= bound.keys()
    forms = {name: bound.get(name) or form_for(name, task) for name in ACTS if name in allowed}
    acts = [
        {"name": name, "act": ACTS[name], "form": form, "is_open": name in bound}
        for name, form in forms.items()
        if name != "comment"
    ]
    visible = Task.objects.visible_to(user)
    parts = visible.filter(parent=task).with_people().soonest_first()[: lists.PER_PAGE]
    participants = list(task.participants.select_related("user", "unit"))
    follows = Participant.Part.FOLLOWS
    return TemplateResponse(
        request,
        "tasks/task_detail.html",
        {
            "task": task,
            "next": next((one for one in acts if is_next(one, task)), None),
            "acts": acts,
            "comment_form": forms.get("comment"),
            "can_edit": "edit" in allowed,
            "extension": extension,
            "extensions": Extension.objects.filter(task=task).exclude(decided_at=None),
            "cooperating": [one for one in participants if one.part != follows],
            "followers": [one for one in participants if one.part == follows],
            "is_followed": any(one.part == follows and one.user_id == user.pk for one in participants),
            "parts": lists.rows_of(parts, user),
            "parent": visible.filter(pk=task.parent_id).first(),
            "entries": log_of(task),
        },
        status=status,
    )


def is_next(one, task):
    """Say whether the task waits for this act; one that was given to a unit waits to be handed on first."""
    return one["act"].is_next or (one["name"] == "hand_on" and task.assignee_id is None)


def log_of(task):
    """The newest entries with their people and files, the oldest of them first."""
    entries = task.entries.select_related("actor", "on_behalf_of", "handed_to")
    newest = entries.prefetch_related("attachments").order_by("-at", "-pk")[:ENTRIES]
    return list(newest)[::-1]


def task_new(request):
    is_sent = request.method == "POST"
    given = {"parent": request.GET.get("parent", "")}
    form = TaskForm(
        request.POST if is_sent else None, request.FILES or None, user=request.user, initial=given
    )
    if is_sent and "find" not in request.POST and form.is_valid():
        task = services.assign_task(by=request.user, **form.cleaned_data)
        return redirect(task)
    return TemplateResponse(
        request, "tasks/task_form.html", {"form": form}, status=422 if is_sent and form.errors else 200
    )


def task_edit(request, pk):
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    require(permissions.principal(request.user, "edit", task) is not None)
    form = WordingForm(request.POST or None, instance=task)
    if request.method == "POST" and form.is_valid():
        services.edit_task(task, by=request.user, **form.cleaned_data)
        return redirect(task)
    return TemplateResponse(
        request,
        "tasks/task_form.html",
        {"form": form, "task": task},
        status=422 if form.errors else 200,
    )


@require_POST
def task_act(request, pk, act):
    """Do one of ACTS; from a row of a list, the answer is the row."""
    if act not in ACTS:
        raise Http404
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("creator", "unit"), pk=pk)
    require(permissions.principal(request.user, act, task) is not None)
    form = form_for(act, task, request.POST, request.FILES)
    if "find" in request.POST:
        return detail_page(request, task, {act: form})
    if form.is_valid():
        try:
            ACTS[act].service(task, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
    if request.htmx and not form.errors:
        changed = Task.objects.visible_to(request.user).with_people().get(pk=pk)
        [row] = lists.rows_of([changed], request.user)
        return TemplateResponse(request, "tasks/_task_row.html", {"row": row})
    if form.errors:
        return detail_page(request, task, {act: form}, status=422)
    return redirect(task)


@require_POST
def task_follow(request, pk):
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    change = services.unfollow_task if "stop" in request.POST else services.follow_task
    change(task, by=request.user)
    return redirect(task)


@require_GET
def picker_find(request, pk=None):
    """Answer an htmx search of a picker with what can be chosen."""
    if pk is None:
        form = TaskForm(request.GET, user=request.user)
    else:
        task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk, is_for_unit=True)
        form = HandOnForm(request.GET, task=task)
    name = request.GET.get("picker", "")
    if name not in {"lead", "cooperating", "to"} & set(form.fields):
        raise Http404
    picker = form[name]
    context = picker.field.widget.get_context(name, picker.value(), {})
    return TemplateResponse(request, "tasks/_picker_choices.html", context)


@require_GET
def attachment(request, pk):
    file = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    return send_private_file(file.file, file.name, file.content_type)
