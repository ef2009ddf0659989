"""The place of news in the page tree, the groups that let people write there, and who is told of what they write."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.urls import reverse
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowState,
    WorkflowTask,
)

from apps.news.models import NewsIndexPage, NewsPage
from apps.news.permissions import NEWS_EDITOR
from intranet.api import notify
from sso.api import Role, User

WRITERS = "news-writers"
EDITORS = "news-editors"
ACTS = {
    WRITERS: ("add_page", "change_page"),
    EDITORS: ("add_page", "change_page", "publish_page", "lock_page"),
}


@transaction.atomic
def ensure_news_index() -> NewsIndexPage:
    """Return the folder of news; the first call makes it with its groups and its workflow."""
    index = NewsIndexPage.objects.first()
    if index is None:
        home = Page.objects.get(depth=2)
        index = home.add_child(instance=NewsIndexPage(title="Tin tức", slug="news"))
        for name, acts in ACTS.items():
            _allow(name, index, acts)
        _make_workflow(index)
    update_news_groups()
    return index


def _allow(name: str, index: NewsIndexPage, acts: tuple[str, ...]) -> None:
    """Let the group into the editor, act on news there, and use and add pictures."""
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.add(_permission("wagtailadmin", "access_admin"))
    for act in acts:
        permission = _permission("wagtailcore", act)
        GroupPagePermission.objects.get_or_create(group=group, page=index, permission=permission)
    for act in ("add_image", "choose_image"):
        permission = _permission("wagtailimages", act)
        rights = {"group": group, "collection": Collection.get_first_root_node(), "permission": permission}
        GroupCollectionPermission.objects.get_or_create(**rights)


def _permission(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def _make_workflow(index: NewsIndexPage) -> None:
    """Writers submit, editors publish."""
    workflow = Workflow.objects.create(name="Duyệt tin")
    task = GroupApprovalTask.objects.create(name="Biên tập duyệt")
    task.groups.add(Group.objects.get(name=EDITORS))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.update_or_create(page=index, defaults={"workflow": workflow})


@transaction.atomic
def update_news_groups() -> None:
    """Put unit admins among the writers, people with the role of editor among the editors, all others out."""
    roles = {WRITERS: Role.UNIT_ADMIN, EDITORS: NEWS_EDITOR}
    for group in Group.objects.filter(name__in=roles):
        people = User.objects.active().filter(roles__name=roles[group.name]).distinct()
        group.user_set.set(people)


def tell_editors(item: NewsPage, *, by: User | None) -> None:
    """Tell the editors but ``by`` that ``item`` waits for them; where there are none, the system admins."""
    people = User.objects.active().filter(groups__name=EDITORS)
    if not people.exists():
        people = User.objects.active().filter(roles__name=Role.SYSTEM_ADMIN).distinct()
    others = [person for person in people if person != by]
    notify(
        "news.submitted", to=others, title=item.get_latest_revision_as_object().title, url=_editor_of(item)
    )


def tell_writer(item: NewsPage, state: WorkflowState, *, by: User | None) -> None:
    """Tell who handed ``item`` in that it is published, or that it comes back, and why."""
    writer = state.requested_by
    if writer is None or writer == by:
        return
    title = item.get_latest_revision_as_object().title
    if state.status == WorkflowState.STATUS_APPROVED or (item.live and not item.has_unpublished_changes):
        url = (
            item.get_absolute_url() if item.live else _editor_of(item)
        )  # not yet where it is to appear later
        notify("news.published", to=[writer], title=title, url=url)
        return
    why = state.current_task_state.comment if state.current_task_state else ""
    notify("news.returned", to=[writer], title=title, url=_editor_of(item), text=why)


def _editor_of(item: NewsPage) -> str:
    return reverse("wagtailadmin_pages:edit", args=[item.pk])
