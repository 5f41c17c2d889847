"""A paper as the audit sees it: text units with the place that a reader would give."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

CITED = "\u2060"
"""Stands after a citation that is printed in words; readers do not see it."""


class UnitKind(StrEnum):
    """What a piece of text is."""

    TITLE = "title"
    HEADING = "heading"
    SENTENCE = "sentence"
    CAPTION = "caption"
    HEADER = "header"
    """A column header or the first cell of a table's row."""
    CELL = "cell"
    CODE = "code"
    EQUATION = "equation"


@dataclass(frozen=True)
class Unit:
    """One sentence, caption or table cell, with what names its numbers."""

    text: str
    kind: UnitKind
    section: str
    place: str
    paragraph: int = 0
    """Number of the block that it stands in; sentences of one paragraph share it."""
    column: str = ""
    """Header of its column."""
    row: tuple[tuple[str, str], ...] = ()
    """(header, text) of every cell of its row."""
    caption: str = ""
    """Caption of its table."""
    table: int | None = None
    bold: bool = False
    """Printed in bold: of a cell, usually "the best"."""
    cites: bool = False
    """The sentence carries a citation."""
    line: int = 0
    """Number of its row in the table, from 1; headers stand in row 0."""
    at: int = 0
    """Number of its column, from 0."""
    group: str = ""
    """Heading inside the table that its row stands under."""


@dataclass(frozen=True)
class Float:
    """A figure or a table."""

    kind: str
    label: str
    caption: str
    path: str = ""


@dataclass(frozen=True)
class Remark:
    """Something that only shows in the source, or that was lost in reading it."""

    kind: str
    place: str
    sentence: str
    says: str
    note: str = ""


@dataclass
class Document:
    """The whole paper. Filled by a reader, then only read."""

    name: str
    title: str = ""
    units: list[Unit] = field(default_factory=list)
    floats: list[Float] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Labels that the text refers to."""
    cited: list[str] = field(default_factory=list)
    """Citation keys in order of use."""
    headings: list[tuple[int, str]] = field(default_factory=list)
    filled: set[int] = field(default_factory=set)
    """Indices of headings that have text of their own or below them."""
    bibliography: list[str] = field(default_factory=list)
    """Bibliography files that the paper names."""
    entries: list[str] = field(default_factory=list)
    """Keys of bibliography entries that stand in the paper itself, doubled ones twice."""
    panels: list[Float] = field(default_factory=list)
    """Parts of figures that have a picture, caption or label of their own."""
    labels: list[str] = field(default_factory=list)
    """Every label that the source defines."""
    authors: str = ""
    remarks: list[Remark] = field(default_factory=list)
    raw: str = ""
    """The source without comments, for what only shows there."""

    @property
    def text(self) -> str:
        """All prose, captions and cells, one unit a line."""
        return "\n".join(u.text for u in self.units if u.kind is not UnitKind.CODE)


_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|etc|al|Fig|Figs|Tab|Sec|Eq|Eqs|No|approx|resp|Dr|s\.d|St)|\b[A-Z])\.$"
)
_END = re.compile(r"[.!?][)\]\"'”’]*(?=\s+[\"'“‘(\[]*[A-Z0-9⟨−\-])")


def sentences(text: str) -> list[str]:
    """Split a paragraph at sentence ends, not at decimals, initials or abbreviations."""
    parts: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if _ABBREVIATION.search(text[start : match.start() + 1]):
            continue
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [p for p in parts if p]


def is_prose(unit: Unit) -> bool:
    """Whether a unit is running text."""
    return unit.kind in (UnitKind.SENTENCE, UnitKind.CAPTION, UnitKind.TITLE)
