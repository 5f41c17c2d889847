"""Answer every step that asks a model with thousands of malformed, hostile and cut-off replies.

    python benchmarks/reply_fuzz.py --replies 10000

Each step runs as the pipeline calls it, with what comes after its answer (code is read, checked and taken apart; prose
is printed as Markdown, HTML, LaTeX and a PDF). A fault is an exception that leaves the step, a reply that is not in
the record, a change outside of what may be changed, a file read or written outside, or markup of the reply that works
in the paper. Equal seeds give equal replies.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.recovery.ground import bombard, prepare_ground
from tests.recovery.steps import steps


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replies", type=int, default=10_000, help="for each step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", nargs="*", choices=list(steps()), default=list(steps()), help="these, in this order")
    args = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, seed {args.seed}\n")
    print("| step | replies | in the record | uses that ended well | refused | papers printed | faults | s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        ground = prepare_ground(Path(name))
        for title in args.steps:
            begun = time.monotonic()
            r = bombard(title, steps()[title], ground, args.replies, args.seed)
            counts = (r.replies, r.recorded, r.accepted, r.refused, r.papers, len(r.faults))
            print(f"| {title} | {' | '.join(map(str, counts))} | {time.monotonic() - begun:.0f} |", flush=True)
            faults += r.faults
    for fault in faults:
        print(f"- {fault}")
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
