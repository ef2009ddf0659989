"""Whom to give a document to, and what they answer."""

from dataclasses import dataclass

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.documents import services
from apps.documents.forms.fields import TextField
from apps.documents.models import Assignment
from apps.documents.permissions import can_give_to
from sso.api import DayField, Post, Unit, User, fold


@dataclass
class Candidate:
    """Somebody a document may be given to, as a row of the routing form."""

    to: User | Unit
    role: str = ""

    @property
    def key(self) -> str:
        return f"{'p' if isinstance(self.to, User) else 'u'}{self.to.pk}"

    @property
    def field(self) -> str:
        return f"role_{self.key}"

    @property
    def line(self) -> str:
        return self.to.post_line if isinstance(self.to, User) else ""

    @property
    def is_person(self) -> bool:
        return isinstance(self.to, User)


class RouteForm(forms.Form):
    """Whom to give a document to: a search, and for each candidate a role. Those chosen stay on the page."""

    MOST_FOUND = 12

    find = TextField(
        label=_("Find a person or unit"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    instruction = TextField(
        label=_("Instruction"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is to be done; everybody you choose reads it."),
    )
    due_on = DayField(label=_("To be handled by"), required=False)

    def __init__(self, *args, giver: User, **options):
        super().__init__(*args, **options)
        self.giver = giver
        self.chosen = self._chosen()

    def _chosen(self) -> list[Candidate]:
        roles = {}
        for name, role in self.data.items():
            key = name.removeprefix("role_")
            if (
                name.startswith("role_")
                and key[1:].isdecimal()
                and len(key) < 18
                and role in Assignment.Role.values
            ):
                roles[key] = role
        people = User.objects.active().filter(pk__in=[key[1:] for key in roles if key[0] == "p"])
        units = Unit.objects.current().filter(pk__in=[key[1:] for key in roles if key[0] == "u"])
        found = [Candidate(to=to) for to in [*units, *people.with_posts()]]
        for candidate in found:
            candidate.role = roles[candidate.key]
        return found

    @property
    def found(self) -> list[Candidate]:
        """Units and people that fit what is asked for; without a question, those most likely."""
        asked = fold(self.data.get(self.add_prefix("find"), ""))
        there = {candidate.key for candidate in self.chosen}
        if asked:
            units = Unit.objects.current().matching(asked)
            people = User.objects.active().matching(asked).with_posts()[: self.MOST_FOUND]
            found = [*units[: self.MOST_FOUND], *people]
        else:
            found = self._likely()
        found = [Candidate(to=to) for to in found if may_get(self.giver, to)]
        return [candidate for candidate in found if candidate.key not in there]

    def _likely(self) -> list:
        """Leaders of the ministry for the desk of the ministry's register, else the giver's own unit."""
        post = self.giver.main_post
        if not post:
            return list(Unit.objects.top()[: self.MOST_FOUND])
        top = Unit.objects.filter(pk=post.unit.top_id).first()
        leaders = Post.objects.leaders().filter(unit__parent=None).values("user")
        near = User.objects.active().filter(Q(pk__in=leaders) | Q(pk__in=User.objects.of_unit(top)))
        near = near.exclude(pk=self.giver.pk).order_by("posts__rank", "sort_key")
        keys = list(dict.fromkeys(near.values_list("pk", flat=True)[: 3 * self.MOST_FOUND]))
        people = User.objects.with_posts().in_bulk(keys[: self.MOST_FOUND])
        return [people[key] for key in keys if key in people]

    @property
    def roles(self):
        return [("", _("–")), *Assignment.Role.choices]

    def targets(self) -> list[services.Target]:
        return [services.Target(to=candidate.to, role=candidate.role) for candidate in self.chosen]


def may_get(giver: User, to: User | Unit) -> bool:
    return to != giver and can_give_to(giver, to)


class ReportForm(forms.Form):
    report = TextField(
        label=_("Result"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reply_number = TextField(
        label=_("Answered by document"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "345/BTTTT-KHTC"}),
    )


class ReturnForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
