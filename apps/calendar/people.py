"""A form field for people: chosen ones are ticked, more are typed in; suggestions come while typing."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sso.api import User, fold, nfc

MOST_SUGGESTIONS = 8


def find_people(words: str) -> list[User]:
    """Return the active people that ``words`` may mean: "Lê An (anl)", an account, an address, a name."""
    words = nfc(words)
    account = re.search(r"\(([\w.@+-]+)\)\s*$", words)
    people = User.objects.active()
    if account:
        return list(people.filter(username=account[1]))
    exact = people.filter(username=words) | people.filter(email__iexact=words)
    named = [one for one in people.matching(words)[:50] if fold(one.full_name) == fold(words)]
    same = [one for one in named if one.full_name.casefold() == words.casefold()]
    return list(exact) or same or named


def label_of(person: User) -> str:
    """Return the words that name exactly one person: "Lê An (anl)"."""
    return f"{person.full_name} ({person.username})"


class PeopleWidget(forms.Widget):
    """Checkboxes of the chosen people and of those that could be meant, and a line to type more."""

    template_name = "calendar/_people_field.html"
    input_type = "people"

    def value_from_datadict(self, data, files, name):
        chosen = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return {
            "chosen": [int(key) for key in map(str, chosen) if key.isdecimal() and len(key) < 19],
            "typed": data.get(f"{name}_typed", ""),
        }

    def value_omitted_from_data(self, data, files, name):
        return False

    def get_context(self, name, value, attrs):
        context = super().get_context(name, None, attrs)
        value = value if isinstance(value, dict) else {"chosen": [one.pk for one in value or []], "typed": ""}
        keys = set(value["chosen"])
        typed = [words.strip() for words in re.split(r"[,;\n]", value["typed"]) if words.strip()]
        meant = {words: find_people(words) for words in typed[:20]}
        keys |= {found[0].pk for found in meant.values() if len(found) == 1}
        possible = {one.pk for found in meant.values() for one in found}
        people = User.objects.active().filter(pk__in=keys | possible).order_by("sort_key")
        context["widget"]["people"] = [(one, one.pk in keys) for one in people]
        context["widget"]["typed"] = ", ".join(words for words in typed if not meant.get(words))
        return context

    def id_for_label(self, id_):
        return f"{id_}_typed" if id_ else id_


class PeopleField(forms.Field):
    widget = PeopleWidget

    def clean(self, value) -> list[User]:
        """Return the people ticked and typed. Says which words name nobody, or more than one person."""
        people = {one.pk: one for one in User.objects.active().filter(pk__in=value["chosen"])}
        errors = []
        for words in filter(None, (part.strip() for part in re.split(r"[,;\n]", value["typed"]))):
            found = find_people(words)
            if len(found) == 1:
                people[found[0].pk] = found[0]
            elif not found:
                errors.append(_("Nobody is called “%(words)s”.") % {"words": words[:100]})
            elif not people.keys() & {one.pk for one in found}:
                errors.append(
                    _("Several people are called “%(words)s”: please tick the right one.") % {"words": words}
                )
        if errors:
            raise ValidationError(errors)
        return list(people.values())

    def has_changed(self, initial, data):
        return True


class PersonOrTextField(forms.CharField):
    """A person of the directory, or words for somebody from elsewhere: cleans to (person or None, words)."""

    def clean(self, value) -> tuple[User | None, str]:
        words = super().clean(value)
        found = find_people(words) if words else []
        return (found[0], "") if len(found) == 1 else (None, words)
