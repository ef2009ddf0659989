"""Requests that systems have sent ahead, so that no browser carries or sees what they ask (RFC 9126)."""

import secrets
from datetime import timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from sso.limits import count_up, network_of
from sso.models import Application, PushedRequest
from sso.models.credentials import hashed
from sso.oauth.issuing import Failed
from sso.oauth.parameters import LONGEST_QUERY, Answer, Refused, asked_in, fill
from sso.prepared import Row
from sso.services.audit import address_of

URN = "urn:ietf:params:oauth:request_uri:"
LIVES = timedelta(minutes=10)  # as long as somebody may take to sign in
MOST_OF_PLACE = 300  # of a system without a secret, from one network address within sso.limits.WINDOW seconds
OF_CLIENT = {"client_secret", "client_assertion", "client_assertion_type"}


def push(client: Row, form: dict[str, str], request) -> str:
    """Keep the request of ``client`` and return its name. Raises Failed for one that authorize would refuse.

    Whoever knows a system without a secret can send in its name, so it is kept short, and not too often.
    """
    if client.client_type == Application.CLIENT_PUBLIC:
        place = hashed(f"{client.client_id} {network_of(address_of(request))}")
        if count_up(f"sso.tries.pushed.{place}") > MOST_OF_PLACE:
            raise Failed("temporarily_unavailable", "too many requests come from this network address")
    if sum(map(len, form.values())) > LONGEST_QUERY:
        raise Failed("invalid_request", "the request is too long")
    if "request_uri" in form or form.get("client_id", client.client_id) != client.client_id:
        raise Failed("invalid_request")
    parameters = {name: value for name, value in form.items() if name not in OF_CLIENT}
    query = as_query(parameters | {"client_id": client.client_id})
    try:
        with override(None):  # programs read plain signs only (RFC 6749 §5.2)
            fill(asked_in(query), query)
    except Refused as error:
        raise Failed("invalid_request", str(error)) from error
    except Answer as answer:
        raise Failed(answer.parameters["error"], answer.parameters.get("error_description", "")) from answer
    name = URN + secrets.token_urlsafe(32)
    PushedRequest.objects.create(
        digest=hashed(name),
        application_id=client.pk,
        parameters=query.dict(),
        expires_at=timezone.now() + LIVES,
    )
    return name


def question_in(query: QueryDict) -> tuple[QueryDict, str]:
    """Return what ``query`` asks and, when that was sent ahead, its digest for ``use_up``. Raises Refused."""
    name = query.get("request_uri", "")
    if not name.startswith(URN):
        return query, ""
    digest = hashed(name)
    found = PushedRequest.objects.filter(digest=digest, expires_at__gt=timezone.now()).first()
    if found is None or query.getlist("client_id") != [found.parameters["client_id"]]:
        raise Refused(
            _("The request has run out or was used before. Please begin again at the other system.")
        )
    return as_query(found.parameters), digest


def use_up(digest: str) -> None:
    """A request sent ahead gets one code. Raises Answer when it has got one already."""
    if digest and not PushedRequest.objects.filter(digest=digest).delete()[0]:
        raise Answer("invalid_request", "the request was used before")


def as_query(parameters: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(parameters)
    return query
