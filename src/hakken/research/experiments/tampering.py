"""What an experiment did beside its outputs: changed files that it was given, planted some, or wrote late.

None of it reaches the evaluator, whose folder is made anew. But whoever tries is no honest trial, so it is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path, PurePosixPath

from hakken.core.reading import Unreadable, read_bytes
from hakken.core.text import without_controls
from hakken.core.types import Failure, FailureCause, Template
from hakken.execution import package_paths
from hakken.research.experiments.contract import FILE

_START_UP = frozenset({"sitecustomize", "usercustomize", "conftest"})
"""Modules that Python and pytest run without being asked."""


def tampering(template: Template, work: Path, given: Mapping[str, bytes], out_name: str) -> Failure | None:
    """What is wrong with the folder that an experiment ran in, or None.

    Args:
        template: Says what is protected; code always is, once it runs.
        work: The folder, all of the experiment's processes ended.
        given: The files that it held at the start.
        out_name: Its folder of outputs, which is not looked at.
    """
    for name, content in given.items():
        if _is_guarded(template, name) and not _holds(work / name, content):
            return _failure(f"changed {name}, which is not its to change, while it ran")
    for name in _planted(work, {PurePosixPath(path).parts[0] for path in given} | {out_name}):
        return _failure(f"left {without_controls(name)} beside itself, which Python would take for something else")
    return None


def late_write(before: Mapping[str, str], after: Mapping[str, str]) -> Failure | None:
    """Whether outputs were changed while they were evaluated, by digests of each file before and after."""
    for name, digest in before.items():
        if after.get(name) != digest:
            return _failure(f"changed {without_controls(name)} among its outputs while they were evaluated")
    return None


def _failure(what: str) -> Failure:
    return Failure(cause=FailureCause.PROTECTED, message=f"The experiment {what}.")


def _is_guarded(template: Template, name: str) -> bool:
    path = PurePosixPath(name)
    named = (FILE, *(template.evaluate or ()), *template.protected)
    return path.suffix == ".py" or any(path.is_relative_to(place) for place in named)


def _holds(path: Path, content: bytes) -> bool:
    """Whether a regular file holds exactly this; links are not followed, and no more is read than needed."""
    try:
        return read_bytes(path, len(content)) == content
    except Unreadable:
        return False


def _planted(work: Path, known: set[str]) -> Iterator[str]:
    """New entries that an import, Python's start or a test run would take instead of what it looks for."""
    for entry in sorted(os.scandir(work), key=lambda entry: entry.name):
        if entry.name not in known and (module := _module(entry)) is not None:
            installed = module.isidentifier() and any(package_paths([module, f"{module}.py"]))
            if module in _START_UP or module in sys.stdlib_module_names or installed:
                yield entry.name
        elif entry.name not in known and entry.name.endswith(".pth"):
            yield entry.name


def _module(entry: os.DirEntry[str]) -> str | None:
    """The name by which an entry could be imported."""
    if entry.is_dir(follow_symlinks=False):
        return entry.name if Path(entry.path, "__init__.py").is_file() else None
    for suffix in (".py", ".pyc", *EXTENSION_SUFFIXES):
        if entry.name.endswith(suffix):
            return entry.name.removesuffix(suffix)
    return None
