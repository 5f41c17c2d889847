"""Which installed packages a repository imports, found by reading it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
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
    names = importlib.metadata.packages_distributions().get(module, [module])
    try:
        return f"{names[0]}=={importlib.metadata.version(names[0])}"
    except importlib.metadata.PackageNotFoundError:
        return names[0]


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
