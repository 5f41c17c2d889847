"""Make a source of any repository from what the command line says about it, with no ``suite.toml``."""

from __future__ import annotations

import json
import shlex
import stat
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hakken.bench.proving import Lab
from hakken.bench.requirements import imported_packages
from hakken.bench.results import find_results
from hakken.bench.suite import FILE, load_source
from hakken.bench.trees import walk
from hakken.bench.types import Experiment, FunctionRef, Source, Variant
from hakken.core.errors import UsageError


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
) -> Source:
    """The repository as a source; each command is an experiment.

    Args:
        root: The repository, or a folder with a ``suite.toml``, which then says everything.
        commands: Command lines, run in the repository.
        lab: Where commands are run to find their result files.
        results: Result file of each command, or one for all; without any, the JSON file that a command writes.
        paper: The paper, as Markdown or plain text.
        functions: Functions that may be masked, as ``file:name``; without any they are found by tracing.
        hidden: TOML file with a table for each hidden configuration.
        seconds: What a command may take on a usual machine.

    Raises:
        UsageError: something of it does not fit the repository.
    """
    if (root / FILE).is_file() and not commands:
        return load_source(root)
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder.", "Name the folder of a repository.")
    if not commands:
        raise UsageError("There is no command to reproduce.", 'Give at least one: --command "python train.py".')
    links = [str(path) for path, info in walk(root) if stat.S_ISLNK(info.st_mode)]
    if links:
        lab.tell(f"links are not followed: {', '.join(links[:5])}; copy what the commands need into the repository")
    if len(results) not in (0, 1, len(commands)):
        raise UsageError(f"There are {len(results)} result files and {len(commands)} commands.", "Give one for each.")
    if paper is not None and not paper.is_file():
        raise UsageError(f"There is no paper at {paper}.", "Mend the path, or leave --paper out.")
    variants = _variants(hidden) if hidden is not None else ()
    argvs = [_argv(command) for command in commands]
    files = list(results) * (len(commands) if len(results) == 1 else 1)
    if not files:
        lab.tell(f"running {' and '.join(f'`{command}`' for command in commands)} once, to see what it writes")
        files = [find_results(root, argv, lab, seconds) for argv in argvs]
    experiments = tuple(
        Experiment(name=f"Experiment {index}", command=argv, results=file, hidden=variants, seconds=seconds)
        for index, (argv, file) in enumerate(zip(argvs, files, strict=True), 1)
    )
    return Source(
        name=root.resolve().name,
        title=root.resolve().name,
        root=root.resolve(),
        paper=paper,
        packages=imported_packages(root),
        experiments=experiments,
        maskable=tuple(_function(root, text) for text in functions),
    )


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
        raise UsageError(f"--function: {error}.", "Write it so.") from None
    if not (root / function.file).is_file():
        raise UsageError(f"--function {text}: there is no file {function.file} in {root}.", "Mend the path.")
    return function


def _variants(file: Path) -> tuple[Variant, ...]:
    """``[[hidden]]`` tables with ``file``, ``overrides`` and ``arguments``."""
    try:
        raw: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        tables = raw["hidden"]
        tables = tables if isinstance(tables, list) else [tables]
        return tuple(Variant.model_validate({"name": f"hidden{i}", **t}) for i, t in enumerate(tables, 1))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValidationError) as error:
        raise UsageError(
            f"{file} holds no hidden configurations: {json.dumps(str(error).splitlines()[0])}.",
            "Write [[hidden]] tables with `overrides` (values by dotted key of `file`) or `arguments`.",
        ) from None
