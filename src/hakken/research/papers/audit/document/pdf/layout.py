"""The lines of a PDF in reading order: columns found, page furniture and line numbers dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from hakken.research.papers.audit.document.pdf.page import Page, Piece

_WIDE = 0.22
"""A piece this wide, in widths of the page, is a line of text and no cell."""
_SAME_LINE = 0.45
_NUMBERED = 8
"""Line numbers a page must have, to be told from stray digits."""
_MARGIN = 0.14
_CODE = 0.95


@dataclass
class Line:
    """One printed line of a column."""

    page: int
    column: str
    """``left``, ``right`` or ``across``."""
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its pieces with spaces between them, code among words in backticks."""
        code = all(p.mono > _CODE for p in self.pieces)
        return " ".join(f"`{p.text}`" if p.mono > _CODE and not code else p.text for p in self.pieces)

    @property
    def x0(self) -> float:
        """Where it begins."""
        return min(p.x0 for p in self.pieces)

    @property
    def x1(self) -> float:
        """Where it ends."""
        return max(p.x1 for p in self.pieces)

    @property
    def y(self) -> float:
        """Its baseline: that of its widest piece."""
        return max(self.pieces, key=lambda p: p.width).y

    @property
    def size(self) -> float:
        """Size of its font: that of its widest piece."""
        return max(self.pieces, key=lambda p: p.width).size

    def share(self, what: str) -> float:
        """How much of it is bold, mono or math."""
        total = sum(len(p.text) for p in self.pieces)
        return sum(float(getattr(p, what)) * len(p.text) for p in self.pieces) / total if total else 0.0


def clusters(pieces: Iterable[Piece], tolerance: float = _SAME_LINE) -> list[list[Piece]]:
    """Pieces on the same baseline, from the top down; each from left to right."""
    found: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: (p.y, p.x0)):
        same = next(
            (c for c in reversed(found[-3:]) if abs(c[0].y - piece.y) < tolerance * max(c[0].size, piece.size)), None
        )
        if same is None:
            found.append([piece])
        else:
            same.append(piece)
    return [sorted(c, key=lambda p: p.x0) for c in found]


def without_furniture(pages: Sequence[Page]) -> None:
    """Take out line numbers in the margin, page numbers, and lines that head or foot most pages."""
    for page in pages:
        _drop_line_numbers(page)
    for first in (True, False):
        for _ in range(2):
            edges = {p.number: row for p in pages if (row := _edge(p, top=first))}
            keys = Counter(_key(row) for row in edges.values())
            for page in pages:
                row = edges.get(page.number)
                if row is None:
                    continue
                repeated = keys[_key(row)] >= max(2, (len(pages) - 1) * 0.5)
                if repeated or re.fullmatch(
                    r"[-–— ]*(?:Page |p\. )?\d{1,4}(?: ?(?:of|/) ?\d+)?[-–— ]*", _said(row), re.I
                ):
                    page.pieces = [p for p in page.pieces if p not in row]


def _edge(page: Page, *, top: bool) -> list[Piece] | None:
    rows = clusters(page.pieces)
    if not rows:
        return None
    row = rows[0] if top else rows[-1]
    inside = row[0].y < page.height * _MARGIN if top else row[0].y > page.height * (1 - _MARGIN)
    return row if inside else None


def _said(row: list[Piece]) -> str:
    return " ".join(p.text for p in row)


def _key(row: list[Piece]) -> str:
    return re.sub(r"\d+", "#", _said(row))


def _drop_line_numbers(page: Page) -> None:
    wide = [p for p in page.pieces if p.width > _WIDE * page.width]
    if not wide:
        return
    left, right = min(p.x0 for p in wide), max(p.x1 for p in wide)
    outside = [p for p in page.pieces if p.text.isdigit() and (p.x1 < left - 1 or p.x0 > right + 1)]
    if len(outside) >= _NUMBERED:
        page.pieces = [p for p in page.pieces if p not in outside]


def gutters(pages: Sequence[Page]) -> dict[int, float]:
    """Where the space between two columns is, for the pages that have two."""
    found = {page.number: x for page in pages if (x := _gutter(page)) is not None}
    if len(found) * 2 < len(pages):
        return {number: x for number, x in found.items() if len(pages) < 3 or _is_sure(pages[number], x)}
    usual = median(found.values())
    for page in pages:
        if page.number not in found and not any(_crosses(p, usual) for p in _wide(page)):
            found[page.number] = usual
    return found


def _wide(page: Page) -> list[Piece]:
    return [p for p in page.pieces if p.width > _WIDE * page.width]


def _crosses(piece: Piece, x: float) -> bool:
    return piece.x0 < x - 3 and piece.x1 > x + 3


def _is_sure(page: Page, x: float) -> bool:
    return sum(p.x1 <= x + 3 for p in _wide(page)) > 10 and sum(p.x0 >= x - 3 for p in _wide(page)) > 10


def _gutter(page: Page) -> float | None:
    wide = _wide(page)
    best: tuple[int, float] | None = None
    for x in range(int(page.width * 0.38), int(page.width * 0.62)):
        left, right = sum(p.x1 <= x + 1 for p in wide), sum(p.x0 >= x - 1 for p in wide)
        crossing = sum(_crosses(p, x) for p in wide)
        if min(left, right) >= 3 and crossing <= left + right and (best is None or crossing < best[0]):
            best = (crossing, float(x))
    if best is None:
        return None
    same = [
        float(x)
        for x in range(int(page.width * 0.38), int(page.width * 0.62))
        if sum(_crosses(p, x) for p in wide) == best[0]
    ]
    near = [x for x in same if abs(x - best[1]) < page.width * 0.06]
    return sum(near) / len(near)


def ordered(page: Page, gutter: float | None) -> list[Line]:
    """The lines of a page as they are read.

    Args:
        page: Its pieces.
        gutter: The middle of the space between its columns.
    """
    if gutter is None:
        return [Line(page.number, "across", row) for row in clusters(page.pieces)]
    sides: dict[str, list[Piece]] = {"left": [], "right": [], "across": []}
    for piece in page.pieces:
        side = "across" if _crosses(piece, gutter) else "left" if piece.x1 <= gutter + 3 else "right"
        sides[side].append(piece)
    across = [Line(page.number, "across", row) for row in clusters(sides["across"])]
    _take_ends(across, sides)
    across.sort(key=lambda line: line.y)
    left = [Line(page.number, "left", row) for row in clusters(sides["left"])]
    right = [Line(page.number, "right", row) for row in clusters(sides["right"])]
    found: list[Line] = []
    for top, bottom in pairwise([-1.0, *(line.y for line in across), page.height + 1]):
        found += [line for line in left if top <= line.y < bottom]
        found += [line for line in right if top <= line.y < bottom]
        found += [line for line in across if line.y == bottom]
    return found


def _take_ends(across: list[Line], sides: dict[str, list[Piece]]) -> None:
    """A short last line below lines that go across both columns belongs to them."""
    growing = list(across)
    while growing:
        line = growing.pop()
        for piece in sides["left"]:
            below = 0 < piece.y - line.y < 1.6 * line.size and abs(piece.size - line.size) < 0.3
            beside = any(abs(p.y - piece.y) < 0.5 * p.size for p in sides["right"])
            if below and not beside and abs(piece.x0 - line.x0) < 2:
                sides["left"].remove(piece)
                new = Line(line.page, "across", [piece])
                across.append(new)
                growing.append(new)
                break
