"""OpenLDAP with the demo ministry in it."""

import secrets
from pathlib import Path
from shutil import rmtree
from string import Template

from demo import directory
from demo.servers.certificates import make_certificates
from demo.servers.process import HOST, Server, find_program, free_port, make_folder

SCHEMAS = ("/etc/ldap/schema", "/etc/openldap/schema")
MODULES = ("/usr/lib/ldap", "/usr/lib64/openldap")
OWN_SCHEMA = Path(directory.__file__).parent / "schema" / "intranet.schema"


class Slapd(Server):
    """Starts with the whole ministry; with ``ldif``, with those entries below the base instead.

    ``tls=True`` adds ldaps:// and StartTLS with a certificate of a CA made for it (``ca_file``).
    """

    name = "slapd"
    suffix = directory.SUFFIX
    bind_dn = directory.SERVICE
    admin_dn = f"cn=admin,{directory.SUFFIX}"

    def __init__(self, folder: Path, *, ldif: str | None = None, tls: bool = False):
        super().__init__(folder)
        self.ldif = ldif
        self.tls_port = free_port() if tls else None
        self.url = f"ldap://{HOST}:{self.port}"
        self.tls_url = f"ldaps://{HOST}:{self.tls_port}" if tls else ""
        self.ca_file = self.folder / "ca.pem"

    def prepare(self) -> None:
        self.bind_password = self.secret("intranet.password")
        self.admin_password = self.secret("admin.password")
        if self.tls_port and not self.ca_file.exists():
            make_certificates(self)
        self.write("intranet.schema", OWN_SCHEMA.read_text(encoding="utf-8"))
        self.write("slapd.conf", self.config())
        if (self.folder / "data" / "loaded").exists():
            return
        self.load()

    def config(self) -> str:
        tls = "TLSCertificateFile server.pem\nTLSCertificateKeyFile server.key\nTLSCACertificateFile ca.pem"
        return Template((Path(__file__).parent / "slapd.conf").read_text(encoding="utf-8")).substitute(
            schemas=first_folder(SCHEMAS),
            modules=first_folder(MODULES),
            suffix=self.suffix,
            service=self.bind_dn,
            policy=directory.POLICY,
            admin_dn=self.admin_dn,
            admin_password=self.admin_password,
            tls=tls if self.tls_port else "",
        )

    def load(self) -> None:
        """Fill an empty database offline, which takes a second; over the network it would be a minute."""
        data = self.folder / "data"
        rmtree(data, ignore_errors=True)
        make_folder(data)
        if self.ldif is None:
            text = directory.ldif(self.bind_password)
        else:
            text = f"{directory.base(self.bind_password)}\n{self.ldif}"
        source = self.write("directory.ldif", text)
        self.run(find_program("slapadd"), "-q", "-w", "-f", "slapd.conf", "-b", self.suffix, "-l", source)
        source.unlink()
        self.write("data/loaded", "")

    def command(self) -> list[str]:
        urls = [self.url, *filter(None, [self.tls_url])]
        return [find_program("slapd"), "-f", "slapd.conf", "-h", " ".join(urls), "-d", "0"]

    def secret(self, name: str) -> str:
        path = self.folder / name
        if not path.exists():
            self.write(name, secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "INTRANET_LDAP_URL": self.url,
            "INTRANET_LDAP_BASE": self.suffix,
            "INTRANET_LDAP_BIND_DN": self.bind_dn,
            "INTRANET_LDAP_BIND_PASSWORD": self.bind_password,
        }


def first_folder(folders: tuple[str, ...]) -> str:
    """The one that this distribution has."""
    return next(folder for folder in folders if Path(folder).is_dir())
