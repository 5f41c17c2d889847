"""Find where a command leaves its numbers, by running it once: a file that is new, or else what it prints."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from hakken.bench.experiments.bands import as_tuple
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.reading import Form, Unreadable, form_of, read_json, read_numbers, read_printed
from hakken.bench.experiments.running import limits_of
from hakken.bench.trees import copy_tree, scratch, walk
from hakken.bench.types import STDOUT, Experiment
from hakken.core.errors import UsageError
from hakken.core.types import ExecResult, Mount, Record, Rung
from hakken.execution import open_sandbox
from hakken.research.experiments.failures import failure_of

_WRITTEN = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_LONG = 100
"""Entries of a list that somebody would report, at most."""
_SAID = 5
"""Names that are said, of files and of numbers."""
JOINED = "write the command as bash -c '… 2>&1'"
"""How standard error becomes a part of the output."""


class Where(Record):
    """Where a command leaves its numbers."""

    results: str
    """A file, or ``-``."""
    names: tuple[str, ...] = ()
    """Of what is printed."""
    unread: tuple[str, ...] = ()
    """Of what goes to standard error, as most logs do, where results are printed."""


def find_results(root: Path, experiment: Experiment, lab: Lab) -> Where:
    """The one file with numbers that a command writes or changes, or what it prints where there is none.

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


def _find(root: Path, experiment: Experiment, rung: Rung | None, allow_weak: bool) -> Where:
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
        return _chosen(work, [name for name in names if Path(name).suffix.lower() in _WRITTEN], result, line)


def _chosen(work: Path, names: list[str], result: ExecResult, line: str) -> Where:
    """Of what a command left and said, what holds its results."""
    found, refused = _with_numbers(work, names)
    first = found[_Rank.TABLE] or found[_Rank.SHORT]
    unread: tuple[str, ...] = ()
    if not first:
        logged, _ = _names(result.stderr, result.stderr_bytes)
        printed, problem = _names(result.stdout, result.stdout_bytes)
        if printed:
            return Where(results=STDOUT, names=printed, unread=tuple(n for n in logged if n not in printed))
        refused += [f"its output {problem}"] if problem else []
        first, unread = found[_Rank.LONG], logged
    if len(first) > 1:
        raise UsageError(
            f"The command `{line}` writes several files with numbers ({', '.join(first)}).",
            f"Name the one that counts: --results {first[0]}.",
        )
    if first:
        return Where(results=first[0])
    why = f" ({'; '.join(refused[:_SAID])})" if refused else ""
    raise UsageError(
        f"The command `{line}` writes no file with numbers, and prints none that has a name{why}.",
        f"It logs some to standard error ({named(unread)}): {JOINED}."
        if unread
        else 'Let it write what it measures, such as {"accuracy": 0.91}, into a JSON or CSV file in the repository, or '
        "print lines such as `accuracy: 0.91`.",
    )


def named(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - _SAID} more" if len(names) > _SAID else ""
    return f"{', '.join(names[:_SAID])}{more}"


def _names(log: Path, seen: int) -> tuple[tuple[str, ...], str]:
    """Names of the numbers in an output, or why it cannot be read."""
    try:
        return tuple(read_printed(log, seen).values), ""
    except Unreadable as error:
        return (), str(error)


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
