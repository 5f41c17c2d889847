"""Submissions that must not have a score: each breaks the form in one way."""

from __future__ import annotations

from collections.abc import Iterator

from hakken.bench.competitions.preparing import USAGE, Prepared
from hakken.bench.competitions.tables import Table


def spoiled(prepared: Prepared) -> Iterator[tuple[str, bytes]]:
    """Perfect answers, spoiled, with a name for what was done to each."""
    right = prepared.answers.without([USAGE])
    header, rows = right.columns, right.rows
    first = rows[0]

    def table(columns: tuple[str, ...], cells: tuple[tuple[str, ...], ...]) -> bytes:
        return Table(columns, cells).text().encode()

    def with_cell(cell: str) -> bytes:
        return table(header, ((first[0], cell, *first[2:]), *rows[1:]))

    for name, cell in (
        ("NaN", "nan"),
        ("infinity", "inf"),
        ("minus infinity", "-Infinity"),
        ("an overflow", "1e999"),
        ("an empty cell", ""),
        ("a word", "DROP TABLE"),
        ("a list", "[1]"),
        ("an underscore", "1_0"),
        ("hexadecimal", "0x1p3"),
        ("a full-width digit", "１"),
        ("true", "True"),
    ):
        yield f"{name} in a cell", with_cell(cell)
    yield "no header", table(rows[0], rows[1:])
    yield "another header", table(("row", *header[1:]), rows)
    yield "a column more", table((*header, USAGE), prepared.answers.rows)
    yield "a column twice", table((*header, header[-1]), tuple((*row, row[-1]) for row in rows))
    yield "columns turned round", table(header[::-1], tuple(row[::-1] for row in rows))
    yield "a row missing", table(header, rows[1:])
    yield "a row twice", table(header, (*rows, first))
    yield "a row twice, with another answer", table(header, (*rows, (first[0], *rows[-1][1:])))
    yield "a row too many", table(header, (*rows, (f"{first[0]}x", *first[1:])))
    yield "an id in another spelling", table(header, ((f" {first[0]}", *first[1:]), *rows[1:]))
    yield "a cell too many", right.text().encode() + b"\n1,2,3,4,5,6,7,8,9,10,11,12,13\n"
    yield "nothing", b""
    yield "a header alone", table(header, ())
    yield "bytes", b"\xff\xfe\x00\x01" * 10
    yield "null characters", right.text().encode().replace(b"\n", b"\0\n")
    yield "an open quote", right.text().encode() + b'"'
    yield "other separators", right.text().replace(",", ";").encode()
