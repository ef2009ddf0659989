"""What one app has for another: cards of items, their acts, letters."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from intranet import handover
from intranet.api import Item, ItemCard, Letter, Named
from intranet.plugins import Receiver, plugins
from tests.factories import person_of

pytestmark = pytest.mark.django_db

ITEM = Item(title="a", content=b"x", content_type="text/x-test", sender="a@mic.example")
LETTER = Letter(to="b@mic.example", subject="x", text="x", content=b"x", content_type="text/x-test")


def refuse(*_given):
    raise ValidationError("Không đọc được.")


def fail(*_given):
    raise RuntimeError("broken")


def told(user, item):
    return ItemCard(
        template="ui/alert.html",
        context={"text": f"{item.title} <b>"},
        acts=(Named(name="take", label="Lấy"),),
        done="take",
    )


@pytest.fixture
def install(monkeypatch):
    """Return a function that leaves one plug-in: with a card, or what sends letters."""

    def install(card=None, act=None, send=None):
        receiver = Receiver(
            content_types=("text/x-test",), label="x", receive=lambda *given: "/", card=card, act=act
        )
        plugin = replace(plugins()[0], slug="taker", receives=(receiver,), send=send)
        monkeypatch.setattr(handover, "plugins_for", lambda user: (plugin,))

    return install


def test_a_card_is_drawn_with_its_acts(install):
    install(card=told, act=lambda user, item, name: f"{name}: {item.title}")
    person = person_of()

    card = handover.card_of(person, ITEM)

    assert (card.receiver, [act.name for act in card.acts], card.done) == ("taker.0", ["take"], "take")
    assert "a &lt;b&gt;" in card.body
    assert handover.act_on(person, ITEM, "taker.0", "take") == "take: a"


def test_what_an_app_refuses_is_said_and_what_breaks_leaves_a_gap(install, caplog):
    install(card=refuse)
    refused = handover.card_of(person_of(), ITEM)
    install(card=fail)
    broken = handover.card_of(person_of(), ITEM)

    assert ("Không đọc được." in refused.body, refused.acts, broken) == (True, (), None)
    assert "Card of taker is broken." in caplog.text


@pytest.mark.parametrize(
    ("receiver", "content_type"), [("other.0", "text/x-test"), ("taker.0", "text/plain")]
)
def test_an_act_is_done_by_its_own_receiver_only(receiver, content_type, install):
    install(card=told, act=lambda *given: "")

    with pytest.raises(LookupError):
        handover.act_on(person_of(), replace(ITEM, content_type=content_type), receiver, "take")


def test_letters_go_to_the_app_that_sends_them(install):
    sent = []
    install(send=lambda *given: sent.append(given))
    person = person_of()

    handover.send_letter(person, LETTER)
    install()

    assert sent == [(person, LETTER)]
    with pytest.raises(ValidationError):
        handover.send_letter(person, LETTER)
