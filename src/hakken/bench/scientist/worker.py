"""One run of a table in a process of its own: the job comes on standard input, the result is the run's folder."""

from __future__ import annotations

import json
import sys

from hakken.bench.scientist.grid import Job
from hakken.bench.scientist.running import run_here


def main() -> None:
    """Make the run."""
    asked = json.load(sys.stdin)
    run_here(Job.model_validate(asked["job"]), executor=asked["executor"])


if __name__ == "__main__":
    main()
