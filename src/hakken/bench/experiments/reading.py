"""Read what an untrusted program left: regular files inside its folder, bounded, and numbers that are numbers.

Results come in several forms, told by the name of their file. Whatever the form, they become numbers and flat lists of
numbers by name, and everything that compares them knows no form.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from hakken.bench.experiments.forms.flat import MAX_LIST, Numbers, numbers_of, numbers_of_records
from hakken.bench.experiments.forms.printed import numbers_printed
from hakken.bench.experiments.forms.records import numbers_of_lines
from hakken.bench.experiments.forms.tables import numbers_of_table
from hakken.bench.types import STDOUT
from hakken.core.reading import MAX_JSON, Unreadable, parse_json
from hakken.core.reading import read_bytes as read_file

__all__ = [
    "MAX_JSON",
    "MAX_LIST",
    "Form",
    "Numbers",
    "Unreadable",
    "form_of",
    "numbers_of",
    "numbers_of_file",
    "read_bytes",
    "read_json",
    "read_numbers",
    "read_printed",
]


class Form(StrEnum):
    """How results are written."""

    JSON = "json"
    """A JSON file: nested tables have dotted names, a list of tables gives each field as a list."""
    RECORDS = "records"
    """JSON lines."""
    TABLE = "table"
    """CSV or TSV."""
    PRINTED = "printed"
    """Standard output, or a log."""


_FORMS = {
    ".jsonl": Form.RECORDS,
    ".ndjson": Form.RECORDS,
    ".csv": Form.TABLE,
    ".tsv": Form.TABLE,
    ".txt": Form.PRINTED,
    ".log": Form.PRINTED,
    ".out": Form.PRINTED,
}


def form_of(results: str) -> Form:
    """The form of a result file by its name; ``-`` is standard output, and what is not known is JSON."""
    return Form.PRINTED if results == STDOUT else _FORMS.get(PurePosixPath(results).suffix.lower(), Form.JSON)


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
    """The numbers of a result file, in the form that its name says.

    Raises:
        Unreadable: the file cannot be used, or is not of its form.
    """
    return numbers_of_file(relative, read_bytes(root, relative))


def numbers_of_file(name: str, data: bytes) -> Numbers:
    """The numbers of a file's content, in the form that its name says.

    Raises:
        Unreadable: the content is not of its form.
    """
    match form_of(name):
        case Form.TABLE:
            return numbers_of_table(data, "\t" if name.lower().endswith(".tsv") else None)
        case Form.RECORDS:
            return numbers_of_lines(data)
        case Form.PRINTED:
            return numbers_printed(data.decode("utf-8", "replace"))
        case Form.JSON:
            return _of_json(parse_json(data))


def read_printed(log: Path, seen: int | None = None) -> Numbers:
    """The numbers of a standard output, which the parent wrote down; of a long one, those of its last megabyte.

    Args:
        log: The file.
        seen: Bytes that the command wrote. Where the file holds less, its end was dropped.

    Raises:
        Unreadable: its end is not there, or it names too many numbers.
    """
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if seen is not None and seen > size:
            raise Unreadable(f"is longer than {size >> 20} MB")
        stream.seek(max(0, size - MAX_JSON))
        data = stream.read(MAX_JSON)
    if size > MAX_JSON:
        data = data.partition(b"\n")[2]  # the first line may have lost its beginning
    return numbers_printed(data.decode("utf-8", "replace"))


def _of_json(value: Any) -> Numbers:
    if isinstance(value, list) and value and all(isinstance(record, dict) for record in value):
        return numbers_of_records(value)
    if not isinstance(value, dict):
        raise Unreadable("holds no table")
    return numbers_of(value)
