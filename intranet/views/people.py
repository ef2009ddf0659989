"""The directory of people, and the pages of units."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from intranet.models import UnitPage
from intranet.search import LONGEST_QUERY, unit_url
from sso.api import Post, Unit, User, fold, is_system_admin, looks_after

ON_PAGE = 40


def people(request):
    """Everybody, those of a unit, or those who match the words; leaders of a unit first."""
    query = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    units = list(Unit.objects.current().select_related("page").order_by("path"))
    key = request.GET.get("unit", "")
    unit = next((unit for unit in units if str(unit.pk) == key), None)
    found = User.objects.active()
    if fold(query):
        found = found.matching(query)
    if unit:
        found = found.of_unit(unit).by_rank_in(unit)
    page = Paginator(found.with_posts(), ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "people_query": query,
        "unit": unit,
        "unit_url": unit_url(unit) if unit and hasattr(unit, "page") else "",
        "tree": _tree(units, unit),
    }
    name = "intranet/_people.html" if request.htmx else "intranet/people.html"
    return TemplateResponse(request, name, context)


def _tree(units, chosen):
    """Return the units below the ministry in their order, with the sub-units of the chosen one's branch."""
    roots = {unit.pk for unit in units if unit.parent_id is None}
    top = sorted((unit for unit in units if unit.parent_id in roots), key=lambda unit: (unit.order, unit.pk))
    branch = chosen.top_id if chosen else None
    below = sorted(
        (unit for unit in units if unit.parent_id == branch), key=lambda unit: (unit.order, unit.pk)
    )
    return [{"unit": unit, "below": below if unit.pk == branch else []} for unit in top]


def person(request, username):
    someone = get_object_or_404(User.objects.active().select_related("manager"), username=username)
    context = {
        "someone": someone,
        "posts": _with_ways(someone.current_posts),
        "reports": someone.reports.active().with_posts()[:20],
        "is_me": someone == request.user,
        "may_see_access": is_system_admin(request.user),
        "may_see_systems": looks_after(request.user, someone),
    }
    return TemplateResponse(request, "intranet/person.html", context)


def _with_ways(posts):
    """Return each post with its unit and those above it, without the ministry. One query for all."""
    above = Unit.objects.in_bulk({key for post in posts for key in post.unit.path_ids[1:]})
    return [(post, [above[key] for key in reversed(post.unit.path_ids[1:])]) for post in posts]


def units(request):
    """All units below the ministry, each leading to its page."""
    pages = UnitPage.objects.live().select_related("unit").order_by("unit__order", "unit__pk")
    heads = Post.objects.current().filter(
        level=Post.Level.HEAD, unit__page__isnull=False, user__is_active=True
    )
    by_unit = {post.unit_id: post for post in heads.select_related("user").order_by("-rank")}
    rows = [(page, by_unit.get(page.unit_id)) for page in pages]
    return TemplateResponse(request, "intranet/units.html", {"rows": rows})


def unit(request, slug):
    page = get_object_or_404(UnitPage.objects.live().select_related("unit"), slug=slug)
    return page.serve(request)
