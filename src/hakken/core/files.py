"""Files and folders that are whole or not there: written beside their place, then renamed over it.

A process that is killed in the middle leaves the old file as it was, and a draft that the next try writes again. A
folder cannot be renamed over another: ``draft_folder`` takes the old one away first.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".part"
"""Ending of a draft's name; the file's own ending comes last, since programs choose a format by it."""


@contextmanager
def draft(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """Yield the place to write a file to; it takes ``path`` when the block ends well, and goes when it does not.

    Args:
        path: Where the file belongs.
        shared: Others may write it at the same time, and whoever is last is heard: each draft has a name of its own
            then, so that one whose process was killed stays, as a hidden file.
    """
    own = f".{secrets.token_hex(4)}" if shared else ""
    rough = path.with_name(f".{path.stem}{own}{DRAFT}{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield rough
        rough.replace(path)
    except BaseException:
        rough.unlink(missing_ok=True)
        raise


@contextmanager
def draft_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it takes ``path`` when the block ends well, and goes when it does not.

    For what can be made again: killed between taking the old folder away and putting the new one in its place, it
    leaves none at ``path``, and the next try begins with an empty draft.
    """
    rough = path.with_name(f".{path.name}{DRAFT}")
    shutil.rmtree(rough, ignore_errors=True)
    rough.mkdir(parents=True)
    try:
        yield rough
        shutil.rmtree(path, ignore_errors=True)
        rough.rename(path)
    except BaseException:
        shutil.rmtree(rough, ignore_errors=True)
        raise


def write_text(path: Path, text: str, *, shared: bool = False) -> None:
    """Write a whole text in UTF-8, or nothing; ``shared`` as in ``draft``."""
    with draft(path, shared=shared) as rough:
        rough.write_text(text, encoding="utf-8", newline="")


def write_bytes(path: Path, data: bytes) -> None:
    """Write whole bytes, or nothing."""
    with draft(path) as rough:
        rough.write_bytes(data)
