"""Places that a command writes to: what is wrong with one is said before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from hakken.core.errors import UsageError


def folder_for(path: Path, option: str = "--out") -> Path:
    """The absolute path of a folder to write to.

    Args:
        path: The folder, which need not exist.
        option: What named it, for the message.

    Raises:
        UsageError: it is no folder, or nothing may be written there.
    """
    place = path.absolute()
    there = next(p for p in (place, *place.parents) if p.exists() or p.is_symlink())
    if not there.is_dir():
        raise UsageError(f"{option} {path}: {there} is no folder.", "Name a folder, or a place where one can be made.")
    if not os.access(there, os.W_OK):
        raise UsageError(f"{option} {path}: nothing may be written to {there}.", "Name another folder.")
    return place


def file_for(path: Path, option: str = "--out") -> Path:
    """The absolute path of a file to write; what stands there already is replaced.

    Args:
        path: The file, which need not exist.
        option: What named it, for the message.

    Raises:
        UsageError: it is a folder, or nothing may be written there.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path}: it is a folder.", "Name a file.")
    return folder_for(path.parent, option) / path.name
