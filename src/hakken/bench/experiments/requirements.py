"""Which installed packages a repository imports, found by reading it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from hakken.bench.trees import walk
from hakken.core.source import imported_roots, syntax_tree

_MAX_BYTES = 1 << 20


def imported_packages(root: Path) -> tuple[str, ...]:
    """Names of the modules that the repository imports, that are installed, and that are not its own or Python's."""
    own: set[str] = set()
    wanted: set[str] = set()
    for path, info in walk(root):
        own |= {PurePosixPath(part).stem for part in path.parts}
        if path.suffix == ".py" and info.st_size <= _MAX_BYTES:
            try:
                wanted |= set(imported_roots(syntax_tree((root / path).read_bytes())))
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue  # a file that Python cannot read imports nothing
    found = wanted - own - set(sys.stdlib_module_names) - set(sys.builtin_module_names)
    return tuple(name for name in sorted(found) if _installed(name))


def requirement(module: str) -> str:
    """The distribution of a module as ``pip`` takes it, with the version that is installed: ``scikit-learn==1.5.0``."""
    return requirements(module)[0]


def requirements(module: str) -> tuple[str, ...]:
    """All distributions that give a part of a module; of one that is not installed, its name."""
    return tuple(dict.fromkeys(map(_pinned, _distributions().get(module, [module]))))


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Names of distributions by module; to find them out takes a while."""
    return importlib.metadata.packages_distributions()


def _pinned(name: str) -> str:
    try:
        return f"{name}=={importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
