"""Apache with mod_auth_openidc: a system of somebody else, in C, that signs people in by OpenID Connect."""

from pathlib import Path

from demo.servers.process import Server, ServerFailed, find_program

MODULES = Path("/usr/lib/apache2/modules")
CONFIGURATION = """
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/apache.pid
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
LogLevel warn auth_openidc:debug
{modules}
Mutex file:{folder} default
DocumentRoot {folder}/site

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID            {client_id}
OIDCClientSecret        {secret}
OIDCRedirectURI         http://127.0.0.1:{port}/protected/callback
OIDCScope               "openid profile email"
OIDCPKCEMethod          S256
OIDCCryptoPassphrase    {secret}
OIDCRemoteUserClaim     preferred_username
OIDCDefaultLoggedOutURL http://127.0.0.1:{port}/
OIDCCacheType           file
OIDCCacheDir            {folder}/cache
OIDCSSLValidateServer   Off
<Location /protected>
    AuthType openid-connect
    Require valid-user
</Location>
"""
LOADED = (
    "mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc",
)  # fmt: skip


class Apache(Server):
    name = "apache"

    def __init__(
        self, folder: Path, issuer: str, client_id: str = "", secret: str = "", *, port: int | None = None
    ):
        super().__init__(folder, port=port)
        self.issuer, self.client_id, self.secret = issuer, client_id, secret
        self.url = f"http://127.0.0.1:{self.port}"
        if not (MODULES / "mod_auth_openidc.so").exists():
            raise ServerFailed(
                "mod_auth_openidc is not installed. `make run` and `make test` install what they need."
            )

    def prepare(self) -> None:
        for name in ("site", "site/protected", "cache"):
            folder = self.folder / name
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777 if name == "cache" else 0o755)
        for name, text in (("site/index.html", "outside"), ("site/protected/index.html", "inside")):
            self.write(name, text)
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
        facts = {"folder": self.folder, "port": self.port, "issuer": self.issuer, "modules": modules}
        self.write("apache.conf", CONFIGURATION.format(client_id=self.client_id, secret=self.secret, **facts))

    def command(self) -> list[str]:
        return [find_program("apache2"), "-f", str(self.folder / "apache.conf"), "-D", "FOREGROUND"]
