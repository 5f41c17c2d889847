"""Reading a PDF as a person would: columns in order, headings, paragraphs, captions, tables, references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hakken.core.errors import UsageError
from hakken.research.papers.audit.document.document import CITED, Document, Float, Unit, UnitKind, sentences
from hakken.research.papers.audit.document.pdf.layout import Line, clusters, gutters, ordered, without_furniture
from hakken.research.papers.audit.document.pdf.page import Page, read_page
from hakken.research.papers.audit.document.pdf.tables import CAPTION, Region, loose_table, ruled_tables
from hakken.research.papers.audit.document.pdf.text import Block, BlockKind, blocks, is_known_heading
from hakken.research.papers.audit.document.tables import add_table

_LETTERS = 30
"""A page with fewer letters than this is a picture."""
_NEAR = 90.0
"""How far a table's caption may be from it."""
_SLACK = 12.0
"""A caption and the edge of its table may overlap by a line."""
_SILENT = re.compile(r"(?:\d+\.?\s+)?(?:references|bibliography)", re.I)
_NUMBER = re.compile(r"^(?:[A-Z]|\d+)(?:\.\d+)*\.?\s+(?=\w)")
_AUTHOR_YEAR = re.compile(r"((?:et al\.?|[A-Z][\w’'-]+),?\s[(\[]?)((?:19|20)\d{2}[a-z]?)(?=[\])\s;,.])")
_BRACKETS = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")


def read_pdf(path: Path) -> Document:
    """Read a PDF into units.

    Raises:
        UsageError: it cannot be opened, or it has pictures of text instead of text.
    """
    import pypdfium2

    try:
        opened = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        reason = str(error).rstrip(".")
        raise UsageError(f"{path.name} is no PDF paper that can be opened: {reason}.", "Name another file.") from error
    try:
        pages = [read_page(opened[k], k) for k in range(len(opened))]
    finally:
        opened.close()
    letters = sum(len(p.text) for page in pages for p in page.pieces)
    if letters < _LETTERS * max(1, len(pages)):
        raise UsageError(
            f"{path.name} has no text in it: its pages are pictures of a paper.",
            "Name the paper's .tex or .md, or a PDF made from it, or run text recognition over this one.",
        )
    without_furniture(pages)
    middle = gutters(pages)
    regions = [region for page in pages for region in _tables(page, middle.get(page.number))]
    lines = [line for page in pages for line in ordered(page, middle.get(page.number))]
    document = Document(name=path.name)
    _Writer(document, regions).write(lines)
    return document


def _tables(page: Page, gutter: float | None) -> list[Region]:
    """The tables of a page; what is in them is taken out of it."""
    found = ruled_tables(page)
    for region in found:
        page.pieces = [p for p in page.pieces if p not in region.pieces]
    for row in clusters(page.pieces):
        match = CAPTION.match(" ".join(p.text for p in row))
        if match is None or match.group(1) != "Table" or any(_distance(row[0].y, r) < _NEAR for r in found):
            continue
        side = page.pieces
        if gutter is not None and row[0].x1 <= gutter + 3:
            side = [p for p in side if p.x1 <= gutter + 3]
        elif gutter is not None and row[0].x0 >= gutter - 3:
            side = [p for p in side if p.x0 >= gutter - 3]
        start = row[0].y + 1
        loose = _loose(page, side, start)
        if loose is not None:
            found.append(loose)
            page.pieces = [p for p in page.pieces if p not in loose.pieces]
    return sorted(found, key=lambda r: r.top)


def _loose(page: Page, side: Sequence[object], start: float) -> Region | None:
    pieces = [p for p in page.pieces if p in side]
    below = [row for row in clusters(pieces) if row[0].y > start]
    for row in below[:5]:
        if len(row) > 1:
            return loose_table(page, pieces, row[0].y - 1, page.height)
    return loose_table(page, pieces, start - 2, 0.0)


def _distance(y: float, region: Region) -> float:
    return min(abs(region.top - y), abs(y - region.bottom))


@dataclass
class _Writer:
    """Turns blocks into units."""

    document: Document
    regions: list[Region]
    section: str = "Front matter"
    count: int = 0
    block: int = 0
    silent: bool = False
    references: list[str] = field(default_factory=list)
    below: bool = True
    """Tables stand below their captions."""

    def write(self, lines: Sequence[Line]) -> None:
        lines = self._title(lines)
        found = blocks(lines)
        self._entries(found)
        self._continued([b for b in found if b.kind is BlockKind.CAPTION and b.text.startswith("Table")])
        self.below = self._side(found)
        for block in found:
            if block.kind is BlockKind.HEADING:
                self._heading(block)
            elif block.kind is BlockKind.CAPTION:
                self._caption(block)
            elif self.silent:
                continue
            elif block.kind is BlockKind.PARAGRAPH:
                self._paragraph(block.text)
            else:
                self._literal(block)
        for region in self.regions:
            self._table(region, "")
        self.document.raw = "\n".join(u.text for u in self.document.units)

    def _title(self, lines: Sequence[Line]) -> list[Line]:
        """The largest lines of the upper half of the first page."""
        first = [line for line in lines if line.page == 0][:25]
        if not first:
            return list(lines)
        first = [line for line in first if not is_known_heading(line.text)] or first
        largest = max(line.size for line in first)
        usual = sorted(line.size for line in lines)[len(lines) // 2]
        chosen = [line for line in first if line.size > largest - 0.6] if largest > 1.15 * usual else []
        if chosen:
            self.document.title = " ".join(line.text for line in chosen)
            self.document.units.append(Unit(self.document.title, UnitKind.TITLE, "Title", "Title"))
        return [line for line in lines if line not in chosen]

    def _entries(self, found: Sequence[Block]) -> None:
        """Numbers of the entries of a numbered bibliography."""
        inside = False
        for block in found:
            if block.kind is BlockKind.HEADING:
                inside = _SILENT.fullmatch(block.text.strip()) is not None
            elif inside:
                self.references.append(block.text)
                for line in block.lines:
                    self.document.entries += re.findall(r"^\[(\d{1,3})\]", line.text.strip())

    def _continued(self, captions: Sequence[Block]) -> None:
        """Put tables together that go on over pages: their header is printed again, and their caption is not."""
        kept: list[Region] = []
        for region in self.regions:
            last = kept[-1] if kept else None
            head = [cell.text for cell in region.rows[0]]
            named = any(0 <= _apart(caption, region, side) < _NEAR for caption in captions for side in (True, False))
            again = last is not None and region.page > last.page and head == [cell.text for cell in last.rows[0]]
            if last is not None and again and not named:
                last.rows += region.rows[max(1, region.ruled) :]
            else:
                kept.append(region)
        self.regions = kept

    def _heading(self, block: Block) -> None:
        text = _NUMBER.sub("", block.text.strip()).strip()
        self.silent = _SILENT.fullmatch(block.text.strip()) is not None
        self.section, self.count = text, 0
        if text.lower().rstrip(".") == "abstract":
            self.section = "Abstract"
            return
        self.document.headings.append((block.level, text))
        self.document.units.append(Unit(text, UnitKind.HEADING, text, f"Heading “{text}”"))
        if self.silent:
            self._filled()

    def _paragraph(self, text: str) -> None:
        run_in = re.match(r"Abstract\s*[.:—–-]\s*", text)
        if run_in:
            self.section, self.count, text = "Abstract", 0, text[run_in.end() :]
        text = re.sub(r"^(?:[•‣◦▪∙·*]|\(?\d{1,2}[.)])\s+", "", text)
        self._filled()
        self.block += 1
        self.count += 1
        place = f"{self.section}, paragraph {self.count}"
        for sentence in sentences(self._cited(text)):
            cites = CITED in sentence or "[@" in sentence
            self.document.units.append(
                Unit(sentence, UnitKind.SENTENCE, self.section, place, paragraph=self.block, cites=cites)
            )

    def _cited(self, text: str) -> str:
        """Citations in the form in which the audit knows them."""
        known = set(self.document.entries)

        def keys(match: re.Match[str]) -> str:
            numbers = re.findall(r"\d+", match.group(1))
            if not known or any(n not in known and int(n) > len(known) + 40 for n in numbers):
                return match.group()
            self.document.cited += numbers
            return f"[@{'; @'.join(numbers)}]"

        return _AUTHOR_YEAR.sub(rf"\1\2{CITED}", _BRACKETS.sub(keys, text) if known else text)

    def _literal(self, block: Block) -> None:
        self._filled()
        kind = UnitKind.CODE if block.kind is BlockKind.CODE else UnitKind.EQUATION
        name = "listing" if kind is UnitKind.CODE else "equation"
        self.document.units.append(Unit(block.text, kind, self.section, f"{self.section}, {name}"))

    def _caption(self, block: Block) -> None:
        match = CAPTION.match(block.text)
        if match is None:
            return
        kind, text = match.group(1), block.text[match.end() :]
        if kind == "Table":
            region = self._nearest(block)
            if region is not None:
                self.regions.remove(region)
                self._table(region, text)
                return
        if kind in ("Listing", "Algorithm"):
            self._paragraph(text)
            return
        self._filled()
        self.block += 1
        name = "table" if kind == "Table" else "figure"
        self.document.floats.append(Float(name, "", text))
        number = sum(f.kind == name for f in self.document.floats)
        for sentence in sentences(self._cited(text)):
            self.document.units.append(
                Unit(sentence, UnitKind.CAPTION, self.section, f"Caption of {name} {number}", paragraph=self.block)
            )

    def _nearest(self, block: Block) -> Region | None:
        """The table of a caption: on the side on which this paper has its tables, else on the other."""
        for below in (self.below, not self.below):
            apart = {id(r): _apart(block, r, below) for r in self.regions if _beside(block, r)}
            near = [r for r in self.regions if id(r) in apart and 0 <= apart[id(r)] < _NEAR]
            if near:
                return min(near, key=lambda r: apart[id(r)])
        return next((r for r in self.regions if r.page == block.page + 1 and r.top < _NEAR), None)

    def _side(self, found: Sequence[Block]) -> bool:
        """Whether tables stand below their captions in this paper."""
        captions = [b for b in found if b.kind is BlockKind.CAPTION and b.text.startswith("Table")]
        sums = []
        for below in (True, False):
            apart = [[_apart(b, r, below) for r in self.regions if _beside(b, r)] for b in captions]
            sums.append(sum(min((d for d in distances if d >= 0), default=_NEAR) for distances in apart))
        return sums[0] <= sums[1]

    def _table(self, region: Region, caption: str) -> None:
        self._filled()
        self.block += 1
        base = Unit("", UnitKind.CELL, self.section, "", self.block)
        add_table(self.document, region.rows, region.ruled, Float("table", "", self._cited(caption)), base)

    def _filled(self) -> None:
        """The heading above, and those that it stands under, are not empty."""
        level = 99
        for index in range(len(self.document.headings) - 1, -1, -1):
            if self.document.headings[index][0] < level:
                level = self.document.headings[index][0]
                self.document.filled.add(index)


def _apart(block: Block, region: Region, below: bool) -> float:
    """How far a table is below (or above) a caption; negative where it is not."""
    if region.page != block.page:
        return -1.0
    distance = region.top - block.lines[-1].y if below else block.lines[0].y - region.bottom
    return distance + _SLACK if distance > -_SLACK else -1.0


def _beside(block: Block, region: Region) -> bool:
    """Whether a caption and a table share a column."""
    left, right = min(line.x0 for line in block.lines), max(line.x1 for line in block.lines)
    return min(right, region.x1) - max(left, region.x0) > 0.3 * min(right - left, region.x1 - region.x0)
