"""Dovecot: IMAP, LMTP and ManageSieve. slapd checks passwords, our introspection endpoint checks tokens."""

import grp
from dataclasses import dataclass
from hashlib import sha256
from imaplib import IMAP4
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

from demo.people import DOMAIN
from demo.servers.process import HOST, Server, account, find_program, free_port, group, make_folder
from demo.servers.slapd import Slapd

LDAP = """\
uris = $url
base = ou=people,$base
dn = $bind_dn
dnpass = $bind_password
auth_bind = yes
auth_bind_userdn = uid=%n,ou=people,$base
user_attrs = =home=$folder/mail/%Ln
user_filter = (&(objectClass=inetOrgPerson)(uid=%n))
iterate_attrs = uid=user
iterate_filter = (objectClass=inetOrgPerson)
"""

OAUTH2 = """\
introspection_mode = post
introspection_url = $url
active_attribute = active
active_value = true
scope = mail
username_attribute = username
username_format = %Ln
timeout_msecs = 5000
"""

# Finds words without their accents, if the package dovecot-fts-xapian is there. Two letters are a word: họ, Lê, số.
SEARCH_PLUGIN = ("/usr/lib/dovecot/modules", "/usr/lib64/dovecot")
SEARCH = """\
  fts = xapian
  fts_xapian = partial=2 full=20
  fts_autoindex = yes
"""


# Mailboxes that people share with one another (RFC 4314); the demo's own do not.
SHARED = """\
namespace {
  type = shared
  separator = /
  prefix = shared/%%u/
  location = sdbox:$folder/mail/%%u/dbox
  subscriptions = no
  list = children
}
"""
RIGHTS = """\
  acl = vfile
  acl_shared_dict = file:$folder/state/shared-mailboxes
"""


def has_search_plugin() -> bool:
    return any(Path(place, "lib21_fts_xapian_plugin.so").exists() for place in SEARCH_PLUGIN)


@dataclass(frozen=True)
class Introspection:
    """Where a token is asked about (RFC 7662), and the client that asks."""

    url: str
    client_id: str
    client_secret: str

    @property
    def url_with_credentials(self) -> str:
        parts = urlsplit(self.url)
        login = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        return parts._replace(netloc=f"{login}@{parts.netloc}").geturl()


class Dovecot(Server):
    """``introspection`` is where tokens are checked; without it only passwords open a mailbox.

    ``search`` says whether words are found without their accents; if not given, whether the package is there.
    ``shares`` lets people share mailboxes.
    """

    name = "dovecot"
    storage = "2G"  # how much one mailbox may hold

    def __init__(
        self,
        folder: Path,
        slapd: Slapd,
        introspection: Introspection | None = None,
        *,
        search: bool | None = None,
        shares: bool = False,
    ):
        super().__init__(folder)
        self.slapd = slapd
        self.introspection = introspection
        self.has_search = has_search_plugin() if search is None else search
        self.shares = shares
        self.lmtp_port = free_port()
        self.sieve_port = free_port()
        self.url = f"imap://{HOST}:{self.port}"

    def prepare(self) -> None:
        make_folder(self.folder / "run", 0o755)
        make_folder(self.folder / "state")
        make_folder(self.folder / "mail")
        config = (Path(__file__).parent / "dovecot.conf").read_text(encoding="utf-8")
        self.write(
            "dovecot.conf",
            Template(config).substitute(
                folder=self.folder,
                host=HOST,
                user=account(),
                group=grp.getgrgid(group()).gr_name,
                domain=DOMAIN,
                # A short name of its own: Dovecot keeps a list of instances by name.
                instance=f"intranet-{sha256(str(self.folder).encode()).hexdigest()[:8]}",
                imap_port=self.port,
                lmtp_port=self.lmtp_port,
                sieve_port=self.sieve_port,
                storage=self.storage,
                sharing_plugins=" acl" if self.shares else "",
                sharing_protocol=" acl imap_acl" if self.shares else "",
                sharing_namespace=Template(SHARED).substitute(folder=self.folder) if self.shares else "",
                sharing_settings=Template(RIGHTS).substitute(folder=self.folder) if self.shares else "",
                search_plugins=" fts fts_xapian" if self.has_search else "",
                search_settings=SEARCH if self.has_search else "",
                search_capability="  imap_capability = +SEARCH=FUZZY\n" if self.has_search else "",
            ),
        )
        slapd = self.slapd
        self.write(
            "ldap.conf",
            Template(LDAP).substitute(
                url=slapd.url,
                base=slapd.suffix,
                bind_dn=slapd.bind_dn,
                bind_password=slapd.bind_password,
                folder=self.folder,
            ),
        )
        # Without an endpoint every token is refused: nothing listens on port 1.
        asked = self.introspection or Introspection(f"http://{HOST}:1/", "none", "none")
        self.write("oauth2.conf", Template(OAUTH2).substitute(url=asked.url_with_credentials))

    def command(self) -> list[str]:
        return [find_program("dovecot"), "-F", "-c", str(self.folder / "dovecot.conf")]

    def is_ready(self) -> bool:
        try:
            IMAP4(HOST, self.port, timeout=5).logout()
        except IMAP4.error:  # greets before its sign-in service is up
            return False
        return True

    @property
    def environment(self) -> dict[str, str]:
        return {
            "INTRANET_IMAP_URL": self.url,
            "INTRANET_MAIL_DOMAIN": DOMAIN,
        }
