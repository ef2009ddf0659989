"""Run a command with a PostgreSQL of its own:  python -m demo.with_postgres pytest"""

import os
import subprocess
import sys

from demo.servers import Postgres, workspace

if __name__ == "__main__":
    with workspace() as folder, Postgres(folder / "postgres") as postgres:
        sys.exit(
            subprocess.run(sys.argv[1:], env={**os.environ, **postgres.environment}, check=False).returncode
        )
