"""Find where a command leaves its numbers, by running it once: a file that is new, or else what it prints."""

from __future__ import annotations

import shlex
import sys
from enum import Enum
from pathlib import Path

from hakken.bench.bands import as_tuple
from hakken.bench.proving import Lab
from hakken.bench.reading import Form, Unreadable, form_of, read_json, read_numbers, read_printed
from hakken.bench.running import limits_of
from hakken.bench.trees import copy_tree, scratch, walk
from hakken.bench.types import STDOUT, Experiment
from hakken.core.errors import UsageError
from hakken.core.types import Mount, Rung
from hakken.execution import open_sandbox
from hakken.research.experiments.failures import failure_of

_WRITTEN = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_LONG = 100
"""Entries of a list that somebody would report, at most."""
_SAID = 3
"""Files that cannot be read and are named."""


def find_results(root: Path, experiment: Experiment, lab: Lab) -> str:
    """The one file with numbers that a command writes or changes, or ``-`` where it only prints them.

    A JSON file with a table goes before tables of text and lists of records; very long ones, which mostly are data
    such as predictions, count only where nothing is printed.

    Args:
        root: The repository.
        experiment: One that prints.
        lab: Where to run it.

    Raises:
        UsageError: the command fails, writes several such files, or leaves no numbers anywhere.
    """
    return lab.executor.submit(_find, root, experiment, lab.rung, lab.allow_weak).result()


def _find(root: Path, experiment: Experiment, rung: Rung | None, allow_weak: bool) -> str:
    argv = experiment.command
    line = shlex.join(argv)
    with scratch("hakken-bench-") as place:
        work = place / "work"
        copy_tree(root, work)
        before = {str(path): info.st_mtime_ns for path, info in walk(work)}
        words = [sys.executable if argv[0] in ("python", "python3") else argv[0], *argv[1:]]
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
        names = [str(path) for path, info in walk(work) if before.get(str(path)) != info.st_mtime_ns]
        found, refused = _with_numbers(work, [name for name in names if Path(name).suffix.lower() in _WRITTEN])
        first = found[_Rank.TABLE] or found[_Rank.SHORT]
        if not first:
            try:
                if read_printed(result.stdout, result.stdout_bytes).values:
                    return STDOUT
            except Unreadable as error:
                refused.append(f"its output {error}")
            first = found[_Rank.LONG]
        if len(first) > 1:
            raise UsageError(
                f"The command `{line}` writes several files with numbers ({', '.join(first)}).",
                f"Name the one that counts: --results {first[0]}.",
            )
        if first:
            return first[0]
        why = f" ({'; '.join(refused[:_SAID])})" if refused else ""
        raise UsageError(
            f"The command `{line}` writes no file with numbers, and prints none that has a name{why}.",
            'Let it write what it measures, such as {"accuracy": 0.91}, into a JSON or CSV file in the repository, or '
            "print lines such as `accuracy: 0.91`.",
        )


class _Rank(Enum):
    """What is taken before the other."""

    TABLE = "a JSON file with a table"
    SHORT = "a table of text, or records"
    LONG = "one of them that is very long"


def _with_numbers(work: Path, names: list[str]) -> tuple[dict[_Rank, list[str]], list[str]]:
    """The files with numbers, and why others cannot be read."""
    found: dict[_Rank, list[str]] = {rank: [] for rank in _Rank}
    refused: list[str] = []
    for name in names:
        try:
            values = read_numbers(work, name).values
            table = form_of(name) is Form.JSON and isinstance(read_json(work, name), dict)
        except Unreadable as error:
            refused.append(f"{name} {error}")
            continue
        longest = max((len(as_tuple(value)) for value in values.values()), default=0)
        if values:
            found[_Rank.TABLE if table else _Rank.SHORT if longest <= _LONG else _Rank.LONG].append(name)
    return found, refused
