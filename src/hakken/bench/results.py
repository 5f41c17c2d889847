"""Find the file that a command writes its numbers to, by running it once and looking at what is new."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from hakken.bench.proving import Lab
from hakken.bench.reading import Unreadable, read_numbers
from hakken.bench.running import limits_of
from hakken.bench.trees import copy_tree, scratch, walk
from hakken.bench.types import Experiment
from hakken.core.errors import UsageError
from hakken.core.types import Mount, Rung
from hakken.execution import open_sandbox
from hakken.research.experiments.failures import failure_of


def find_results(root: Path, argv: tuple[str, ...], lab: Lab, seconds: float) -> str:
    """The one JSON file with numbers that a command writes or changes.

    Raises:
        UsageError: the command fails, or writes none or several.
    """
    return lab.executor.submit(_find, root, argv, seconds, lab.rung, lab.allow_weak).result()


def _find(root: Path, argv: tuple[str, ...], seconds: float, rung: Rung | None, allow_weak: bool) -> str:
    line = shlex.join(argv)
    with scratch("hakken-bench-") as place:
        work = place / "work"
        copy_tree(root, work)
        before = {str(path): info.st_mtime_ns for path, info in walk(work)}
        words = [sys.executable if argv[0] in ("python", "python3") else argv[0], *argv[1:]]
        experiment = Experiment(name="x", command=argv, results="x.json", seconds=seconds)
        with open_sandbox(
            mounts=[Mount(path=work, writable=True)],
            limits=limits_of(experiment),
            workdir=work,
            rung=rung,
            allow_weak=allow_weak,
        ) as box:
            result = box.exec(words, stdout=place / "stdout", stderr=place / "stderr")
        if failure := failure_of(result, f"The command `{line}`", (work,)):
            raise UsageError(
                f"{failure.message.rstrip('.')}.",
                "Make it run first: it gets no network and a fresh copy of the folder.",
            )
        found = []
        for path, info in walk(work):
            if path.suffix == ".json" and before.get(str(path)) != info.st_mtime_ns:
                try:
                    if read_numbers(work, str(path)).values:
                        found.append(str(path))
                except Unreadable:
                    continue  # some other file: it holds no table
        if not found:
            raise UsageError(
                f"The command `{line}` writes no JSON file with numbers.",
                'Let it write what it measures, such as {"accuracy": 0.91}, into a file in the repository.',
            )
        if len(found) > 1:
            raise UsageError(
                f"The command `{line}` writes several files with numbers ({', '.join(found)}).",
                f"Name the one that counts: --results {found[0]}.",
            )
        return found[0]
