"""Signing in, the OAuth and OpenID provider, registered systems.

Mounted before all others: the first lines stand in for the sign-in and password pages of Django and Wagtail.
"""

from django.urls import path, re_path

from sso.views import authorize, sign_in, systems, tokens

# Called by programs, not by browsers: sso.middleware serves these without what pages need.
for_programs = [
    path("oauth/token/", tokens.token, name="oauth-token"),
    path("oauth/revoke/", tokens.revoke, name="oauth-revoke"),
    path("oauth/introspect/", tokens.introspect, name="oauth-introspect"),
    path("oauth/userinfo/", tokens.userinfo, name="oauth-userinfo"),
    path("oauth/keys/", tokens.keys, name="oauth-jwks"),
    path(".well-known/openid-configuration", tokens.discovery, name="oauth-discovery"),
    path(".well-known/oauth-authorization-server", tokens.discovery),
]

urlpatterns = [
    *for_programs,
    re_path(r"^(?:admin|django-admin|_util)/login/$", sign_in.to_sign_in),
    path("admin/logout/", sign_in.to_sign_out),
    path("django-admin/logout/", sign_in.to_sign_out),
    re_path(r"^admin/password_reset/", sign_in.no_such_page),
    re_path(r"^django-admin/password_change/", sign_in.no_such_page),
    re_path(r"^django-admin/.+/password/$", sign_in.no_such_page),
    path("sign-in/", sign_in.SignInView.as_view(), name="account_login"),
    path("sign-out/", sign_in.SignOutView.as_view(), name="account_logout"),
    path("sign-in/again/", sign_in.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("language/", sign_in.language, name="language"),
    path("oauth/authorize/", authorize.authorize, name="oauth-authorize"),
    path("oauth/consent/", authorize.consent, name="oauth-consent"),
    path("oauth/end-session/", authorize.end_session, name="oauth-end-session"),
    path("oauth/sign-out/", authorize.sign_out_confirmed, name="oauth-sign-out"),
    path("systems/", systems.system_list, name="systems"),
    path("systems/new/", systems.system_new, name="system-new"),
    path("systems/<int:pk>/", systems.system_edit, name="system"),
    path("systems/<int:pk>/secret/", systems.system_secret, name="system-secret"),
]
