"""Tables of text cells, so that a table that was read and written again is the same."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hakken.bench.competitions.pointers import read_text
from hakken.core.errors import UsageError


@dataclass(frozen=True)
class Table:
    """A header and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)

    def only(self, names: Sequence[str]) -> Table:
        """Some of the columns, in this order."""
        places = [self.columns.index(name) for name in names]
        return Table(tuple(names), tuple(tuple(row[place] for place in places) for row in self.rows))

    def without(self, names: Iterable[str]) -> Table:
        """All columns but these."""
        left_out = set(names)
        return self.only([name for name in self.columns if name not in left_out])

    def take(self, indices: Iterable[int]) -> Table:
        """Some of the rows, in this order."""
        return Table(self.columns, tuple(self.rows[index] for index in indices))

    def text(self) -> str:
        """As CSV."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.columns, *self.rows])
        return buffer.getvalue()


def read_table(path: Path) -> Table:
    """Read a CSV file, also a compressed one.

    Raises:
        UsageError: it is missing, only a pointer, no CSV, or its rows differ in length.
    """
    text = _unpacked(path) if path.suffix == ".gz" else read_text(path)
    try:
        rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise UsageError(f"{path} is not CSV: {error}.", "Check that it is the right file.") from None
    if not rows:
        raise UsageError(f"{path} is empty.", "Check that it is the right file.")
    header, *rest = rows
    if len(set(header)) < len(header):
        raise UsageError(f"{path} has a column twice.", "Give each column its own name.")
    for number, row in enumerate(rest, start=2):
        if len(row) != len(header):
            raise UsageError(f"{path}, row {number} has {len(row)} cells, and not {len(header)}.", "Mend the row.")
    return Table(header, tuple(rest))


def _unpacked(path: Path) -> str:
    try:
        return gzip.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is no compressed text in UTF-8: {error}.", "Check that it is the right file."
        ) from None


def hash_order(items: Sequence[object], seed: str) -> list[int]:
    """Places of the items, shuffled by a hash: the same with every version of every library."""

    def key(index: int) -> bytes:
        return hashlib.sha256(f"{seed}/{items[index]}".encode()).digest()

    return sorted(range(len(items)), key=key)
