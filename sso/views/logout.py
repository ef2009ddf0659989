"""Signing out: of this browser, of everywhere, or asked for by a system (OpenID Connect RP-Initiated Logout 1.0).

What is told to systems, ``sso.services.logout`` knows; the page afterwards shows who has confirmed it.
"""

from allauth.account.internal.flows.logout import logout
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sso.models import Application, LogoutNotice
from sso.models.tokens import origin_of
from sso.oauth.claims import sid_for
from sso.oauth.parameters import BadParameter, Refused, read
from sso.oauth.signing import named_by_lost_key, read_hint
from sso.services import sessions
from sso.services.logout import cannot_be_told, front_channels, notices_since
from sso.services.sessions import SID
from sso.views.authorize import ToSystem, as_get, refusal
from sso.views.sign_in import onward_to

SALT = "sso.signed-out"
SHOWN_FOR = 600  # seconds
MOST_SHOWN = 50
AGAIN = 2  # seconds until the page looks for answers that have come


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def sign_out(request):
    """Ask, then sign out of this browser or of everything; a GET ends nothing."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if request.method == "POST":
        return leave(request, everywhere=request.POST.get("where") == "everywhere")
    return render(request, "account/logout.html")


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def end_session(request):
    """End this session when the system's ID token comes from it; ask the person otherwise.

    Whoever holds a token of another session, or none, gets nobody signed out: they are sent on, no more.
    """
    if request.method == "POST":
        return as_get(request)
    try:
        target, claims, asking = sign_out_asked(request.GET)
    except Refused as error:
        return refusal(request, error, wants_out=request.user.is_authenticated)
    if not request.user.is_authenticated:
        return ToSystem(target or reverse("account_login"))
    if is_of_this_session(request, claims):
        return leave(request, target, asking)
    confirm_url = f"{reverse('oauth-sign-out')}?{request.META['QUERY_STRING']}"
    response = render(request, "account/logout.html", {"confirm_url": confirm_url})
    if target:
        response._csp_update = onward_to(target)
    return response


@never_cache
@login_not_required
@require_POST
def sign_out_confirmed(request):
    try:
        target, _claims, asking = sign_out_asked(request.GET)
    except Refused as error:
        return refusal(request, error, wants_out=request.user.is_authenticated)
    if not request.user.is_authenticated:
        return ToSystem(target or reverse("account_login"))
    return leave(request, target, asking, everywhere=request.POST.get("where") == "everywhere")


def is_of_this_session(request, claims: dict | None) -> bool:
    """Say whether the ID token comes from this very session, whose sid is random and of one person."""
    sid = request.session.get(SID)
    if not claims or not sid:
        return False
    group = Application.objects.filter(client_id=claims["aud"]).values_list("subject_group", flat=True)
    return claims.get("sid") == sid_for(sid, group.first() or "")


def leave(request, target: str = "", asking: str = "", *, everywhere: bool = False):
    """Sign out; send the browser on to ``target``, by the page that lets it leave systems when some need that.

    ``asking`` is the client ID of the system that wants it, which has ended its own session.
    """
    person, began = request.user, timezone.now()
    sid = request.session.get(SID, "")
    frames, silent = front_channels(sid), cannot_be_told(person, "" if everywhere else sid, but=asking)
    if everywhere:
        sessions.end_everywhere(person, by=person)
    logout(request)
    if target and not frames:
        return ToSystem(target)
    told = [notice.pk for notice in notices_since(person, began)][:MOST_SHOWN]
    if not told and not frames and not silent:
        return redirect("account_login")
    facts = {"told": told, "frames": frames, "silent": silent[:MOST_SHOWN], "next": target}
    of = signing.dumps(facts, salt=SALT, compress=True)
    return HttpResponseRedirect(f"{reverse('signed-out')}?{urlencode({'of': of})}")


@never_cache
@login_not_required
@require_GET
def signed_out(request):
    """Show which systems have confirmed the sign-out; the browser visits those that need it, each in a frame."""
    try:
        told = signing.loads(request.GET.get("of", ""), salt=SALT, max_age=SHOWN_FOR)
    except signing.BadSignature:
        raise Http404 from None
    notices = list(
        LogoutNotice.objects.filter(pk__in=told["told"]).select_related("application").order_by("pk")
    )
    is_first = "again" not in request.GET
    is_open = any(notice.state == LogoutNotice.State.WAITING for notice in notices)
    context = {
        "notices": notices,
        "silent": Application.objects.filter(pk__in=told["silent"]),
        "frames": told["frames"] if is_first else [],
        "next": told["next"],
        "again": f"?{urlencode({'of': request.GET['of'], 'again': 1})}" if is_open else "",
        "after": AGAIN,
    }
    response = render(request, "account/signed_out.html", context)
    response._csp_update = (
        {"frame-src": sorted({origin_of(url) for url in told["frames"]})} if is_first else None
    )
    return response


def sign_out_asked(query: QueryDict) -> tuple[str, dict | None, str]:
    """Return where to go afterwards ("" where nobody has said so), the hint's claims, and who asks. Raises Refused.

    A hint whose key was withdrawn meanwhile proves nothing, and the system is not to blame: it counts as much as a
    client ID, so the person is asked.
    """
    try:
        values = read(query)
    except BadParameter as error:
        raise Refused.unreadable() from error
    claims, named = None, ""
    if hint := values.get("id_token_hint"):
        claims = read_hint(hint)
        named = claims["aud"] if claims else named_by_lost_key(hint)
        if named is None:
            raise Refused(_("The proof of sign-in (ID token) is not one of ours."))
    client_id = values.get("client_id") or named
    if named and named != client_id:
        raise Refused(_("The proof of sign-in (ID token) belongs to another system."))
    target = values.get("post_logout_redirect_uri")
    if not target:
        return "", claims, client_id
    client = Application.objects.filter(client_id=client_id, is_enabled=True).first()
    if client is None or target not in client.post_logout_redirect_uris.split():
        raise Refused(_("The address to return to is not the one registered for this system."))
    if "state" in values:
        target += f"{'&' if '?' in target else '?'}{urlencode({'state': values['state']})}"
    return target, claims, client_id
