"""One run of a table in a process of its own: the job comes on standard input, the result is the run's folder.

An error that ends the whole table is the last line of standard output, with an exit code of its own.
"""

from __future__ import annotations

import json
import sys

from hakken.bench.attempts.unfinished import FOR_ALL
from hakken.bench.scientist.grid import Job
from hakken.bench.scientist.running import ENDS_TABLE, packed, run_here


def main() -> None:
    """Make the run."""
    asked = json.load(sys.stdin)
    try:
        run_here(Job.model_validate(asked["job"]), executor=asked["executor"])
    except FOR_ALL as error:
        sys.stdout.write(f"{packed(error)}\n")
        sys.exit(ENDS_TABLE)


if __name__ == "__main__":
    main()
