"""Make a source of any repository from what the command line says about it, with no ``suite.toml``."""

from __future__ import annotations

import shlex
import stat
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from hakken.bench.experiments.discovering import JOINED, find_results, named
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.requirements import imported_packages
from hakken.bench.tasks.suite import FILE, shipped
from hakken.bench.trees import copy_tree, walk
from hakken.bench.types import DISK_MB, MEMORY_MB, STDOUT, Experiment, FunctionRef, Source, Variant, inside
from hakken.core.errors import UsageError, first_problem

_OURS = "hakken-"
"""Folders that commands of Hakken make by default are named so: tasks, attempts, runs, reports."""
_NAMED = 5
"""Files that are left out and named."""


def staged(root: Path, place: Path, others: Iterable[Path | None], tell: Callable[[str], None]) -> Path:
    """A copy of a repository to make tasks of, without what would give its tasks away.

    Tasks and attempts that were made in the repository hold its answers, and so do files that describe hidden
    configurations. None of them is a part of the research.

    Args:
        root: The repository.
        place: An empty folder; the copy lies in it under the repository's own name.
        others: More files and folders that may lie in the repository and do not belong to it.
        tell: Hears what is left out.

    Raises:
        TreeError: it is no folder, or too large.
    """
    here = root.resolve()
    paths = [path.resolve() for path in others if path is not None]
    gone = {PurePosixPath(path.relative_to(here)) for path in paths if path.is_relative_to(here) and path != here}
    if root.is_dir():
        gone |= {PurePosixPath(path.name) for path in here.glob(f"{_OURS}*") if path.is_dir()}
        gone |= {name.parent.parent for name, _ in walk(here) if name.parts[-2:] == ("tests", "task.json")}
        gone |= {PurePosixPath(FILE)} if (here / FILE).is_file() else set()
    copy = place / here.name
    copy_tree(root, copy, without=gone)
    if there := sorted(str(name) for name in gone if (here / name).exists()):
        more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        tell(f"no part of the repository: {', '.join(there[:_NAMED])}{more}")
    _tell_links(root, tell)
    return copy


def adopt(
    root: Path,
    commands: Sequence[str],
    lab: Lab,
    *,
    results: Sequence[str] = (),
    paper: Path | None = None,
    functions: Sequence[str] = (),
    hidden: Path | None = None,
    seconds: float = 60.0,
    memory_mb: int | None = None,
    disk_mb: int | None = None,
) -> Source:
    """The repository as a source; each command is an experiment.

    Args:
        root: The repository.
        commands: Command lines, run in the repository.
        lab: Where commands are run to find their result files.
        results: Result file of each command, or one for all, ``-`` for standard output; without any, the one file with
            numbers that a command writes, or else what it prints.
        paper: The paper, as Markdown or plain text.
        functions: Functions that may be masked, as ``file:name``; without any they are found by tracing.
        hidden: TOML file with a table for each hidden configuration.
        seconds: What a command may take on a usual machine.
        memory_mb: Memory of each run, where it needs another limit than most.
        disk_mb: What each run may write, likewise.

    Raises:
        UsageError: something of it does not fit the repository.
    """
    if not root.is_dir():
        raise UsageError(
            f"{root} is not a folder.", f"Name the folder of a repository, or a suite: {', '.join(shipped())}."
        )
    if not commands:
        raise UsageError("There is no command to reproduce.", 'Give at least one: --command "python train.py".')
    _tell_links(root, lab.tell)
    if len(results) not in (0, 1, len(commands)):
        raise UsageError(f"There are {len(results)} result files and {len(commands)} commands.", "Give one for each.")
    if paper is not None:
        _check_paper(paper)
    variants = load_hidden(hidden) if hidden is not None else ()
    argvs = [_argv(command) for command in commands]
    files = [_result(name) for name in results] * (len(commands) if len(results) == 1 else 1)
    drafts = [
        Experiment(
            name=f"Experiment {index}",
            command=argv,
            results=STDOUT,
            hidden=variants,
            seconds=seconds,
            memory_mb=memory_mb or MEMORY_MB,
            disk_mb=disk_mb or DISK_MB,
        )
        for index, argv in enumerate(argvs, 1)
    ]
    if not files:
        files = _found(root, drafts, lab)
    experiments = tuple(e.model_copy(update={"results": file}) for e, file in zip(drafts, files, strict=True))
    return Source(
        name=root.resolve().name,
        title=root.resolve().name,
        root=root.resolve(),
        paper=paper,
        packages=imported_packages(root),
        experiments=experiments,
        maskable=tuple(_function(root, text) for text in functions),
    )


def _found(root: Path, experiments: Sequence[Experiment], lab: Lab) -> list[str]:
    """Where each command leaves its numbers, found by running it once."""
    lines = [f"`{shlex.join(experiment.command)}`" for experiment in experiments]
    lab.tell(f"running {' and '.join(lines)} once, to see what it writes")
    found = [find_results(root, experiment, lab) for experiment in experiments]
    for line, where in zip(lines, found, strict=True):
        if where.results == STDOUT:
            lab.tell(f"{line} writes no file with numbers: what it prints is read (--results -): {named(where.names)}")
        if where.unread:
            lab.tell(f"standard error is not read ({named(where.unread)}): {JOINED} for that")
    return [where.results for where in found]


def _tell_links(root: Path, tell: Callable[[str], None]) -> None:
    links = [str(path) for path, info in walk(root) if stat.S_ISLNK(info.st_mode)]
    if links:
        tell(f"links are not followed: {', '.join(links[:5])}; copy what the commands need into the repository")


def _check_paper(paper: Path) -> None:
    if not paper.is_file():
        raise UsageError(f"There is no paper at {paper}.", "Mend the path, or leave --paper out.")
    try:
        text = paper.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.strip() or "\0" in text:
        raise UsageError(f"The paper {paper} holds no text in UTF-8.", "Give it as Markdown or plain text.")


def _result(name: str) -> str:
    try:
        return inside(name)
    except ValueError as error:
        raise UsageError(f"--results: {error}.", "Name the file as the command does, from the repository on.") from None


def _argv(command: str) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"The command {command!r} cannot be read: {error}.", "Mend its quotes.") from None
    if not argv:
        raise UsageError(f"The command {command!r} is empty.", "Write a program and its arguments.")
    return argv


def _function(root: Path, text: str) -> FunctionRef:
    try:
        function = FunctionRef.parse(text)
    except ValueError as error:
        raise UsageError(f"--function: {error}.", "Name one so: --function path/to/module.py:name.") from None
    if not (root / function.file).is_file():
        raise UsageError(f"--function {text}: there is no file {function.file} in the repository.", "Mend the path.")
    return function


def load_hidden(file: Path) -> tuple[Variant, ...]:
    """Hidden configurations: ``[[hidden]]`` tables with ``file``, ``overrides`` and ``arguments``.

    Raises:
        UsageError: there are none, or one is wrong or changes nothing.
    """
    try:
        raw: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        tables = raw["hidden"]
        tables = tables if isinstance(tables, list) else [tables]
        found = tuple(Variant.model_validate({"name": f"hidden{i}", **t}) for i, t in enumerate(tables, 1))
        problem = "" if found else "there is no [[hidden]] table"
        if idle := [v.name for v in found if not v.overrides and not v.arguments]:
            problem = f"{idle[0]} changes nothing"
    except ValidationError as error:
        problem = first_problem(error)
    except KeyError:
        problem = "there is no [[hidden]] table"
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        problem = str(error).splitlines()[0]
    if problem:
        raise UsageError(
            f"{file} holds no hidden configurations: {problem.rstrip('.')}.",
            "Write [[hidden]] tables with `overrides` (values by dotted key of `file`) or `arguments`.",
        )
    return found
