"""What one app has for another: items with cards, and letters."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from intranet.guard import guarded
from intranet.plugins import Item, Letter, Named, Receiver, plugins_for
from sso.api import User


@dataclass(frozen=True)
class DrawnCard:
    """A card of ``receiver``, a name for forms such as "tasks.0", as it stands on a page."""

    receiver: str
    body: SafeString
    acts: tuple[Named, ...] = ()
    done: str = ""


def receivers_for(user: User, content_type: str) -> list[tuple[str, Receiver]]:
    """Return what takes ``content_type`` from ``user``, each with a name for forms: "tasks.0"."""
    return [(name, receiver) for _plugin, name, receiver in _receivers(user, content_type)]


def has_card(user: User, content_type: str) -> bool:
    """Say whether an app has more to say of such content than that it takes it."""
    return any(receiver.card for _name, receiver in receivers_for(user, content_type))


def card_of(user: User, item: Item) -> DrawnCard | None:
    """Return the first card for ``item``; None when there is none, or when the app is broken."""
    for plugin, name, receiver in _receivers(user, item.content_type):
        if receiver.card:
            return guarded(
                plugin, "Card", lambda name=name, card=receiver.card: _drawn(name, card, user, item), None
            )
    return None


def act_on(user: User, item: Item, receiver: str, act: str) -> str:
    """Do ``act`` of the card of ``receiver`` and return words that say so. LookupError when there is no such act."""
    one = dict(receivers_for(user, item.content_type)).get(receiver)
    if one is None or one.act is None:
        raise LookupError(receiver)
    return one.act(user, item, act)


def send_letter(user: User, letter: Letter) -> None:
    """Send ``letter`` in the name of ``user``. Raises ValidationError with words when it cannot be sent."""
    for plugin in plugins_for(user):
        if plugin.send:
            return plugin.send(user, letter)
    raise ValidationError(_("No mail can be sent from here."))


def _drawn(name: str, card, user: User, item: Item) -> DrawnCard:
    try:
        found = card(user, item)
    except ValidationError as error:
        text = " ".join(error.messages)
        return DrawnCard(name, render_to_string("ui/alert.html", {"text": text, "tone": "warning"}))
    return DrawnCard(name, render_to_string(found.template, found.context), found.acts, found.done)


def _receivers(user: User, content_type: str):
    for plugin in plugins_for(user):
        for place, receiver in enumerate(plugin.receives):
            if content_type in receiver.content_types:
                yield plugin, f"{plugin.slug}.{place}", receiver
