"""Folders of files that were written by somebody else: copied without links, devices, caches and version control."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath, PurePosixPath

from hakken.core.errors import UsageError
from hakken.core.text import shortened

SKIPPED = frozenset(
    {"__pycache__", ".git", ".hg", ".svn", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store"}
)
MAX_FILES = 5_000
MAX_BYTES = 256 << 20
MAX_DEPTH = 64
MAX_NAMED = 100
"""Entries that were left out and are named."""


class TreeError(UsageError):
    """A folder is too large, or is none."""


def walk(
    root: Path, *, skip: frozenset[str] = SKIPPED, left_out: list[str] | None = None
) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Entries below a folder that are no folders, in a fixed order; links are named and not followed.

    Args:
        root: The folder.
        skip: Names that are passed over.
        left_out: Folders that cannot be read, or are too deep or too many, are named here; without it they raise.
    """
    waiting = [root]
    folders = 0
    while waiting:
        folder = waiting.pop()
        folders += 1
        try:
            if left_out is not None and (folders > MAX_FILES or len(folder.relative_to(root).parts) > MAX_DEPTH):
                left_out.append(f"{_short(folder.relative_to(root))}: the folders are too deep or too many")
                continue
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if left_out is None:
                raise
            left_out.append(f"{_short(folder.relative_to(root))} cannot be read ({error.strerror})")
            continue
        deeper = []
        for entry in found:
            if entry.name in skip or entry.name.endswith(".pyc"):
                continue
            if entry.is_dir(follow_symlinks=False):
                deeper.append(Path(entry.path))
            else:
                yield PurePosixPath(Path(entry.path).relative_to(root)), entry.stat(follow_symlinks=False)
        waiting += reversed(deeper)


def copy_tree(
    root: Path,
    target: Path,
    *,
    trusted: bool = True,
    without: Collection[PurePosixPath] = (),
    first: Iterable[PurePosixPath] = (),
    most_bytes: int = MAX_BYTES,
) -> tuple[str, ...]:
    """Copy the regular files of a folder, and say what was left out.

    Args:
        root: The folder.
        target: Where the copy goes; it is made.
        trusted: Whether a folder that is too large or cannot be read is a mistake of the user (refused) or an agent's
            (what does not fit is left out).
        without: Files and folders below it that are passed over.
        first: Files below it that are copied before all others, so that they are there whatever does not fit.
        most_bytes: Of all files together.

    Raises:
        TreeError: ``root`` is no folder, or it is too large and trusted.
    """
    if not root.is_dir():
        raise TreeError(f"{root} is not a folder.", "Name the folder of a repository.")
    target.mkdir(parents=True, exist_ok=True)
    left_out: list[str] = []
    count = size = 0
    for relative, info in _in_order(root, first, None if trusted else left_out):
        if without and not {relative, *relative.parents}.isdisjoint(without):
            continue
        if not stat.S_ISREG(info.st_mode):
            left_out.append(f"{printable(relative)} is no regular file")
            continue
        count += 1
        fits = size + info.st_size <= most_bytes
        if trusted and (count > MAX_FILES or not fits):
            raise TreeError(
                f"{root} has more than {MAX_FILES} files or {most_bytes >> 20} MB ({relative} is where it is full).",
                "Move data out of it, or name a smaller folder.",
            )
        if count > MAX_FILES:
            left_out.append(f"{printable(relative)} and what follows: the folder is too large")
            break
        if not fits:
            left_out.append(f"{printable(relative)} does not fit: the folder is too large")
            continue
        size += info.st_size
        try:
            _copy(root / relative, target / relative, info.st_mode)
        except OSError as error:
            if trusted:
                raise TreeError(f"{root / relative} cannot be copied: {error.strerror}.", "Mend its rights.") from None
            left_out.append(f"{printable(relative)} cannot be copied ({error.strerror})")
    return tuple(left_out[:MAX_NAMED])


def executables(root: Path) -> frozenset[PurePosixPath]:
    """Regular files of a folder that carry the right of execution."""
    return frozenset(n for n, info in walk(root) if stat.S_ISREG(info.st_mode) and info.st_mode & stat.S_IXUSR)


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder of its own that goes at the end, whatever an agent made in it."""
    place = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    try:
        yield place
    finally:
        # rmtree calls itself for each level, with a file open in each: folders may be nested deeper than that.
        with suppress(RecursionError):
            shutil.rmtree(place, ignore_errors=True)
        if place.exists():
            subprocess.run(["rm", "-rf", "--", str(place)], check=False, stderr=subprocess.DEVNULL)


def printable(name: PurePath | str) -> str:
    """A file's name as text that can be written down, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _short(path: Path) -> str:
    return shortened(printable(path), 80)


def overlay(target: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder that only we have written to so far."""
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def differing(root: Path, other: Path) -> tuple[str, ...]:
    """Files that are in only one of two folders, or differ."""
    here = {str(name): info for name, info in walk(root)}
    there = {str(name): info for name, info in walk(other)}
    changed = set(here) ^ set(there)
    for name in set(here) & set(there):
        one, two = here[name], there[name]
        regular = stat.S_ISREG(one.st_mode) and stat.S_ISREG(two.st_mode)
        if not regular or one.st_size != two.st_size or (root / name).read_bytes() != (other / name).read_bytes():
            changed.add(name)
    return tuple(sorted(map(printable, changed)))


def _in_order(
    root: Path, first: Iterable[PurePosixPath], left_out: list[str] | None
) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Entries below a folder as ``walk`` gives them, some regular files of it before all others."""
    known = {name: info for name in first if (info := _plain(root, name)) is not None}
    others = (entry for entry in walk(root, left_out=left_out) if entry[0] not in known)
    return itertools.chain(known.items(), others)


def _plain(root: Path, name: PurePosixPath) -> os.stat_result | None:
    """What is known of a regular file below a folder that no link leads to; None where there is none.

    An agent may have put a link in the place of a folder: what lies behind it is not what it left.
    """
    try:
        if not all(stat.S_ISDIR((root / parent).lstat().st_mode) for parent in reversed(name.parents[:-1])):
            return None
        info = (root / name).lstat()
    except OSError:
        return None
    return info if stat.S_ISREG(info.st_mode) else None


def _copy(source: Path, target: Path, mode: int) -> None:
    """One file, not through a link, with its bit of execution and no other right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing)
    target.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
