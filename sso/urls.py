"""Signing in, the OAuth and OpenID provider, registered systems.

Mounted before all others: the first lines stand in for the sign-in and password pages of Django and Wagtail.
"""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from sso.views import (
    access,
    accounts,
    audit,
    authorize,
    device,
    directory,
    discovery,
    door,
    logout,
    provisioning,
    pushed,
    resets,
    rules,
    second_step,
    sign_in,
    systems,
    tokens,
    why,
)
from sso.views.account import delegation, devices, export, factors, overview, password
from sso.views.account import systems as account_systems


class AccountConverter(StringConverter):
    """What can be an account name; all else is an address that does not exist, before any database is asked."""

    regex = r"[\w.@+~-]+"  # with what is put behind a name that was given to somebody else


register_converter(AccountConverter, "account")

# Called by programs, not by browsers: sso.middleware serves these without what pages need.
for_programs = [
    path("oauth/token/", tokens.token, name="oauth-token"),
    path("oauth/device/", device.device_authorization, name="oauth-device"),
    path("oauth/par/", pushed.pushed_authorization, name="oauth-par"),
    path("oauth/revoke/", tokens.revoke, name="oauth-revoke"),
    path("oauth/introspect/", tokens.introspect, name="oauth-introspect"),
    path("oauth/userinfo/", tokens.userinfo, name="oauth-userinfo"),
    path("oauth/keys/", discovery.keys, name="oauth-jwks"),
    path(".well-known/openid-configuration", discovery.discovery, name="oauth-discovery"),
    path(".well-known/oauth-authorization-server", discovery.discovery),
    path("oauth/door/check", door.check, name="door-check"),
    path("oauth/door/start", door.start, name="door-start"),
    path("oauth/door/callback", door.callback, name="door-callback"),
    path("oauth/door/leave", door.leave, name="door-leave"),
]

urlpatterns = [
    *for_programs,
    path("oauth/authorize/", authorize.authorize, name="oauth-authorize"),
    path("oauth/consent/", authorize.consent, name="oauth-consent"),
    path("oauth/end-session/", logout.end_session, name="oauth-end-session"),
    path("oauth/sign-out/", logout.sign_out_confirmed, name="oauth-sign-out"),
    re_path(r"^(?:admin|django-admin|_util)/login/$", sign_in.to_sign_in),
    path("admin/logout/", sign_in.to_sign_out),
    path("django-admin/logout/", sign_in.to_sign_out),
    re_path(r"^admin/password_reset/", sign_in.no_such_page),
    re_path(r"^django-admin/password_change/", sign_in.no_such_page),
    re_path(r"^django-admin/.+/password/$", sign_in.no_such_page),
    path("sign-in/", sign_in.SignInView.as_view(), name="account_login"),
    path("sign-out/", logout.sign_out, name="account_logout"),
    path("sign-out/done/", logout.signed_out, name="signed-out"),
    path("sign-in/passkey/", second_step.passkey_sign_in, name="passkey-sign-in"),
    path("sign-in/second-step/", second_step.second_step, name="account_second_step"),
    path("sign-in/again/", second_step.confirm, name="account_reauthenticate"),
    path("sign-in/invitation/<str:token>/", resets.invitation, name="invitation"),
    path("sign-in/password/", password.password_forced, name="password-forced"),
    path("account/", overview.overview, name="account"),
    path("account/devices/", devices.devices, name="account-devices"),
    path("account/devices/<int:pk>/end/", devices.end_device, name="account-device-end"),
    path("account/devices/others/", devices.end_others, name="account-devices-others"),
    path("account/devices/everywhere/", devices.end_everywhere, name="account-devices-everywhere"),
    path("account/systems/", account_systems.systems, name="account-systems"),
    path("account/systems/<int:pk>/end/", account_systems.end_system, name="account-system-end"),
    path("account/delegation/", delegation.delegation, name="account-delegation"),
    path("account/delegation/people/", delegation.people, name="account-delegation-people"),
    path("account/delegation/<int:pk>/end/", delegation.delegation_end, name="account-delegation-end"),
    path("account/data/", export.data, name="account-data"),
    path("account/data/file/", export.data_file, name="account-data-file"),
    path("access/<account:username>/", access.access, name="access"),
    path("access/<account:username>/systems/", why.person_systems, name="person-systems"),
    path("account/password/", password.password, name="account-password"),
    path("account/security/", factors.security, name="account-security"),
    path("account/security/required/", factors.required, name="account-security-required"),
    path("account/security/passkeys/new/", factors.passkey_new, name="account-security-passkey-new"),
    path("account/security/passkeys/<int:pk>/", factors.passkey, name="account-security-passkey"),
    path("account/security/<int:pk>/remove/", factors.remove, name="account-security-remove"),
    path("account/security/app/", factors.app, name="account-security-app"),
    path("account/security/codes/", factors.codes, name="account-security-codes"),
    path(
        "account/security/browsers/<int:pk>/forget/", factors.browser_forget, name="account-security-forget"
    ),
    path("factor-resets/", resets.factor_resets, name="factor-resets"),
    path("factor-resets/<int:pk>/", resets.factor_reset_decide, name="factor-reset-decide"),
    path("factor-resets/for/<account:username>/", resets.factor_reset, name="factor-reset"),
    path("audit/", audit.audit_list, name="audit"),
    path("audit/export.csv", audit.audit_export, {"form": "csv"}, name="audit-csv"),
    path("audit/export.jsonl", audit.audit_export, {"form": "jsonl"}, name="audit-jsonl"),
    path("directory/", directory.directory, name="directory"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/password/<account:username>/", accounts.password_reset, name="password-reset"),
    path("accounts/resets/<int:pk>/decide/", accounts.reset_decide, name="password-reset-decide"),
    path("accounts/resets/<int:pk>/make/", accounts.reset_do, name="password-reset-do"),
    path("accounts/guests/new/", accounts.guest_new, name="guest-new"),
    path("accounts/guests/<int:pk>/", accounts.guest, name="guest"),
    path("language/", sign_in.language, name="language"),
    path("device/", device.device, name="device"),
    path("systems/", systems.system_list, name="systems"),
    path("systems/new/", systems.system_new, name="system-new"),
    path("systems/requests/<int:pk>/decide/", systems.system_decide, name="system-decide"),
    path("systems/<int:pk>/", systems.system, name="system"),
    path("systems/<int:pk>/edit/", systems.system_edit, name="system-edit"),
    path("systems/<int:pk>/secret/", systems.system_secret, name="system-secret"),
    path("systems/<int:pk>/check/", systems.system_check, name="system-check"),
    path("systems/<int:pk>/accounts/", provisioning.provisioning, name="system-provisioning"),
    path("systems/<int:pk>/accounts/edit/", provisioning.provisioning_edit, name="provisioning-edit"),
    path(
        "systems/<int:pk>/accounts/approve/", provisioning.provisioning_approve, name="provisioning-approve"
    ),
    path("systems/<int:pk>/accounts/check/", provisioning.provisioning_check, name="provisioning-check"),
    path("systems/<int:pk>/accounts/run/", provisioning.provisioning_run, name="provisioning-run"),
    path("systems/<int:pk>/accounts/allow/", provisioning.provisioning_allow, name="provisioning-allow"),
    path("systems/<int:pk>/rule/", rules.system_rule, name="system-rule"),
    path("systems/<int:pk>/why/", rules.system_why, name="system-why"),
]
