"""`make reset`: throw away what `make run` has made. The next start begins afresh."""

import sys
from shutil import rmtree

from demo import state
from demo.run import only_one
from demo.servers import ServerFailed, remove_state_folder


def main() -> int:
    try:
        with only_one():
            remove_state_folder(state.var() / "servers")
            for path in (*state.var().glob("db.sqlite3*"), *(state.var() / name for name in PARTS)):
                if path.is_dir():
                    rmtree(path)
                else:
                    path.unlink(missing_ok=True)
    except ServerFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print("The demo's data is removed; `make run` starts afresh.")
    return 0


PARTS = ("demo", "keys", "log", "media", "private", "static", "secret_key")

if __name__ == "__main__":
    sys.exit(main())
