"""Who may enter a system, and why somebody may or may not. For system admins; others get 404."""

from django.contrib import messages
from django.contrib.auth.models import Group
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from sso.forms.systems import LEVELS, ROLES, Ways, WhyForm, initial_of
from sso.models import Application, Unit, User
from sso.models.tokens import Acr
from sso.services.rules import At, Kind, Way, answers, save_rule, ways_of
from sso.step_up import acr_within_reach, when_sure
from sso.views.guard import for_system_admins


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure(methods=("POST",))
def system_rule(request, pk):
    system = get_object_or_404(Application, pk=pk)
    forms = Ways(request.POST or None, initial=initial_of(ways_of(system.rule)), prefix="way")
    if request.method == "POST" and forms.is_valid():
        out = save_rule(system, forms.ways, by=request.user)
        messages.success(request, _("The rule has been saved."))
        if out:
            text = ngettext(
                "%(count)d person was signed out of it.", "%(count)d people were signed out of it.", out
            )
            messages.info(request, text % {"count": out})
        return redirect("system", pk)
    context = {"system": system, "forms": forms, "ways": described(ways_of(system.rule))}
    status = 422 if forms.is_bound else 200
    return TemplateResponse(request, "sso/system_rule.html", context, status=status)


@for_system_admins
@require_GET
def system_why(request, pk):
    """Each condition of each way in with its answer for one person."""
    system = get_object_or_404(Application, pk=pk)
    form = WhyForm(request.GET or None)
    context = {"system": system, "form": form}
    if form.is_bound and form.is_valid():
        context |= explained(system, form.cleaned_data["account"], form.cleaned_data)
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "sso/system_why.html", context, status=status)


def explained(system: Application, person: User, given: dict) -> dict:
    """Return the verdict on ``person`` with what it rests on, in words."""
    reach = acr_within_reach(person)
    acr = given["acr"] or reach
    at = At(given["address"] or None, acr)
    ways = ways_of(system.rule)
    shown = [
        {
            "rows": rows_of(person, way, at, texts),
            "holds": all(holds is not False for _kind, holds in answers(person, way, at)),
        }
        for way, texts in zip(ways, described(ways), strict=True)
    ]
    before = [
        (_("The account is active"), person.is_active),
        (_("The system is switched on and approved"), system.is_enabled and system.is_approved),
        (
            _("Signed in %(how)s, as the system asks of everybody") % {"how": Acr(system.required_acr).label},
            acr >= system.required_acr,
        ),
    ]
    return {
        "someone": person,
        "before": before,
        "shown": shown,
        "may": all(holds for _text, holds in before) and (not ways or any(way["holds"] for way in shown)),
        "has": facts_of(person, reach),
    }


def rows_of(person: User, way: Way, at: At, texts: dict[Kind, str]) -> list[dict]:
    return [{"text": texts[kind], "holds": holds} for kind, holds in answers(person, way, at)]


def facts_of(person: User, reach: str) -> list[tuple[str, str]]:
    """Return what the conditions look at, in words, as far as there is any."""
    roles, levels = dict(ROLES), dict(LEVELS)
    posts = [
        f"{post.title}, {post.unit} ({levels.get(post.level, post.level)})" for post in person.current_posts
    ]
    held = [
        " – ".join(filter(None, (str(roles.get(role.name, role.name)), str(role.unit or ""))))
        for role in person.current_roles
    ]
    groups = [group.name for group in person.groups.all()]
    facts = [
        (_("Posts"), "; ".join(posts)),
        (_("Roles"), "; ".join(held)),
        (_("Groups"), "; ".join(groups)),
        (_("Can sign in"), str(Acr(reach).label)),
    ]
    return [(label, value) for label, value in facts if value]


def described(ways: tuple[Way, ...]) -> list[dict[Kind, str]]:
    """Return each way's conditions in words. Three queries for all."""
    units = {unit.pk: unit for unit in Unit.objects.filter(pk__in={key for way in ways for key in way.units})}
    groups = dict(
        Group.objects.filter(pk__in={key for way in ways for key in way.groups}).values_list("pk", "name")
    )
    people = dict(
        User.objects.filter(pk__in={key for way in ways for key in way.people}).values_list("pk", "full_name")
    )
    return [{kind: told(kind, way, units, groups, people) for kind in way.kinds} for way in ways]


def told(kind: Kind, way: Way, units: dict, groups: dict, people: dict) -> str:
    match kind:
        case Kind.PEOPLE:
            return _("One of: %(names)s") % {"names": listed(people.get(key, "?") for key in way.people)}
        case Kind.STRENGTH:
            return _("Signed in %(how)s") % {"how": Acr(way.acr).label}
        case Kind.NETWORK:
            return _("Comes from: %(names)s") % {"names": listed(way.networks)}
        case Kind.ROLE:
            return _("Has the role: %(names)s") % {
                "names": listed(dict(ROLES).get(name, name) for name in way.roles)
            }
        case Kind.GROUP:
            return _("Is in the group: %(names)s") % {
                "names": listed(groups.get(key, "?") for key in way.groups)
            }
    what = [*(str(dict(LEVELS).get(level, level)) for level in way.levels), *way.titles]
    where = [str(units.get(key, "?")) for key in way.units]
    parts = [_("Holds a post")] if not what else [_("Holds a post as %(names)s") % {"names": listed(what)}]
    if where:
        parts.append(pgettext("where a post is", "in %(names)s") % {"names": listed(where)})
        if way.below:
            parts.append(_("or below"))
    return " ".join(parts)


def listed(names) -> str:
    """Return ``names`` in words: "A", "A or B", "A, B or C"."""
    names = [str(name) for name in names]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s or %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
