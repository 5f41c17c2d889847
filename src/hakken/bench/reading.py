"""Read what an untrusted program left: regular files inside its folder, bounded, and numbers that are numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from hakken.bench.types import Value
from hakken.core.reading import MAX_JSON, Unreadable, parse_json
from hakken.core.reading import read_bytes as read_file
from hakken.core.types import Record

__all__ = ["MAX_JSON", "Numbers", "Unreadable", "numbers_of", "read_bytes", "read_json", "read_numbers"]

MAX_LIST = 10_000


class Numbers(Record):
    """Numbers of a JSON file, and what in it was none."""

    values: dict[str, Value] = Field(default_factory=dict)
    refused: dict[str, str] = Field(default_factory=dict)
    """By key, why its value is no number and no flat list of numbers."""


def read_bytes(root: Path, relative: str, limit: int = MAX_JSON) -> bytes:
    """Content of a regular file below ``root``, reached through no link.

    Raises:
        Unreadable: it is missing, no regular file, outside of the folder, or too large.
    """
    place = PurePosixPath(relative)
    if place.is_absolute() or ".." in place.parts:
        raise Unreadable("is not a path in the folder")
    path = root / place
    for part in [*reversed(path.relative_to(root).parents[:-1]), path.relative_to(root)]:
        if (root / part).is_symlink():
            raise Unreadable("is a symbolic link or lies behind one")
    return read_file(path, limit)


def read_json(root: Path, relative: str) -> Any:
    """A JSON file below ``root``.

    Raises:
        Unreadable: see ``read_bytes``, or it is not JSON.
    """
    return parse_json(read_bytes(root, relative))


def read_numbers(root: Path, relative: str) -> Numbers:
    """The numbers of a JSON file, nested tables by dotted key.

    Raises:
        Unreadable: the file cannot be used, or holds no table.
    """
    value = read_json(root, relative)
    if not isinstance(value, dict):
        raise Unreadable("holds no table")
    return numbers_of(value)


def numbers_of(table: Mapping[str, Any]) -> Numbers:
    """Numbers and flat lists of numbers in a table, nested tables by dotted key."""
    values: dict[str, Value] = {}
    refused: dict[str, str] = {}
    _collect(table, "", values, refused)
    return Numbers(values=values, refused=refused)


def _collect(table: Mapping[str, Any], prefix: str, values: dict[str, Value], refused: dict[str, str]) -> None:
    for key, item in table.items():
        # JSON can name what is no text: half of a pair of surrogates, which nobody could write down.
        name = f"{prefix}{key}".encode("utf-8", "backslashreplace").decode("utf-8")
        if isinstance(item, Mapping):
            _collect(item, f"{name}.", values, refused)
        elif isinstance(item, (list, tuple)):
            problem = next((p for entry in item[:MAX_LIST] if (p := _problem(entry))), "")
            if not problem and not item:
                problem = "is an empty list"
            if not problem and len(item) > MAX_LIST:
                problem = f"has more than {MAX_LIST} entries"
            if problem:
                refused[name] = problem
            else:
                values[name] = tuple(float(entry) for entry in item)
        elif problem := _problem(item):
            refused[name] = problem
        else:
            values[name] = float(item)


def _problem(item: object) -> str:
    """Why something is not a finite number; empty when it is one."""
    if isinstance(item, bool):
        return "is true or false"
    if not isinstance(item, (int, float)):
        return "is not a number"
    try:
        return "" if math.isfinite(float(item)) else "is not finite"
    except OverflowError:
        return "is too large for a number"
