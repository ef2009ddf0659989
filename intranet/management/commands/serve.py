"""The whole suite as one service."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from intranet import service
from intranet.clock import keep_time
from intranet.worker import work


class Command(BaseCommand):
    help = "Serve pages and sockets and do the background work, until SIGTERM."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="of the pages")
        parser.add_argument(
            "--sockets-port", type=int, default=8001, help="of /ws/; without Redis the pages' port serves it"
        )
        parser.add_argument("--workers", type=int, default=2, help="processes that serve pages")
        parser.add_argument("--threads", type=int, default=8, help="of each of them")
        parser.add_argument("--without", nargs="*", default=[], metavar="PART", help="leave these parts out")

    def handle(self, *, host, port, sockets_port, workers, threads, without, **options):
        parts = {
            "jobs": work,
            "timers": keep_time,
        }
        if settings.LDAP_URLS:
            parts["directory"] = service.command("follow_directory")
        if settings.REDIS_URL:
            parts["pages"] = service.web(
                "wsgi", "intranet.wsgi", host, port, workers=workers, blocking_threads=threads
            )
            parts["sockets"] = service.web("asginl", "intranet.asgi", host, sockets_port)
        else:  # one process, so that notices and the cache need nothing between processes
            parts["pages"] = service.web("asginl", "intranet.asgi", host, port)
        unknown = set(without) - set(parts)
        if unknown:
            raise CommandError(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(parts)}.")
        service.load()
        try:
            service.run({name: part for name, part in parts.items() if name not in without})
        except service.GaveUp as error:
            raise CommandError(str(error)) from None
