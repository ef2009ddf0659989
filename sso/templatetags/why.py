"""What a person reads at the door of a system that does not let them in."""

from django import template
from django.utils.translation import gettext as _

from sso.models import Application, User
from sso.services.audit import address_of
from sso.services.rules import Kind
from sso.services.why import helpers_of, missing

register = template.Library()


@register.simple_tag(takes_context=True)
def what_is_missing(context, system: Application | None) -> list[str]:
    """Return, in words, which conditions of ``system`` do not hold for the reader. What they ask for is not told."""
    request = context["request"]
    kinds = missing(request.user, system.rule, address_of(request)) if system else []
    return [text_of(kind, request) for kind in kinds]


def text_of(kind: Kind, request) -> str:
    match kind:
        case Kind.NETWORK:
            text = _(
                "It is entered from certain networks only, such as that of the office; you come from %(address)s."
            )
            return text % {"address": address_of(request)}
        case Kind.POST:
            posts = "; ".join(f"{post.title}, {post.unit}" for post in request.user.current_posts)
            if not posts:
                return _("It is open to certain units or posts, and you hold no post at present.")
            return _("It is open to certain units or posts, and yours is not among them: %(posts)s.") % {
                "posts": posts
            }
        case Kind.ROLE:
            return _("It needs a role that you do not have.")
        case Kind.GROUP:
            return _("It is open to certain groups, and you are in none of them.")
        case Kind.STRENGTH:
            return _("It needs a stronger sign-in.")
    return _("It is open to people who are named one by one, and you are not among them.")


@register.simple_tag
def helpers(person: User) -> list[User]:
    """Return the unit admins whom the person may ask."""
    return helpers_of(person)
