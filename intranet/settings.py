"""The one settings module. Every choice of an installation is an INTRANET_… variable, see the README."""

from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import ldap
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from django_auth_ldap.config import LDAPSearch

from intranet import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR", str(BASE_DIR / "var")))

DEBUG = env.flag("DEBUG")
IS_DEMO = env.flag("DEMO")
SECRET_KEY = env.text("SECRET_KEY") or env.secret_file(VAR_DIR / "secret_key", get_random_secret_key)
# Those of before: what they have signed (sessions, links, seals of the record) is good for as long as they are named.
SECRET_KEY_FALLBACKS = env.text("SECRET_KEY_FALLBACKS").split()
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS") or [urlsplit(BASE_URL).hostname, "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- what is installed -------------------------------------------------------------------------

OUR_APPS = ["mail", "calendar", "tasks", "documents", "news"]
APPS_OFF = env.items("APPS_OFF")
PLUGINS_FROM_ELSEWHERE = list(entry_points(group="intranet.plugins"))

INSTALLED_APPS = [
    *[f"apps.{name}" for name in OUR_APPS if name not in APPS_OFF],
    *[point.value for point in PLUGINS_FROM_ELSEWHERE if point.name not in APPS_OFF],
    *(["demo"] if IS_DEMO else []),
    "intranet",
    "django.contrib.auth",  # before sso, which takes back a signal of it
    "sso",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "oauth2_provider",
    "channels",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sso.middleware.ProgramsMiddleware",
    "sso.middleware.PopupMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "intranet.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sso.middleware.OurSessionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "sso.middleware.PersonMiddleware",
    "intranet.middleware.LanguageMiddleware",
    "intranet.middleware.DoorMiddleware",
    "intranet.middleware.ForgetMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "intranet.urls"
WSGI_APPLICATION = "intranet.wsgi.application"
ASGI_APPLICATION = "intranet.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "intranet.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "intranet.templatetags.ui",
            ],
        },
    },
]

# --- where data lives ---------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["ENGINE"] = "intranet.postgresql"
    # A server that is gone without a word is given up in seconds; the system would wait for a quarter of an hour.
    given_up = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "keepalives_idle": 10}
    given_up |= {"keepalives_interval": 5, "keepalives_count": 3}
    DATABASES["default"]["OPTIONS"] = given_up | DATABASES["default"].get("OPTIONS", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Drawn parts of pages whose key says all that they depend on; each process draws its own.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "process",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "REDIS_CLIENT_CLASS": "intranet.redis.PatientRedis",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            "IGNORE_EXCEPTIONS": True,
        },
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
SESSION_ENGINE = "sso.session_store"
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "urgent"]}}

MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
PRIVATE_ROOT = VAR_DIR / "private"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "intranet.static_files.StaticFiles"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_MAX_BYTES = 25 * 1024 * 1024
X_ACCEL_PREFIX = env.text("X_ACCEL_PREFIX")  # nginx location of PRIVATE_ROOT, "" when we send files ourselves

HOME_KEPT_SECONDS = env.number("HOME_KEPT_SECONDS", 30)  # how long a drawn home page serves its person

# --- search ------------------------------------------------------------------------------------

WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": env.text("SEARCH_BACKEND", "modelsearch.backends.database")}}

# --- languages and times -----------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
TIME_ZONE = "Asia/Ho_Chi_Minh"
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
USE_TZ = True
FORMAT_MODULE_PATH = "intranet.formats"
LOCALE_PATHS = [BASE_DIR / "intranet" / "locale_wagtail"]  # what Wagtail's own Vietnamese lacks
LANGUAGE_COOKIE_HTTPONLY = True

# --- identity ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "sso.User"
AUTHENTICATION_BACKENDS = ["sso.backends.DirectoryBackend", "sso.backends.PasskeyBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAILUSERS_PASSWORD_ENABLED = False

ACCOUNT_ADAPTER = "sso.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "sso.forms.sign_in.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": "10/5m/user"}
# The second step: whose duty it is, and how many days are left from when they first read so.
MFA_DUTY = env.days("MFA_DUTY", "system_admin:14")
MFA_ADAPTER = "sso.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # phones whose clock is half a minute wrong
MFA_RECOVERY_CODE_DIGITS = 10
# Encrypts what makes codes of authenticator apps; several, parted by spaces: the first one encrypts.
FACTOR_KEYS = (
    env.text("FACTOR_KEYS") or env.secret_file(VAR_DIR / "keys" / "factors.key", env.fernet_key)
).split()
# Passkeys belong to a host name, so an address of numbers has none: on this machine that is localhost.
PASSKEY_HOST = env.host_name(urlsplit(BASE_URL).hostname)
# Wrong passwords in five minutes: per account and address, per account, per address. The limit per account
# stays below the directory's own (pwdMaxFailure), so that no web form can lock a mailbox; a whole ministry may
# share one address.
SIGN_IN_TRIES = {"pair": 5, "account": 8, "address": 100}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("PROXIES", 0)

LDAP_URLS = env.text("LDAP_URL").replace(",", " ").split()  # asked in this order
LDAP_BASE = env.text("LDAP_BASE", "dc=mic,dc=example")
LDAP_CA_FILE = env.text("LDAP_CA_FILE")
DIRECTORY_SECONDS = env.number("DIRECTORY_SECONDS", 60)  # between readings of one that tells no changes
AUTH_LDAP_BIND_DN = env.text("LDAP_BIND_DN")
AUTH_LDAP_BIND_PASSWORD = env.text("LDAP_BIND_PASSWORD")
AUTH_LDAP_START_TLS = env.flag("LDAP_START_TLS")
AUTH_LDAP_USER_SEARCH = LDAPSearch(
    LDAP_BASE,
    ldap.SCOPE_SUBTREE,
    "(&(objectClass=inetOrgPerson)(|(uid=%(user)s)(mail=%(user)s)))",
    ["entryUUID"],
)
AUTH_LDAP_CONNECTION_OPTIONS = {
    ldap.OPT_REFERRALS: 0,
    ldap.OPT_NETWORK_TIMEOUT: env.number("LDAP_TIMEOUT", 3),
    ldap.OPT_TIMEOUT: env.number("LDAP_TIMEOUT", 3),
    ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
    **({ldap.OPT_X_TLS_CACERTFILE: LDAP_CA_FILE} if LDAP_CA_FILE else {}),
    ldap.OPT_X_TLS_NEWCTX: 0,  # puts the TLS options before it in force
}

SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_NAME = ("__Host-" if IS_HTTPS else "") + "session"
CSRF_COOKIE_NAME = ("__Host-" if IS_HTTPS else "") + "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "intranet.views.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_SSL_REDIRECT = False
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other hosts of the domain are not ours to decide
    "security.W008",  # nginx sends on from http
    "security.W019",  # Wagtail's editor shows its preview in a frame
    "security.W021",  # the same as W005
    "oauth2_provider.W008",  # http is taken for loopback only (sso.forms.addresses)
]

OAUTH2_PROVIDER_APPLICATION_MODEL = "sso.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "sso.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "sso.AccessToken"  # noqa: S105 (a model's name)
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "sso.RefreshToken"  # noqa: S105 (a model's name)
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "sso.IDToken"  # noqa: S105 (a model's name)
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "sso.DeviceGrant"
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": BASE_URL,
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    "CLIENT_SECRET_HASHER": "long_sha256",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
    "ID_TOKEN_EXPIRE_SECONDS": 300,
    "REFRESH_TOKEN_EXPIRE_SECONDS": int(timedelta(hours=8).total_seconds()),
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"],  # sso.forms.addresses takes http for loopback only
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
}
MIGRATION_MODULES = {"oauth2_provider": None}  # each of its tables is swapped for one of ours
SESSION_TOKENS_AGE = timedelta(hours=12)  # no refreshed token outlives the sign-in by more
KEYS_SIGN_FOR = timedelta(days=env.number("KEY_DAYS", 90))
# Encrypts the keys that sign tokens; several, parted by spaces: the first one encrypts.
SEALING_KEYS = (
    env.text("SEALING_KEYS") or env.secret_file(VAR_DIR / "keys" / "sealing.key", env.fernet_key)
).split()
# Makes the names ("sub") by which systems of one group know people, and no other system does.
SUBJECT_KEY = env.text("SUBJECT_KEY") or env.secret_file(
    VAR_DIR / "keys" / "subject.key", get_random_secret_key
)
# The newest seal of the record, noted outside the database: who owns that cannot have the record sealed anew unseen.
AUDIT_ANCHOR = VAR_DIR / "keys" / "audit.anchor"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "sso.hashers.LongSecretHasher",  # of registered systems' secrets, which are long and random
]

# --- content policy ----------------------------------------------------------------------------

SOCKETS_PORT = env.text("SOCKETS_PORT")  # set when a process of its own serves sockets without a proxy
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF, *([f"ws://*:{SOCKETS_PORT}"] if SOCKETS_PORT else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# --- calendar ----------------------------------------------------------------------------------

CALENDAR_OFFICE = env.text("CALENDAR_OFFICE", "VP")  # code of the unit that keeps the leaders' calendar

# --- mail server -------------------------------------------------------------------------------

MAIL_IMAP_URL = env.text("IMAP_URL")
MAIL_SMTP_URL = env.text("SMTP_URL")
MAIL_DOMAIN = env.text("MAIL_DOMAIN", "mic.example")
MAIL_IDLE_SECONDS = env.number("MAIL_IDLE_SECONDS", 300)  # how long a mailbox connection is kept unused
MAIL_CONNECTIONS = env.number("MAIL_CONNECTIONS", 200)  # how many mailbox connections a process keeps unused
# How many mailboxes a process may be opening at once: at most half of its threads that serve pages, because the mail
# server asks this process about each token meanwhile.
MAIL_OPENINGS = env.number("MAIL_OPENINGS", 8)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = f"intranet@{MAIL_DOMAIN}"

# --- Wagtail -----------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = env.text("SITE_NAME", "Bộ Thông tin và Truyền thông")
SITE_NAME_EN = env.text("SITE_NAME_EN") or WAGTAIL_SITE_NAME
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_I18N_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILEMBEDS_FINDERS = []

# --- logs --------------------------------------------------------------------------------------

LOGGING = logs.configuration(env.text("LOG_LEVEL", "WARNING").upper())
