"""Redis, keeping nothing on disk."""

import socket
from pathlib import Path

from demo.servers.process import HOST, Server, find_program


class Redis(Server):
    name = "redis"

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.url = f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        program = find_program("redis-server")
        options = {
            "port": str(self.port),
            "bind": HOST,
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
        }
        return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]

    def is_ready(self) -> bool:
        with socket.create_connection((HOST, self.port), timeout=1) as sock:
            sock.sendall(b"PING\r\n")
            return sock.recv(16).startswith(b"+PONG")

    @property
    def environment(self) -> dict[str, str]:
        return {"INTRANET_REDIS_URL": self.url}
