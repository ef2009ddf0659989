"""Small servers of the tests, in a thread beside them."""

import threading
from contextlib import contextmanager


def serve(server) -> None:
    """Let ``server`` answer until its ``shutdown()``, which it hears of at once: the usual half second adds up."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@contextmanager
def served(server):
    """As ``serve``, until the end of the block."""
    serve(server)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
