"""Read a submission strictly: its columns, every id once, values of the right kind, or a sentence on what is wrong.

This file stands alone, since a copy of it reads the predictions inside of templates: the standard library only.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 64 << 20
LONGEST_CELL = 200
_WHOLE = re.compile(r"[+-]?\d{1,200}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NEAR = 1e-3
"""How far the probabilities of a row may be from a sum of one."""


class InvalidSubmission(Exception):
    """The submission has no score; the message is a sentence without its end, and tells nothing of the answers."""


@dataclass(frozen=True)
class Form:
    """What a valid submission looks like."""

    id: str
    columns: tuple[str, ...]
    ids: Sequence[str]
    kind: str
    """label, number, positive, rank, probability or distribution."""
    classes: tuple[str, ...] = ()
    """The labels that may be given; any where there are none."""
    any_order: bool = False
    """Whether columns are told by their names alone, and not by their places too."""
    more: bool = False
    """With ``any_order``, whether other columns may stand beside those asked for; they are not looked at."""
    near: float = _NEAR
    """How far the probabilities of a row may be from a sum of one."""


Answers = dict[str, tuple[str, ...]]


def read_submission(path: Path, form: Form, most_bytes: int = MOST_BYTES) -> Answers:
    """Read and check a file; the cells of each row by id, as they were written.

    Raises:
        InvalidSubmission: the first breach of the form.
    """
    return parse_submission(read_regular(path, most_bytes), form)


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Content of a regular file that is no link, bounded.

    Raises:
        InvalidSubmission: it is missing, something else than a file, or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise InvalidSubmission(f"there is no file {path.name}") from None
    except OSError as error:
        raise InvalidSubmission(f"{path.name} is no file that can be read ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidSubmission(f"{path.name} is not a regular file")
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise InvalidSubmission(f"{path.name} is larger than {most_bytes >> 20} MB")
    return data


def parse_submission(data: bytes, form: Form) -> Answers:
    """Check the content of a file; see ``read_submission``.

    Raises:
        InvalidSubmission: the first breach of the form.
    """
    header, rows = _rows(data)
    places = _places(header, form)
    known = set(form.ids)
    found: Answers = {}
    for number, cells in enumerate(rows, start=2):
        if len(cells) != len(header):
            raise InvalidSubmission(f"line {number} has {len(cells)} cells, and not {len(header)}")
        row = [cells[place] for place in places]
        if row[0] not in known:
            raise InvalidSubmission(f"line {number} has the id {row[0][:40]!r}, which is not asked for")
        if row[0] in found:
            raise InvalidSubmission(f"line {number} has the id {row[0]!r} a second time")
        try:
            found[row[0]] = check_cells(row[1:], form)
        except InvalidSubmission as error:
            raise InvalidSubmission(f"line {number}: {error}") from None
    if missing := next((name for name in form.ids if name not in found), None):
        raise InvalidSubmission(f"{len(known) - len(found)} ids are missing, such as {missing!r}")
    return found


def _places(header: Sequence[str], form: Form) -> list[int]:
    """Where the id and the columns that are asked for stand."""
    wanted = [form.id, *form.columns]
    if not form.any_order:
        if list(header) != wanted:
            raise InvalidSubmission(f"the columns must be {_some(wanted)}, in this order, and not {_some(header)}")
        return list(range(len(wanted)))
    if len(set(header)) < len(header):
        raise InvalidSubmission("a column is there twice")
    if lost := [name for name in wanted if name not in header]:
        raise InvalidSubmission(f"the columns {_some(lost)} are missing")
    if not form.more and (extra := [name for name in header if name not in wanted]):
        raise InvalidSubmission(f"the columns {_some(extra)} are not asked for")
    return [header.index(name) for name in wanted]


def check_cells(cells: Sequence[str], form: Form) -> tuple[str, ...]:
    """The answers of one row, if they are of the right kind.

    Raises:
        InvalidSubmission: they are not.
    """
    if form.kind == "label":
        for cell in cells:
            if not cell.strip() or len(cell) > LONGEST_CELL:
                raise InvalidSubmission("a label is empty or too long")
            if form.classes and _plain(cell) not in form.classes:
                raise InvalidSubmission(f"{cell[:40]!r} is not one of the labels {_some(form.classes)}")
        return tuple(cells)
    values = [number(cell) for cell in cells]
    if form.kind == "positive" and min(values) < 0:
        raise InvalidSubmission("a value is negative")
    if form.kind in ("probability", "distribution") and not all(0 <= value <= 1 for value in values):
        raise InvalidSubmission("a probability is outside of the range from 0 to 1")
    if form.kind == "distribution" and len(values) > 1 and abs(sum(values) - 1) > form.near:
        raise InvalidSubmission(f"the probabilities sum to {sum(values):.7g}, and not to 1")
    return tuple(cells)


def number(cell: str) -> float:
    """A finite decimal number, in plain spelling.

    Raises:
        InvalidSubmission: it is something else: empty, NaN, infinite, a word.
    """
    text = cell.strip()
    value = float(text) if len(text) <= LONGEST_CELL and _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value) or abs(value) > 1e30:
        raise InvalidSubmission(f"{cell[:40]!r} is not a finite number")
    return value


def _rows(data: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSubmission("the file is not UTF-8") from None
    if "\0" in text:
        raise InvalidSubmission("the file holds null characters")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InvalidSubmission(f"the file is not CSV ({error})") from None
    if not rows:
        raise InvalidSubmission("the file is empty")
    return rows[0], [row for row in rows[1:] if row]


def _plain(cell: str) -> str:
    """A label as the classes are spelt: ``3.0`` is ``3``; ``label`` of the metrics, which stand alone too."""
    word = cell.strip()
    return str(int(word.partition(".")[0])) if _WHOLE.fullmatch(word) else word


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(repr(str(name)[:40]) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
