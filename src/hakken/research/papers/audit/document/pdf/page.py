"""One page of a PDF: pieces of text with their places and fonts, rules, and the boxes of pictures."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "\u00ad": "-",
    "\ufffe": "-",
    "\x02": "-",
}
_BOLD = re.compile(r"bold|black|heavy|semib|demi|-bd|medi(?!um)|cmbx|sfbx|bx\d|-b$", re.I)
_MONO = re.compile(r"mono|courier|consol|typewriter|cmtt|sftt|lmtt|inconsolata|menlo", re.I)
_MATH = re.compile(r"math|cmmi|cmsy|cmex|msbm|msam|eufm|rsfs|symbol|stix.*sym|txsy|pxsy|mtmi|mtsy", re.I)
_THICK = 2.5
"""A path no higher than this is a rule."""
_SHORT = 12.0
_SMALLER = 0.86
_RAISED = 0.14
_SPACE = 0.08
_LOOSE = 0.2
"""Gap after a raised letter that is a space although the file has none."""
_CODE = "\ue010"
"""Stands where the font of code begins and ends."""
_APART = 0.85
"""Gap, in sizes of the font, that ends a piece of text."""


@dataclass
class Piece:
    """Text that was set in one go: a line of a column, or a cell of a table."""

    text: str
    x0: float
    x1: float
    y: float
    """Baseline, counted from the top of the page."""
    size: float
    bold: float = 0.0
    """Share of its letters that are bold; likewise below."""
    mono: float = 0.0
    math: float = 0.0
    gap: float = 0.0
    """Width of the space before it on its line."""

    @property
    def width(self) -> float:
        """From its first to its last letter."""
        return self.x1 - self.x0


@dataclass(frozen=True)
class Rule:
    """A horizontal line."""

    x0: float
    x1: float
    y: float


@dataclass(frozen=True)
class Box:
    """Where a picture is."""

    x0: float
    x1: float
    top: float
    bottom: float

    def holds(self, piece: Piece) -> bool:
        """Whether most of a piece of text is inside."""
        middle = (piece.x0 + piece.x1) / 2
        return self.x0 - 1 <= middle <= self.x1 + 1 and self.top - 1 <= piece.y <= self.bottom + 1


@dataclass
class Page:
    """What was read from one page."""

    number: int
    width: float
    height: float
    pieces: list[Piece] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


@dataclass(frozen=True)
class _Glyph:
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    mono: bool
    math: bool


def read_page(page: Any, number: int) -> Page:
    """Read a page of pypdfium2's; text inside pictures and rotated text is left out."""
    width, height = page.get_size()
    result = Page(number, width, height)
    _objects(page, result)
    pieces = _pieces(_glyphs(page, height))
    result.pieces = [p for p in pieces if p.text.strip() and not any(b.holds(p) for b in result.boxes)]
    return result


def _objects(page: Any, result: Page) -> None:
    import pypdfium2.raw as raw

    area = result.width * result.height
    for item in page.get_objects(max_depth=1):
        if item.type not in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_IMAGE):
            continue
        left, bottom, right, top = item.get_bounds()
        if item.type == raw.FPDF_PAGEOBJ_PATH:
            if top - bottom <= _THICK and right - left >= _SHORT:
                result.rules.append(Rule(left, right, result.height - (top + bottom) / 2))
        elif 400 < (right - left) * (top - bottom) < 0.8 * area:
            result.boxes.append(Box(left, right, result.height - top, result.height - bottom))
    result.rules.sort(key=lambda r: (r.y, r.x0))


def _glyphs(page: Any, height: float) -> Iterator[_Glyph | None]:
    """Every letter in the order of the file; None for a space."""
    import pypdfium2.raw as raw

    text = page.get_textpage()
    fonts: dict[bytes, tuple[bool, bool, bool]] = {}
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    x, y = ctypes.c_double(), ctypes.c_double()
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    high = 0
    for k in range(text.count_chars()):
        unit = raw.FPDFText_GetUnicode(text, k)
        if 0xD800 <= unit < 0xDC00:
            high = unit
            continue
        if 0xDC00 <= unit < 0xE000:
            unit = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) if high else 0xFFFD
        char, high = chr(unit), 0
        if char in "\r\n\x00":
            continue
        if char.isspace():
            yield None
            continue
        if not raw.FPDFText_GetMatrix(text, k, matrix) or abs(matrix.b) > 0.1 * abs(matrix.a):
            continue
        raw.FPDFText_GetCharOrigin(text, k, x, y)
        raw.FPDFText_GetLooseCharBox(text, k, box)
        raw.FPDFText_GetFontInfo(text, k, name, 128, flags)
        if name.value not in fonts:
            known = name.value.decode(errors="replace").rpartition("+")[2]
            heavy = raw.FPDFText_GetFontWeight(text, k) >= 600
            fonts[name.value] = (
                bool(_BOLD.search(known)) or heavy,
                bool(_MONO.search(known)),
                bool(_MATH.search(known)),
            )
        size = raw.FPDFText_GetFontSize(text, k) * abs(matrix.d)
        size = size if size > 1.5 else (box.top - box.bottom) * 0.8
        char = unicodedata.normalize("NFKC", char) if 0x1D400 <= unit < 0x1D800 else _LIGATURES.get(char, char)
        yield _Glyph(char, box.left, box.right, height - y.value, size, *fonts[name.value])


@dataclass
class _Run:
    """A piece while it grows."""

    glyphs: list[_Glyph] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    base: float = 0.0
    size: float = 0.0
    level: int = 0

    def takes(self, glyph: _Glyph) -> bool:
        last = self.glyphs[-1]
        size = max(self.size, glyph.size)
        far = abs(glyph.y - self.base) > 0.6 * size
        gap = glyph.x0 - last.x1
        return not far and -1.5 * size < gap < _APART * size

    def add(self, glyph: _Glyph, space: bool) -> None:
        if not self.glyphs or (glyph.size > self.size / _SMALLER and self.level == 0):
            self.base, self.size = glyph.y, glyph.size
        elif glyph.size > self.size * _SMALLER:
            self.size = max(self.size, glyph.size)
        gap = glyph.x0 - self.glyphs[-1].x1 if self.glyphs else 0.0
        if gap > (_SPACE if space else _LOOSE if self.level else 1.0) * self.size:
            self.text.append(" ")
        level = 0
        if glyph.size < self.size * _SMALLER and abs(self.base - glyph.y) > _RAISED * self.size:
            level = 1 if glyph.y < self.base else -1
        if level != self.level and level and glyph.text not in "*†‡′'":
            self.text.append("^" if level > 0 else "_")
        self.level = level
        if glyph.mono != (self.glyphs[-1].mono if self.glyphs else False):
            self.text.append(_CODE)
        self.glyphs.append(glyph)
        self.text.append(glyph.text)

    def piece(self) -> Piece:
        count = len(self.glyphs)
        whole = all(g.mono for g in self.glyphs)
        text = "".join((*self.text, _CODE if self.glyphs[-1].mono else ""))
        return Piece(
            text.replace(_CODE, "" if whole else "`"),
            min(g.x0 for g in self.glyphs),
            max(g.x1 for g in self.glyphs),
            self.base,
            self.size,
            sum(g.bold for g in self.glyphs) / count,
            sum(g.mono for g in self.glyphs) / count,
            sum(g.math for g in self.glyphs) / count,
        )


def _pieces(glyphs: Iterator[_Glyph | None]) -> list[Piece]:
    found: list[Piece] = []
    run, space = _Run(), False
    for glyph in glyphs:
        if glyph is None:
            space = True
            continue
        if run.glyphs and not run.takes(glyph):
            found.append(run.piece())
            run, space = _Run(), False
        run.add(glyph, space)
        space = False
    if run.glyphs:
        found.append(run.piece())
    return found
