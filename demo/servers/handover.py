"""The demo's outgoing mail: an SMTP server that delivers into Dovecot. See demo/handover.py."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from demo import handover
from demo.people import DOMAIN
from demo.servers.dovecot import Dovecot
from demo.servers.process import HOST, Server

PROJECT = Path(handover.__file__).parent.parent


class Handover(Server):
    """Asks the same introspection endpoint as its Dovecot. Our own code, so it runs as who starts it."""

    name = "handover"
    unprivileged = False

    def __init__(self, folder: Path, dovecot: Dovecot):
        super().__init__(folder)
        self.dovecot = dovecot
        self.url = f"smtp://{HOST}:{self.port}"

    def prepare(self) -> None:
        asked = self.dovecot.introspection
        settings = handover.Settings(
            port=self.port,
            imap_port=self.dovecot.port,
            lmtp_port=self.dovecot.lmtp_port,
            domain=DOMAIN,
            introspection_url=asked.url if asked else "",
            client_id=asked.client_id if asked else "",
            client_secret=asked.client_secret if asked else "",
        )
        self.write("settings.json", json.dumps(asdict(settings)))

    def command(self) -> list[str]:
        return [sys.executable, "-m", "demo.handover", str(self.folder / "settings.json")]

    def process_environment(self) -> dict[str, str]:
        return {**super().process_environment(), "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}

    @property
    def environment(self) -> dict[str, str]:
        return {"INTRANET_SMTP_URL": self.url}
