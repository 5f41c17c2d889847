"""Tables against themselves: columns of differences that do not follow from their neighbours, headers said twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.numbers import Number, find_numbers
from hakken.research.papers.audit.language.phrases import contradiction
from hakken.research.papers.audit.language.scope import Names

_CHANGE = re.compile(
    r"Δ|\bdelta\b|\bdiff(?:erence)?s?\b|\bchange\b|\bgains?\b|\bimprovement\b|\brelative\b|\bvs\.?\b", re.I
)
_AVERAGE = re.compile(r"\bavg|\bmean\b", re.I)
_SHARE = 0.6
"""Share of the rows of a column that must follow from another column before the rest is wrong."""
_LEAST = 2

Column = dict[int, tuple[Unit, Number]]
"""Row -> its cell with its number."""


def check_columns(document: Document, names: Names) -> Iterator[Finding]:
    """Findings about the tables of a document, which need no record."""
    tables: dict[int, dict[int, Column]] = {}
    for unit in document.units:
        if unit.kind is UnitKind.CELL and unit.table is not None and (numbers := find_numbers(unit.text)):
            tables.setdefault(unit.table, {}).setdefault(unit.at, {})[unit.line] = (unit, numbers[0])
    for columns in tables.values():
        yield from _differences(columns, names)
    yield from _doubled(document, names)


def _differences(columns: dict[int, Column], names: Names) -> Iterator[Finding]:
    for at, column in columns.items():
        header = next(iter(column.values()))[0].column
        if len(column) < _LEAST or not _CHANGE.search(names.struck(header)):
            continue
        fits = [
            (rows, other, base)
            for k, other in columns.items()
            for base in (other if k != at else ())
            if len(rows := [r for r in column if _follows(column, other, r, base)]) >= _LEAST
        ]
        if not fits:
            continue
        rows, other, base = max(fits, key=lambda fit: len(fit[0]))
        told = [r for r in column if r != base and r in other]
        if len(rows) < _SHARE * len(told):
            continue
        for row in (r for r in told if r not in rows):
            unit, number = column[row]
            cell, reference = other[row][0], other[base][0]
            record = f"the other rows are the difference of “{cell.column}” from {reference.row[0][1]}: {cell.text} and"
            yield contradiction("inconsistent", unit, f"{number.text} ({header})", f"{record} {reference.text}",
                                "recomputed from the cells of the table")  # fmt: skip


def _follows(column: Column, other: Column, row: int, base: int) -> bool:
    """Whether a cell is the difference, or the relative change, of the row from the base, within printed digits."""
    if row == base or row not in other:
        return False
    told, mean, reference = column[row][1], other[row][1], other[base][1]
    slack = told.step / 2 + (mean.step + reference.step) / 2 + 1e-9
    gap = mean.value - reference.value
    if abs(gap - told.value) <= slack or (not told.sign and abs(abs(gap) - told.value) <= slack):
        return True
    if not reference.value:
        return False
    relative = 100 * gap / abs(reference.value)
    wide = told.step / 2 + 100 * (mean.step + reference.step) / 2 / abs(reference.value)
    return abs(relative - told.value) <= wide or (not told.sign and abs(abs(relative) - told.value) <= wide)


def _doubled(document: Document, names: Names) -> Iterator[Finding]:
    """A header that names a method or an average, and stands over two columns of numbers."""
    headers: dict[tuple[int, str], set[int]] = {}
    first: dict[tuple[int, str], Unit] = {}
    for unit in document.units:
        if unit.kind is UnitKind.CELL and unit.table is not None and unit.column and find_numbers(unit.text):
            key = (unit.table, unit.column)
            headers.setdefault(key, set()).add(unit.at)
            first.setdefault(key, unit)
    repeated = Counter(table for (table, _), at in headers.items() if len(at) > 1)
    for (table, header), places in headers.items():
        named = any(m.kind == "variant" for m in names.find(header)) or _AVERAGE.search(header)
        if len(places) == 2 and repeated[table] == 1 and named:
            unit = first[table, header]
            yield Finding(
                kind="doubled", severity=Severity.WARNING, place=f"Table {table}", sentence=header,
                says=f"two columns are called “{header}”", record=unit.caption, how="headers of the table",
            )  # fmt: skip
