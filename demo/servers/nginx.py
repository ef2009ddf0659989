"""nginx before a system that knows no sign-in, as docs/connecting-a-system.md says."""

from pathlib import Path

from demo.servers.process import Server, find_program

FRAME = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; {site} }}
}}
"""


class Nginx(Server):
    name = "nginx"

    def __init__(self, folder: Path, site: str, *, port: int | None = None):
        super().__init__(folder, port=port)
        self.site = site

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.write("nginx.conf", FRAME.format(folder=self.folder, port=self.port, site=self.site))

    def command(self) -> list[str]:
        return [
            find_program("nginx"),
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            "stderr",
        ]
