"""A table as the audit sees it: headers, and cells that know what their row and column are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hakken.research.papers.audit.document.document import Document, Float, Unit, UnitKind, sentences
from hakken.research.papers.audit.document.grid import Cell, count_header_rows, expand, header, is_numeric

_NAMES = 3
"""First cells that may make up the name of a row."""


def add_table(document: Document, rows: Sequence[Sequence[Cell]], ruled: int, table: Float, base: Unit) -> None:
    """Add a table to a document.

    Args:
        document: Gets the table and its units.
        rows: Printed rows, header rows first; cells may span.
        ruled: Rows that are known to be headers; 0 where it must be told from their text.
        table: Its label and caption.
        base: Has the section and block of all its units.
    """
    document.floats.append(table)
    index = sum(f.kind == "table" for f in document.floats)
    for sentence in sentences(table.caption):
        document.units.append(
            replace(base, text=sentence, kind=UnitKind.CAPTION, place=f"Caption of table {index}", table=index)
        )
    base = replace(base, caption=table.caption, table=index)
    grid = expand(rows)
    count = count_header_rows(grid, ruled)
    headers = header(grid[:count])
    for k, text in enumerate(headers):
        named = replace(base, text=text, kind=UnitKind.HEADER, place=f"Table {index}, header", paragraph=0, at=k)
        document.units.append(named)
    spanning = any(row[0].repeated for row in grid if row)
    group = ""
    for line, cells in enumerate(grid[count:], 1):
        here = replace(base, line=line, group=group)
        if len(cells) > 2 and all(c.repeated for c in cells[1:]):
            group = cells[0].text
            place = f"Table {index}, “{group}”"
            document.units.append(replace(here, text=group, kind=UnitKind.HEADER, place=place, group=""))
        elif cells:
            here = replace(here, place=f"Table {index}, row “{_row_name(cells, spanning)}”")
            _add_row(document, cells, headers, here)


def _add_row(document: Document, cells: list[Cell], headers: list[str], base: Unit) -> None:
    pairs = tuple((headers[k] if k < len(headers) else "", cell.text) for k, cell in enumerate(cells))
    named = (*pairs, ("", base.group)) if base.group else pairs
    for k, cell in enumerate(cells):
        if not cell.text or cell.repeated:
            continue
        name = k == 0 and not re.match(r"^[\d.,−–-]+$", cell.text)
        document.units.append(
            replace(
                base,
                text=cell.text,
                kind=UnitKind.HEADER if name else UnitKind.CELL,
                place=f"{base.place}, column “{pairs[k][0]}”",
                column=pairs[k][0],
                row=named,
                bold=cell.bold,
                cites="[@" in cell.text,
                at=k,
            )
        )


def _row_name(cells: list[Cell], spanning: bool) -> str:
    """What a row is called: its first cell, with the next names where the first spans rows."""
    if not spanning:
        return cells[0].text
    names: list[str] = []
    for cell in cells:
        if is_numeric(cell.text) or len(names) == _NAMES:
            break
        names.append(cell.text)
    return ", ".join(n for n in names if n)
