"""What one sandboxed command costs over the bare process: ``python benchmarks/sandbox_overhead.py [ROUNDS]``.

Bare and sandboxed commands alternate in the same run, so that a busy machine slows all of them alike. The table goes
to ``sandbox_overhead.md`` beside this file.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hakken.core.types import Limits, Mount, Rung
from hakken.execution import describe_machine, open_sandbox, probe

PROGRAMS = {"pass": "pass", "import numpy": "import numpy"}


def bare(program: str, folder: Path) -> float:
    """Seconds of the command alone, with the environment of this process."""
    started = time.perf_counter()
    with (folder / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, stdout=out, check=True)
    return time.perf_counter() - started


def boxed(program: str, folder: Path, rung: Rung) -> float:
    """Seconds from opening a box to its end, with one command in it."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    mounts = [Mount(path=work, writable=True)]
    started = time.perf_counter()
    with open_sandbox(mounts=mounts, limits=Limits(), workdir=work, rung=rung, allow_weak=True) as box:
        result = box.exec([sys.executable, "-c", program], stdout=folder / "out", stderr=folder / "err")
    seconds = time.perf_counter() - started
    if not result.ok:
        raise SystemExit((folder / "err").read_text())
    return seconds


def cpu() -> float:
    """CPU seconds of this process and of all that it has waited for: the cost that a busy machine does not change."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int, nargs="?", default=30)
    rounds = parser.parse_args().rounds
    rungs = [status.rung for status in probe() if status.available]
    times: dict[tuple[str, str], list[float]] = {}
    work: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for turn in range(rounds + 2):
            for label, program in PROGRAMS.items():
                for rung in [None, *rungs]:
                    before = cpu()
                    seconds = bare(program, folder) if rung is None else boxed(program, folder, rung)
                    if turn >= 2:  # the first rounds warm the caches
                        key = (label, rung.value if rung else "bare")
                        times.setdefault(key, []).append(seconds * 1000)
                        work.setdefault(key, []).append((cpu() - before) * 1000)
    machine = describe_machine(["numpy"])
    load = os.getloadavg()[0]
    lines = [
        "# Overhead of the sandbox",
        "",
        "One command from opening the box to closing it, against the same command as a bare process, alternating in",
        "one run (`python benchmarks/sandbox_overhead.py`). Milliseconds; the aim is a median overhead under 50.",
        "In bubblewrap's rows the CPU column is the parent's share: the box is not waited for by it.",
        "",
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb} GB, Linux {platform.release()}, Python "
        f"{machine.python}, {'root' if os.geteuid() == 0 else 'ordinary user'}, {rounds} rounds, load {load:.1f}.",
        "",
        "| `python -c` | run | median | 90th percentile | overhead (median of the differences) | CPU, median |",
        "|---|---|---|---|---|---|",
    ]
    for (label, kind), values in times.items():
        differences = [value - base for value, base in zip(values, times[label, "bare"], strict=True)]
        extra = "" if kind == "bare" else f"{statistics.median(differences):.1f}"
        high = statistics.quantiles(values, n=10)[-1]
        middle, used = statistics.median(values), statistics.median(work[label, kind])
        lines.append(f"| {label} | {kind} | {middle:.1f} | {high:.1f} | {extra} | {used:.1f} |")
    table = "\n".join(lines) + "\n"
    print(table)
    Path(__file__).with_suffix(".md").write_text(table)


if __name__ == "__main__":
    main()
