"""PostgreSQL for tests and benches: a cluster that need not survive the machine's fall."""

import signal
from pathlib import Path

import psycopg

from demo.servers.process import HOST, Server, find_program, make_folder

CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 10s
shared_buffers = 128MB
timezone = 'UTC'
"""


class Postgres(Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # SIGTERM waits for the clients to leave
    start_seconds = 60.0

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.url = f"postgres://intranet@{HOST}:{self.port}/postgres"

    def prepare(self) -> None:
        cluster = self.folder / "cluster"
        if not (cluster / "PG_VERSION").exists():
            make_folder(cluster)
            self.run(
                self.program("initdb"), "--pgdata", cluster, "--username=intranet", "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
        # The path of a socket may have 107 characters.
        sockets = self.folder if len(str(self.folder)) < 80 else ""
        text = CONFIG.format(host=HOST, port=self.port, sockets=sockets)
        self.write("cluster/postgresql.auto.conf", text)

    def command(self) -> list[str]:
        return [self.program("postgres"), "-D", str(self.folder / "cluster")]

    def program(self, name: str) -> str:
        versions = sorted(
            Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name)
        )
        return find_program(name, *map(str, versions))

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def environment(self) -> dict[str, str]:
        return {"INTRANET_DATABASE_URL": self.url}
