"""Takes messages of the ministry's people by SMTP and hands them to Dovecot's LMTP.

    python -m demo.handover <settings.json>      the settings that demo/servers/handover.py writes

Mail never leaves the machine. Who sends signs in with the mail token (XOAUTH2, OAUTHBEARER) or, from a
desktop program, with the password (PLAIN, LOGIN), and sends only under the own address.
"""

import asyncio
import json
import logging
import signal
import smtplib
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import SMTP as SMTP_POLICY
from email.utils import getaddresses
from imaplib import IMAP4
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

HOST = "127.0.0.1"
SIZE_LIMIT_BYTES = 40 * 1024 * 1024  # files of 25 MB, in base64
REFUSED = AuthResult(success=False, handled=False)
log = logging.getLogger("handover")


@dataclass(frozen=True)
class Settings:
    port: int
    imap_port: int
    lmtp_port: int
    domain: str
    introspection_url: str = ""
    client_id: str = ""
    client_secret: str = ""


class Handover:
    """What aiosmtpd asks at each step; the answers are SMTP replies (RFC 5321, RFC 3463)."""

    def __init__(self, settings: Settings):
        self.settings = settings

    # --- signing in ---

    async def auth_XOAUTH2(self, server, args):
        """``user=… ^A auth=Bearer …`` (Google, Microsoft)."""
        return await self.sign_in_by_token(server, args)

    async def auth_OAUTHBEARER(self, server, args):
        """RFC 7628: the same with a GS2 header before it."""
        return await self.sign_in_by_token(server, args)

    async def sign_in_by_token(self, server, args) -> AuthResult:
        answer = args[1] if len(args) > 1 else await server.challenge_auth("")
        if answer is MISSING:  # the reply is sent
            return AuthResult(success=False, handled=True)
        try:
            answer = b64decode(answer, validate=True) if isinstance(answer, str) else answer
        except ValueError:
            return REFUSED
        fields = answer.decode(errors="replace").split("\x01")
        tokens = [field[len("auth=Bearer ") :] for field in fields if field.startswith("auth=Bearer ")]
        claimed = [field[len("user=") :] for field in fields if field.startswith("user=")]
        claimed += [field[len("n,a=") :].rstrip(",") for field in fields if field.startswith("n,a=")]
        account = await asyncio.to_thread(self.owner, tokens[0]) if tokens else None
        if account is None or any(self.account(name) != account for name in claimed if name):
            return REFUSED
        return accepted(account)

    def owner(self, token: str) -> str | None:
        """The account a mail token was given to (RFC 7662), None when it opens no mailbox."""
        settings = self.settings
        login = b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
        question = Request(  # noqa: S310 (the address is our own)
            settings.introspection_url,
            data=urlencode({"token": token}).encode(),
            headers={"Authorization": f"Basic {login}"},
        )
        try:
            with urlopen(question, timeout=5) as answer:  # noqa: S310
                facts = json.load(answer)
        except (OSError, ValueError) as error:
            log.error("Introspection failed: %s", error)
            return None
        if facts.get("active") is not True or "mail" not in facts.get("scope", "").split():
            return None
        return self.account(facts.get("username", "")) or None

    def sign_in_by_password(self, server, session, envelope, mechanism, login) -> AuthResult:
        """The check of PLAIN and LOGIN: who may open the mailbox may send."""
        account = self.account(login.login.decode(errors="replace"))
        return (
            accepted(account)
            if self.opens_mailbox(account, login.password.decode(errors="replace"))
            else REFUSED
        )

    def opens_mailbox(self, account: str, password: str) -> bool:
        try:
            with IMAP4(HOST, self.settings.imap_port, timeout=5) as imap:
                imap.login(account, password)
        except (IMAP4.error, OSError, UnicodeError):
            return False
        return True

    # --- a message ---

    async def handle_MAIL(self, server, session, envelope, address, options):
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if not self.is_own(session, address):
            return "550 5.7.1 Sender address is not yours"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.rpartition("@")[2].lower() != self.settings.domain:
            return "550 5.7.1 Mail stays inside the ministry; no delivery to other domains"
        try:
            code, text = await asyncio.to_thread(self.ask_recipient, address)
        except (OSError, smtplib.SMTPException):
            return "451 4.4.1 The mail server does not answer, try again later"
        if code != 250:
            return f"{code} {text}"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        headers = BytesHeaderParser(policy=SMTP_POLICY).parsebytes(envelope.content)
        senders = [
            address for _, address in getaddresses([str(value) for value in headers.get_all("From", [])])
        ]
        if not senders or not all(self.is_own(session, address) for address in senders):
            return "550 5.7.1 The From address is not yours"
        try:
            refused = await asyncio.to_thread(self.deliver, envelope)
        except (OSError, smtplib.SMTPException) as error:
            log.error("LMTP failed: %s", error)
            return "451 4.4.1 The mail server does not answer, try again later"
        log.info("%s to %s: %s", envelope.mail_from, ", ".join(envelope.rcpt_tos), refused or "delivered")
        if len(refused) == len(envelope.rcpt_tos):
            return next(iter(refused.values()))
        return "250 2.0.0 Delivered"

    def ask_recipient(self, address: str) -> tuple[int, str]:
        with self.lmtp() as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            lmtp.mail("")
            code, text = lmtp.rcpt(address)
        return code, text.decode(errors="replace").replace("\n", " ")

    def deliver(self, envelope) -> dict[str, str]:
        """Deliver to each recipient on its own: LMTP answers per recipient. Returns the refusals."""
        refused = {}
        with self.lmtp() as lmtp:
            for address in dict.fromkeys(envelope.rcpt_tos):
                try:
                    lmtp.sendmail(envelope.mail_from, [address], envelope.content)
                except smtplib.SMTPResponseException as error:
                    refused[address] = f"{error.smtp_code} {error.smtp_error.decode(errors='replace')}"
                except smtplib.SMTPRecipientsRefused as error:
                    code, text = error.recipients[address]
                    refused[address] = f"{code} {text.decode(errors='replace')}"
        return refused

    def lmtp(self) -> smtplib.LMTP:
        return smtplib.LMTP(HOST, self.settings.lmtp_port, timeout=30)

    # --- whose ---

    def account(self, name: str) -> str:
        """``AnhNV@<our domain>`` and ``anhnv`` are the account ``anhnv``; a foreign address is none."""
        account, _, domain = name.strip().lower().partition("@")
        return account if domain in ("", self.settings.domain) else ""

    def is_own(self, session, address: str) -> bool:
        return address.lower() == f"{session.login_data.decode()}@{self.settings.domain}"


def accepted(account: str) -> AuthResult:
    return AuthResult(success=True, auth_data=LoginPassword(account.encode(), b""))


class Connection(SMTP):
    """One client. Passwords and tokens travel in clear: it listens on the loopback only."""

    line_length_limit = 16384  # a token may be long

    def __init__(self, handover: Handover):
        super().__init__(
            handover,
            hostname=f"mail.{handover.settings.domain}",
            ident="hand-over",
            data_size_limit=SIZE_LIMIT_BYTES,
            auth_require_tls=False,
            authenticator=handover.sign_in_by_password,
        )
        self.command_size_limits["AUTH"] = self.line_length_limit


async def main(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    handover = Handover(settings)
    async with await loop.create_server(lambda: Connection(handover), HOST, settings.port):
        await stopped.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    log.setLevel(logging.INFO)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with open(sys.argv[1], encoding="utf-8") as file:
        asyncio.run(main(Settings(**json.load(file))))
