from django.utils.translation import gettext_lazy as _

from intranet.api import Hit, Plugin, Widget


def hello(place):
    return {"name": place.user.get_short_name()}


def search(user, query, limit):
    return [Hit(title="Hello", url="/sample/")] if query.casefold() == "hello" else []


PLUGIN = Plugin(
    slug="sample",
    name=_("Sample"),
    icon="star",
    home="sample:hello",
    urls="intranet_sample.urls",
    widgets=(Widget(slug="hello", title=_("Hello"), template="sample/_hello.html", context=hello),),
    search=search,
)
