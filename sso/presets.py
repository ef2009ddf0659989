"""Well-known systems: which addresses they use, what they may learn, and what to paste where.

``{base}`` stands for the address of the system, ``{issuer}``, ``{discovery}``, ``{client_id}`` and ``{secret}`` for
ours; the secret is known once, later ``SECRET`` stands in its place.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.translation import gettext_lazy as _

from sso.models import Application
from sso.oauth.scopes import OPENS_MAILBOXES

BASIC = ("openid", "profile", "email")
ALL = (*BASIC, "organization")
GATEWAY = "/.intranet/callback"


@dataclass(frozen=True)
class Preset:
    slug: str
    name: object
    returns: tuple[str, ...] = ()  # after sign-in
    leaves: tuple[str, ...] = ()  # after sign-out
    back_channel: str = ""
    start: str = "{base}/"  # begins the sign-in, for the tile and the check
    scopes: tuple[str, ...] = BASIC
    icon: str = "apps"
    where: object = ""  # where the snippet belongs
    snippet: str = ""
    is_public: bool = False  # it has no secret
    without_pkce: bool = False  # no version of it knows PKCE
    is_tried: bool = False  # with the product itself, not with its documentation only

    def initial(self, base: str) -> dict:
        """Return what the form of a system at ``base`` begins with."""
        kind = {
            "preset": self.slug,
            "allowed_scopes": list(self.scopes),
            "icon": self.icon,
            "client_type": Application.CLIENT_PUBLIC if self.is_public else Application.CLIENT_CONFIDENTIAL,
            "without_pkce": self.without_pkce,
        }
        if self.slug == "other" or not base:
            return kind
        return kind | {
            "name": str(self.name),
            "tile_url": self.start.format(base=base),
            "redirect_uris": " ".join(text.format(base=base) for text in self.returns),
            "post_logout_redirect_uris": " ".join(text.format(base=base) for text in self.leaves),
            "backchannel_logout_uri": self.back_channel.format(base=base),
        }

    def text(self, **values: str) -> str:
        """Return the snippet with ``values`` filled in, and a sign for a secret that nobody knows any more."""
        text = self.snippet
        for name, value in {"secret": "SECRET", **values}.items():
            text = text.replace(f"{{{name}}}", value)
        return text


OTHER = Preset("other", _("Another system with OpenID Connect"))
PRESETS = [
    Preset(
        "nextcloud", "Nextcloud", ("{base}/apps/user_oidc/code", "{base}/index.php/apps/user_oidc/code"), ("{base}/",),
        "{base}/index.php/apps/user_oidc/backchannel-logout/intranet", "{base}/apps/user_oidc/login/1", icon="world",
        where=_("App “OpenID Connect user backend” (user_oidc). On the server, as the user of the web server:"),
        snippet="""php occ config:system:set user_oidc use_pkce --type=boolean --value=true
php occ user_oidc:provider intranet \\
  --clientid='{client_id}' --clientsecret='{secret}' \\
  --discoveryuri='{discovery}' \\
  --scope='openid profile email' --unique-uid=0 --mapping-uid=preferred_username \\
  --mapping-display-name=name --mapping-email=email --send-id-token-hint=1
""",
    ),
    Preset(
        "gitlab", "GitLab", ("{base}/users/auth/openid_connect/callback",), ("{base}/",),
        start="{base}/users/sign_in", icon="topology-star-3",
        where=_("/etc/gitlab/gitlab.rb (GitLab 15.9 or newer), then: gitlab-ctl reconfigure"),
        snippet="""gitlab_rails['omniauth_allow_single_sign_on'] = ['openid_connect']
gitlab_rails['omniauth_block_auto_created_users'] = false
gitlab_rails['omniauth_providers'] = [{
  name: 'openid_connect', label: 'Intranet',
  args: {
    name: 'openid_connect', scope: ['openid', 'profile', 'email'], response_type: 'code',
    issuer: '{issuer}', discovery: true, pkce: true, client_auth_method: 'basic',
    uid_field: 'sub',
    client_options: {
      identifier: '{client_id}', secret: '{secret}',
      redirect_uri: '{base}/users/auth/openid_connect/callback'
    }
  }
}]
""",
    ),
    Preset(
        "grafana", "Grafana", ("{base}/login/generic_oauth",), ("{base}/login",), start="{base}/login/generic_oauth",
        scopes=ALL, icon="layout-grid",
        where=_("/etc/grafana/grafana.ini, then restart Grafana"),
        snippet="""[auth.generic_oauth]
enabled = true
name = Intranet
client_id = {client_id}
client_secret = {secret}
scopes = openid profile email organization
auth_url = {issuer}/oauth/authorize/
token_url = {issuer}/oauth/token/
api_url = {issuer}/oauth/userinfo/
use_pkce = true
use_refresh_token = true
login_attribute_path = preferred_username
role_attribute_path = contains(groups[*], 'system_admin') && 'Admin' || 'Viewer'
signout_redirect_url = {issuer}/oauth/end-session/?client_id={client_id}&post_logout_redirect_uri={base}/login
""",
    ),
    Preset(
        "mattermost", "Mattermost",
        ("{base}/signup/openid/complete", "{base}/login/openid/complete"), ("{base}/",),
        start="{base}/oauth/openid/login", icon="message",
        where=_("System console → Authentication → OpenID Connect (Enterprise)"), without_pkce=True,
        snippet="""Discovery Endpoint: {discovery}
Client ID: {client_id}
Client Secret: {secret}
""",
    ),
    Preset(
        "jenkins", "Jenkins", ("{base}/securityRealm/finishLogin",), ("{base}/OicLogout",),
        start="{base}/securityRealm/commenceLogin", icon="tool",
        where=_("Plug-in “OpenId Connect Authentication” (oic-auth). Configuration as code:"),
        snippet="""jenkins:
  securityRealm:
    oic:
      clientId: "{client_id}"
      clientSecret: "{secret}"
      serverConfiguration:
        wellKnown:
          wellKnownOpenIDConfigurationUrl: "{discovery}"
          scopesOverride: "openid profile email"
      userNameField: "preferred_username"
      fullNameFieldName: "name"
      emailFieldName: "email"
      pkceEnabled: true
      logoutFromOpenidProvider: true
""",
    ),
    Preset(
        "wordpress", "WordPress", ("{base}/wp-admin/admin-ajax.php?action=openid-connect-authorize",), ("{base}",),
        start="{base}/wp-login.php", icon="news", without_pkce=True, is_tried=True,
        where=_("Plug-in “OpenID Connect Generic Client”: Settings → OpenID Connect Client, or wp-config.php:"),
        snippet="""// Also: Settings → OpenID Connect Client → Display Name Formatting: {name}
define('OIDC_LOGIN_TYPE', 'auto');
define('OIDC_CLIENT_ID', '{client_id}');
define('OIDC_CLIENT_SECRET', '{secret}');
define('OIDC_CLIENT_SCOPE', 'openid profile email');
define('OIDC_ENDPOINT_LOGIN_URL', '{issuer}/oauth/authorize/');
define('OIDC_ENDPOINT_TOKEN_URL', '{issuer}/oauth/token/');
define('OIDC_ENDPOINT_USERINFO_URL', '{issuer}/oauth/userinfo/');
define('OIDC_ENDPOINT_LOGOUT_URL', '{issuer}/oauth/end-session/');
define('OIDC_REDIRECT_USER_BACK', true);
""",
    ),
    Preset(
        "synapse", "Matrix (Synapse)", ("{base}/_synapse/client/oidc/callback",),
        back_channel="{base}/_synapse/client/oidc/backchannel_logout", icon="message", is_tried=True,
        where=_("homeserver.yaml, then restart Synapse:"),
        snippet="""oidc_providers:
  - idp_id: intranet
    idp_name: Intranet
    issuer: "{issuer}"
    client_id: "{client_id}"
    client_secret: "{secret}"
    pkce_method: always
    scopes: ["openid", "profile", "email"]
    backchannel_logout_enabled: true
    user_mapping_provider:
      config:
        localpart_template: "{{ user.preferred_username }}"
        display_name_template: "{{ user.name }}"
        email_template: "{{ user.email }}"
""",
    ),
    Preset(
        "jupyterhub", "JupyterHub", ("{base}/hub/oauth_callback",), ("{base}/",), start="{base}/hub/oauth_login",
        icon="code", is_tried=True,
        where=_("jupyterhub_config.py (with the package oauthenticator), then restart JupyterHub:"),
        snippet="""c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "{client_id}"
c.GenericOAuthenticator.client_secret = "{secret}"
c.GenericOAuthenticator.oauth_callback_url = "{base}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "{issuer}/oauth/authorize/"
c.GenericOAuthenticator.token_url = "{issuer}/oauth/token/"
c.GenericOAuthenticator.userdata_url = "{issuer}/oauth/userinfo/"
c.GenericOAuthenticator.scope = ["openid", "profile", "email"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.login_service = "Intranet"
c.GenericOAuthenticator.auto_login = True
c.GenericOAuthenticator.allow_all = True  # who may enter is the intranet's rule
# A sign-out from the intranet counts here within a minute; needs JUPYTERHUB_CRYPT_KEY, made by: openssl rand -hex 32
c.GenericOAuthenticator.enable_auth_state = True
c.GenericOAuthenticator.auth_refresh_age = 60
c.GenericOAuthenticator.logout_redirect_url = (
    "{issuer}/oauth/end-session/?client_id={client_id}&post_logout_redirect_uri={base}/"
)
""",
    ),
    Preset(
        "pgadmin", "pgAdmin 4", ("{base}/oauth2/authorize",), ("{base}/login",), start="{base}/login",
        icon="database", is_tried=True, where=_("config_local.py, then restart pgAdmin:"),
        snippet="""AUTHENTICATION_SOURCES = ["oauth2", "internal"]
OAUTH2_AUTO_CREATE_USER = True
OAUTH2_CONFIG = [{
    "OAUTH2_NAME": "intranet",
    "OAUTH2_DISPLAY_NAME": "Intranet",
    "OAUTH2_CLIENT_ID": "{client_id}",
    "OAUTH2_CLIENT_SECRET": "{secret}",
    "OAUTH2_SERVER_METADATA_URL": "{discovery}",
    "OAUTH2_AUTHORIZATION_URL": "{issuer}/oauth/authorize/",
    "OAUTH2_TOKEN_URL": "{issuer}/oauth/token/",
    "OAUTH2_API_BASE_URL": "{issuer}/oauth/",
    "OAUTH2_USERINFO_ENDPOINT": "userinfo/",
    "OAUTH2_SCOPE": "openid profile email",
    "OAUTH2_USERNAME_CLAIM": "preferred_username",
    "OAUTH2_CHALLENGE_METHOD": "S256",
    "OAUTH2_RESPONSE_TYPE": "code",
    "OAUTH2_ICON": "",
    "OAUTH2_BUTTON_COLOR": "#3a5a98",
    "OAUTH2_LOGOUT_URL": "{issuer}/oauth/end-session/?id_token_hint={id_token}&post_logout_redirect_uri={base}/login",
}]
""",
    ),
    Preset(
        "dokuwiki", "DokuWiki", ("{base}/doku.php",), ("{base}/doku.php",), start="{base}/doku.php?do=login",
        icon="notebook", without_pkce=True, is_tried=True,
        where=_("Plug-ins oauth and oauthgeneric; conf/local.php:"),
        snippet="""$conf['authtype'] = 'oauth';
$conf['plugin']['oauth']['register-on-auth'] = 1;
$conf['plugin']['oauth']['singleService'] = 1;
$conf['plugin']['oauthgeneric']['label'] = 'Intranet';
$conf['plugin']['oauthgeneric']['key'] = '{client_id}';
$conf['plugin']['oauthgeneric']['secret'] = '{secret}';
$conf['plugin']['oauthgeneric']['authurl'] = '{issuer}/oauth/authorize/';
$conf['plugin']['oauthgeneric']['tokenurl'] = '{issuer}/oauth/token/';
$conf['plugin']['oauthgeneric']['userurl'] = '{issuer}/oauth/userinfo/';
$conf['plugin']['oauthgeneric']['logouturl'] = '{issuer}/oauth/end-session/';
$conf['plugin']['oauthgeneric']['authmethod'] = 1;
$conf['plugin']['oauthgeneric']['scopes'] = ['openid', 'profile', 'email'];
$conf['plugin']['oauthgeneric']['needs-state'] = 1;
$conf['plugin']['oauthgeneric']['json-user'] = 'preferred_username';
$conf['plugin']['oauthgeneric']['json-name'] = 'name';
$conf['plugin']['oauthgeneric']['json-mail'] = 'email';
""",
    ),
    Preset(
        "moodle", "Moodle", ("{base}/admin/oauth2callback.php",), start="{base}/login/index.php", icon="school",
        without_pkce=True,
        where=_("Site administration → Server → OAuth 2 services → Custom; then switch on the plug-in OAuth 2:"),
        snippet="""Name: Intranet
Client ID: {client_id}
Client secret: {secret}
Authenticate token requests via HTTP headers: yes
Scopes included in a login request: openid profile email
Scopes included in a login request for offline access: openid profile email
Service base URL: {issuer}
Require email verification: no
""",
    ),
    Preset(
        "roundcube", "Roundcube", ("{base}/index.php/login/oauth",), ("{base}/",), icon="mail",
        start="{base}/index.php/login/oauth", scopes=(*BASIC, OPENS_MAILBOXES), without_pkce=True, is_tried=True,
        where=_("config/config.inc.php; the mail server must ask us about tokens (XOAUTH2)"),
        snippet="""$config['oauth_provider'] = 'generic';
$config['oauth_provider_name'] = 'Intranet';
$config['oauth_client_id'] = '{client_id}';
$config['oauth_client_secret'] = '{secret}';
$config['oauth_auth_uri'] = '{issuer}/oauth/authorize/';
$config['oauth_token_uri'] = '{issuer}/oauth/token/';
$config['oauth_identity_uri'] = '{issuer}/oauth/userinfo/';
$config['oauth_scope'] = 'openid profile email mail';
$config['oauth_identity_fields'] = ['email'];
$config['oauth_login_redirect'] = true;
""",
    ),
    *[
        Preset(
            slug, name, ("{base}" + GATEWAY,), start="{base}/", scopes=scopes, icon="lock",
            where=where, is_tried=True,
            snippet="""# nginx, in the server block of the system (https only)
location /.intranet/ {
    proxy_pass {issuer}/oauth/door/;
    proxy_set_header X-Door-System {client_id};
    proxy_set_header X-Door-Key {secret};
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location = /.intranet/check { internal; proxy_pass {issuer}/oauth/door/check;
    proxy_set_header X-Door-System {client_id};
    proxy_set_header X-Door-Key {secret};
    proxy_set_header X-Door-Address $remote_addr;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location / {
    auth_request /.intranet/check;
    auth_request_set $door_user $upstream_http_x_door_user;
    auth_request_set $door_mail $upstream_http_x_door_mail;
    auth_request_set $door_unit $upstream_http_x_door_unit;
    error_page 401 = @sign_in;
    proxy_set_header Remote-User $door_user;
    proxy_set_header Remote-Email $door_mail;
    proxy_set_header Remote-Unit $door_unit;
    proxy_set_header Host $host;
    proxy_pass http://127.0.0.1:8080;   # the system itself, reachable from here only
}
location @sign_in { return 302 /.intranet/start?back=$request_uri; }
"""
            + more,
        )
        for slug, name, scopes, where, more in (
            (
                "zabbix", "Zabbix", BASIC,
                _("nginx before Zabbix; in Zabbix: Users → Authentication → HTTP settings"),
                """
# Zabbix reads REMOTE_USER, and no header. In the Apache that serves it, on 127.0.0.1 only:
#     SetEnvIf Remote-User "^(.+)$" REMOTE_USER=$1
# Where this nginx hands it to PHP, in place of proxy_pass:
#     fastcgi_param REMOTE_USER $door_user;
# Its people must exist in Zabbix, by the names of their accounts here.
""",
            ),
            ("gateway", _("A system without OpenID Connect, behind nginx"), ALL, _("nginx before the system"), ""),
        )
    ],
    Preset(
        "page", _("A page that runs in the browser"), ("{base}/",), ("{base}/",), icon="world", is_public=True,
        is_tried=True, where=_("Script of the page, with openid-client of npm"),
        snippet="""import * as client from "openid-client";

const config = await client.discovery(new URL("{issuer}"), "{client_id}", undefined, client.None());

// to sign in
const verifier = client.randomPKCECodeVerifier(), state = client.randomState();
sessionStorage.asked = JSON.stringify({ verifier, state });
location.href = client.buildAuthorizationUrl(config, {
  redirect_uri: "{base}/", scope: "openid profile email", state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});

// back at {base}/?code=…
const asked = JSON.parse(sessionStorage.asked);
const tokens = await client.authorizationCodeGrant(config, new URL(location.href), {
  pkceCodeVerifier: asked.verifier, expectedState: asked.state,
});
const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
""",
    ),
    OTHER,
]  # fmt: skip
BY_SLUG = {preset.slug: preset for preset in PRESETS}


def preset_of(slug: str) -> Preset:
    return BY_SLUG.get(slug, OTHER)


@cache
def icons() -> frozenset[str]:
    """Return the names of the icons that a tile can have."""
    sprite = Path(finders.find("vendor/icons/sprite.svg")).read_text()
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite))
