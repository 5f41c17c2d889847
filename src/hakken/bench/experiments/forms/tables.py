"""Numbers of a table of text (CSV, TSV): columns as lists, or one number for each named row and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence

from hakken.bench.experiments.forms.flat import Found, Numbers
from hakken.core.reading import Unreadable

_DELIMITERS = ",;\t"
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_LONGEST = 400
"""Letters of a number, at most."""
_NAME = 80
"""Letters of a row's name, at most: what is longer is a text."""
_NAMING = 4
"""Columns that tell rows apart together, at most."""
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}:\d{2}")


def numbers_of_table(data: bytes, delimiter: str | None = None) -> Numbers:
    """The numbers of a table with a header row.

    Each column with numbers is a list under its header; an empty cell is passed over. A table of one row gives single
    numbers. Where the first columns are texts that tell the rows apart, each number is ``row.column``.

    Args:
        data: The file.
        delimiter: Between cells; without it the one of ``,`` ``;`` and tab that the header has most of.

    Raises:
        Unreadable: it is no such table.
    """
    header, rows = _parsed(data, delimiter)
    found = Found()
    names, first = _row_names(rows)
    for index, title in enumerate(header[first:], first):
        cells = [(row, line[index]) for row, line in enumerate(rows) if index < len(line) and line[index]]
        if not title:
            found.refuse(f"column {index + 1}", "has no header")
            continue
        values = [(row, number_of(cell)) for row, cell in cells]
        if len(rows) == 1 and values:
            found.put(title, values[0][1])
        elif not names or all(value is None for _, value in values):
            found.put(title, [value for _, value in values])
        else:
            for row, value in values:
                found.put(f"{names[row]}.{title}", value)
    return found.numbers()


def number_of(text: str) -> float | None:
    """The number that a text is; None where it is none."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    return float(text)


def _parsed(data: bytes, delimiter: str | None) -> tuple[list[str], list[list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("is not text in UTF-8") from None
    if delimiter is None:
        top = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = max(_DELIMITERS, key=top.count)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [[cell.strip() for cell in line] for line in read]
    except csv.Error as error:
        raise Unreadable(f"is no table ({error})") from None
    lines = [line for line in lines if any(line)]
    if not lines:
        raise Unreadable("holds no table")
    header = [lines[0][0].lstrip("# "), *lines[0][1:]]  # NumPy writes its header as a comment
    if all(number_of(cell) is not None for cell in header if cell):
        raise Unreadable("has no header row")
    if len(lines) == 1:
        raise Unreadable("has a header and no rows")
    if any(len(line) > len(header) and any(line[len(header) :]) for line in lines[1:]):
        raise Unreadable("has a row that is longer than its header")
    return [" ".join(cell.split()) for cell in header], lines[1:]


def _row_names(rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """The names of the rows, and how many columns they take; none where the texts do not tell the rows apart."""
    names = [""] * len(rows)
    for index in range(min(_NAMING, *map(len, rows)) if len(rows) > 1 else 0):
        cells = [" ".join(row[index].split()) for row in rows]
        if not all(map(_is_name, cells)):
            break
        names = [f"{name}.{cell}" if name else cell for name, cell in zip(names, cells, strict=True)]
        if len(set(names)) == len(names):
            return names, index + 1
    return [], 0


def _is_name(cell: str) -> bool:
    number = number_of(cell)
    finite = number is not None and math.isfinite(number)
    return bool(cell) and len(cell) <= _NAME and not finite and not _DATE.match(cell)
