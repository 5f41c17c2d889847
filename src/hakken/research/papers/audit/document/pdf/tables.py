"""Tables of a PDF: rows and cells told from rules and from where the text stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from hakken.research.papers.audit.document.grid import Cell, is_numeric
from hakken.research.papers.audit.document.pdf.layout import clusters
from hakken.research.papers.audit.document.pdf.page import Page, Piece, Rule

CAPTION = re.compile(r"^(Table|Figure|Fig\.|Listing|Algorithm)\s*([A-Z]?\.?\d+)\s*[.:|]\s*")
_SAME = 4.0
_SHARE = 0.12
"""Rows, as a share of all, that may stick into the space between two columns."""
_MONO = 0.75


@dataclass
class Region:
    """Where a table is, and its rows."""

    page: int
    x0: float
    x1: float
    top: float
    bottom: float
    pieces: list[Piece]
    rules: list[Rule] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    ruled: int = 0
    """Rows above the rule that ends the header."""


def ruled_tables(page: Page) -> list[Region]:
    """Tables between horizontal rules of equal length."""
    regions: list[Region] = []
    left = list(page.rules)
    while left:
        first = left[0]
        alike = [r for r in left if abs(r.x0 - first.x0) < _SAME and abs(r.x1 - first.x1) < _SAME]
        left = [r for r in left if r not in alike]
        run: list[Rule] = []
        for rule in [*alike, None]:
            if rule is not None and (not run or _continues(page, run[-1], rule)):
                run.append(rule)
                continue
            region = _region(page, run)
            if region is not None:
                regions.append(region)
            run = [rule] if rule is not None else []
    inner = [r for r in regions if not any(o is not r and o.top <= r.top and r.bottom <= o.bottom for o in regions)]
    return [r for r in inner if _lay_out(r, page)]


def _between(page: Page, upper: Rule, lower: Rule) -> list[Piece]:
    return [
        p
        for p in page.pieces
        if upper.y < p.y - 1 and p.y <= lower.y + 1 and upper.x0 - 6 <= p.x0 and p.x1 <= upper.x1 + 6
    ]


def _continues(page: Page, upper: Rule, lower: Rule) -> bool:
    """Whether two rules belong to one table: between them stand cells, and no caption or running text."""
    inside = _between(page, upper, lower)
    if not inside:
        return lower.y - upper.y < 6
    rows = clusters(inside)
    if any(CAPTION.match(" ".join(p.text for p in row)) for row in rows):
        return False
    prose = sum(len(row) == 1 and row[0].width > 0.75 * (upper.x1 - upper.x0) for row in rows)
    return prose <= len(rows) * 0.3


def _region(page: Page, run: list[Rule]) -> Region | None:
    if len(run) < 2 or run[-1].y - run[0].y < 8:
        return None
    pieces = _between(page, run[0], run[-1])
    letters = sum(len(p.text) for p in pieces)
    if not pieces or sum(p.mono * len(p.text) for p in pieces) > _MONO * letters:
        return None
    return Region(page.number, run[0].x0, run[0].x1, run[0].y, run[-1].y, pieces, run)


def loose_table(page: Page, pieces: Sequence[Piece], top: float, bottom: float) -> Region | None:
    """A table without rules: successive rows of several pieces, from ``top`` towards ``bottom``."""
    rows = clusters([p for p in pieces if min(top, bottom) < p.y < max(top, bottom)])
    if top > bottom:
        rows.reverse()
    kept: list[list[Piece]] = []
    for row in rows:
        if len(row) < 2 or CAPTION.match(row[0].text):
            break
        if kept and abs(row[0].y - kept[-1][0].y) > 4 * row[0].size:
            break
        kept.append(row)
    if len(kept) < 2:
        return None
    inside = [p for row in kept for p in row]
    ys = [p.y for p in inside]
    region = Region(page.number, min(p.x0 for p in inside), max(p.x1 for p in inside), min(ys) - 8, max(ys) + 3, inside)
    return region if _lay_out(region, page) else None


def _lay_out(region: Region, page: Page) -> bool:
    """Fill the rows of a region; False where it is no table."""
    lines = clusters(region.pieces, 0.3)
    inner = [r.y for r in region.rules[1:-1]]
    head_end = inner[0] if inner else None
    body = [line for line in lines if head_end is None or line[0].y > head_end] or lines
    columns = _columns(body, region)
    if len(columns) < 2 or len(lines) < 2:
        return False
    short = [r for r in page.rules if region.top < r.y < region.bottom and r.x1 - r.x0 < 0.9 * (region.x1 - region.x0)]
    short = [r for r in short if r.x0 >= region.x0 - _SAME and r.x1 <= region.x1 + _SAME]
    rows = _rows(lines, columns, [*inner, *(r.y for r in short)])
    if len(rows) < 2:
        return False
    region.ruled = sum(row[0].y < head_end for row in rows) if head_end is not None else 0
    grid = [_cells(row, columns, short if k < region.ruled else []) for k, row in enumerate(rows)]
    _fill_first(grid, rows, inner, region.ruled)
    region.rows = grid
    return True


def _columns(lines: Sequence[Sequence[Piece]], region: Region) -> list[tuple[float, float]]:
    """Where columns begin and end: between them hardly any row has text."""
    wide = 0.45 * (region.x1 - region.x0)
    lines = [line for line in lines if len(line) > 1 or line[0].width < wide] or list(lines)
    step = 0.5
    size = int((region.x1 - region.x0 + 20) / step) + 1
    covered = [0] * size
    for line in lines:
        marked = set()
        for piece in line:
            start, end = (int((x - region.x0 + 10) / step) for x in (piece.x0, piece.x1))
            marked |= set(range(max(0, start), min(size, end + 1)))
        for k in marked:
            covered[k] += 1
    allowed = int(len(lines) * _SHARE) if len(lines) >= 8 else 0
    columns: list[tuple[float, float]] = []
    begun: int | None = None
    for k, count in enumerate([*covered, 0]):
        if count > allowed and begun is None:
            begun = k
        elif count <= allowed and begun is not None:
            columns.append((region.x0 - 10 + begun * step, region.x0 - 10 + k * step))
            begun = None
    return _joined(columns)


def _joined(columns: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for column in columns:
        if joined and column[0] - joined[-1][1] < 2.5:
            joined[-1] = (joined[-1][0], column[1])
        else:
            joined.append(column)
    return joined


def _of(piece: Piece, columns: Sequence[tuple[float, float]]) -> list[int]:
    """Columns that a piece stands in; the nearest where it stands between them."""
    inside = [k for k, (a, b) in enumerate(columns) if min(b, piece.x1) - max(a, piece.x0) > 0.5]
    if inside:
        return inside
    middle = (piece.x0 + piece.x1) / 2
    return [min(range(len(columns)), key=lambda k: abs((columns[k][0] + columns[k][1]) / 2 - middle))]


def _rows(
    lines: Sequence[list[Piece]], columns: Sequence[tuple[float, float]], rules: Sequence[float]
) -> list[list[Piece]]:
    """Printed lines put together to rows where cells wrap."""
    steps = [b[0].y - a[0].y for a, b in pairwise(lines)]
    usual = median(steps) if steps else 0.0
    close = [s for s in steps if s < usual * 0.93]
    rows: list[list[Piece]] = []
    last = -1e9
    for line in lines:
        step = line[0].y - last
        size = line[0].size
        ruled = any(last < y < line[0].y for y in rules)
        narrow = step < 0.75 * size or (bool(close) and step < usual * 0.93)
        hangs = 0 not in {k for p in line for k in _of(p, columns)}
        hangs = hangs and not (rows and any(len(_of(p, columns)) > 1 for p in rows[-1]))
        if rows and not ruled and step < 1.5 * size and (narrow or hangs) and not _clash(rows[-1], line, columns):
            rows[-1] = rows[-1] + line
        else:
            rows.append(list(line))
        last = line[0].y
    return rows


def _clash(row: list[Piece], line: list[Piece], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether both hold a value in one column."""
    taken = {k for p in row if is_numeric(p.text) for k in _of(p, columns)}
    return any(k in taken for p in line if is_numeric(p.text) for k in _of(p, columns))


def _cells(row: Sequence[Piece], columns: Sequence[tuple[float, float]], short: Sequence[Rule]) -> list[Cell]:
    """The cells of one row; a header piece over several columns, or over a short rule, spans them."""
    texts: dict[int, list[Piece]] = {}
    spans: dict[int, int] = {}
    for piece in row:
        at = _under(piece, row, columns, short) or _of(piece, columns)
        texts.setdefault(at[0], []).append(piece)
        spans[at[0]] = max(spans.get(at[0], 1), at[-1] - at[0] + 1)
    cells: list[Cell] = []
    while len(cells) < len(columns):
        k = len(cells)
        pieces = sorted(texts.get(k, []), key=lambda p: (round(p.y), p.x0))
        text = _join(pieces)
        bold = bool(pieces) and sum(p.bold for p in pieces) / len(pieces) > 0.5
        span = max(1, min(spans.get(k, 1), min((j for j in texts if j > k), default=len(columns)) - k))
        cells += [Cell(text, bold, repeated=j > 0) for j in range(span)]
    return cells


def _under(
    piece: Piece, row: Sequence[Piece], columns: Sequence[tuple[float, float]], short: Sequence[Rule]
) -> list[int]:
    """Columns below the short rule that a header piece stands on; pieces on one rule share its columns."""

    def on(other: Piece, rule: Rule) -> bool:
        middle = (other.x0 + other.x1) / 2
        return 0 < rule.y - other.y < 1.2 * other.size and rule.x0 - 2 <= middle <= rule.x1 + 2

    rule = next((r for r in short if on(piece, r)), None)
    if rule is None:
        return []
    sharing = [other for other in row if on(other, rule)]
    middles = {k: (a + b) / 2 for k, (a, b) in enumerate(columns) if rule.x0 - 2 <= (a + b) / 2 <= rule.x1 + 2}
    return [k for k, x in middles.items() if min(sharing, key=lambda o: abs((o.x0 + o.x1) / 2 - x)) is piece]


def _join(pieces: Sequence[Piece]) -> str:
    text = ""
    for piece in pieces:
        if piece.mono > _MONO and re.search(r"[A-Za-z_]|^\d{7,}$", piece.text) and not text:
            text = f"`{piece.text}`"
            continue
        broken = re.search(r"[a-z]-$", text) and re.match(r"[a-z]", piece.text)
        text = text[:-1] + piece.text if broken else f"{text} {piece.text}".strip()
    return text


def _fill_first(grid: list[list[Cell]], rows: Sequence[Sequence[Piece]], rules: Sequence[float], ruled: int) -> None:
    """A first cell that stands once for the rows between two rules, or for those below it, is repeated."""
    groups: list[list[int]] = []
    for k in range(ruled, len(grid)):
        new = not groups or any(rows[k - 1][0].y < y < rows[k][0].y for y in rules)
        groups.append([k]) if new else groups[-1].append(k)
    for group in groups:
        named = [k for k in group if grid[k][0].text]
        if len(group) < 2 or not named or len(named) == len(group):
            continue
        for k in group:
            if not grid[k][0].text:
                source = named[0] if len(named) == 1 else max((n for n in named if n < k), default=None)
                if source is not None:
                    grid[k][0] = Cell(grid[source][0].text, repeated=True)
