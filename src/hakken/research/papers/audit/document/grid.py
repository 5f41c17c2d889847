"""Tables with spanning cells, laid out so that every row says in full what its numbers are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cell:
    """One cell of a printed table."""

    text: str
    bold: bool = False
    rows: int = 1
    columns: int = 1
    repeated: bool = False
    """Not printed here: it spans from above or from the left."""


def expand(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """One cell for every place: what spans several places stands in each of them."""
    grid: list[list[Cell]] = []
    hanging: dict[int, tuple[Cell, int]] = {}
    """Column -> what hangs down into it from above, and for how many rows."""
    for row in rows:
        line: list[Cell] = []
        following: dict[int, tuple[Cell, int]] = {}
        queue = list(row)
        while queue or len(line) in hanging:
            if len(line) in hanging:
                cell, left = hanging[len(line)]
                spans = [(replace(cell, repeated=True), left)]
            else:
                first = queue.pop(0)
                whole = replace(first, rows=1, columns=1)
                spans = [
                    (replace(whole, repeated=first.repeated or k > 0), first.rows) for k in range(max(1, first.columns))
                ]
            for cell, left in spans:
                if left > 1:
                    following[len(line)] = (cell, left - 1)
                line.append(cell)
        hanging = following
        grid.append(line)
    return grid


def header(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """One name for every column: what its header cells say, from the top down."""
    width = max((len(row) for row in rows), default=0)
    names = []
    for k in range(width):
        said = dict.fromkeys(row[k].text.strip() for row in rows if k < len(row))
        names.append(", ".join(text for text in said if text))
    return names


def is_numeric(text: str) -> bool:
    """Whether a cell holds a measured value rather than a name."""
    plain = re.sub(r"\\[A-Za-z]+\*?|[{}$^]", "", text)
    return re.fullmatch(r"[\s<>≤≥≈~=(\[]*[-+−–]?\s?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?.{0,40}", plain.strip()) is not None


def count_header_rows(rows: Sequence[Sequence[Cell]], ruled: int) -> int:
    """How many rows name the columns: those above the first rule, and names below it that split a spanning one.

    Args:
        rows: The table, laid out.
        ruled: Rows above the first rule inside the table; 0 where there is none.
    """
    if not rows:
        return 0
    named = [not any(is_numeric(cell.text) for cell in row[1:]) and len(row) > 1 for row in rows]
    count = ruled if 0 < ruled < len(rows) else int(named[0])
    spanning = any(cell.repeated and cell.text.strip() for row in rows[:count] for cell in row)
    if spanning and count < len(rows) - 1 and named[count] and not rows[count][0].text.strip():
        count += 1
    return count
