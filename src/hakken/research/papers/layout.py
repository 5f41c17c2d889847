"""What a look at the pages would find: text over the margin, text over text, cut figures, empty pages, placeholders.

Everything is measured on the PDF itself, so that it holds for papers of any origin; what cannot be measured reliably is
not guessed at. Margins are taken to be symmetric: the left one is where lines begin.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hakken.core.errors import RenderError
from hakken.core.types import Finding, Severity

_PLACEHOLDER = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX|PLACEHOLDER|lorem ipsum|insert \w+ here|citation needed)\b"
    r"|\{(?:F\d+\.\w+|fig:[\w.-]+|tab:[\w.-]+|lst:[\w.-]+)\}|\?\?|\[\?\]|\(\?\)|\[@[\w:-]+\]"
)
_BROKEN = "\ufffd\u25a1\u25af"
#: Points: what a line may hang over the margin (hyphens do), what is an error, and where a page's edge begins.
_HANG, _FAR, _EDGE = 5.0, 14.0, 9.0
_EACH = 3
"""Findings of one kind that are reported for one page."""


@dataclass(frozen=True)
class _Run:
    """A piece of a line, as PDFium joins characters."""

    left: float
    bottom: float
    right: float
    top: float
    text: str

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True)
class _Page:
    number: int
    width: float
    height: float
    text: str
    runs: list[_Run]
    pictures: list[tuple[float, float, float, float]]


def check_layout(pdf: Path) -> list[Finding]:
    """Measure the pages; the first finding is a note with their number.

    Raises:
        RenderError: the file is no PDF.
    """
    pages = _read(pdf)
    findings = [_finding("pages", Severity.NOTE, "paper", "", f"{len(pages)} pages")]
    margin = _margin(pages)
    for page in pages:
        for check in (_overflow, _into_gutter, _cut_figures):
            findings += list(check(page, margin))[:_EACH]
        for simple in (_overlaps, _placeholders, _broken_glyphs):
            findings += list(simple(page))[:_EACH]
    return findings + list(_empty_pages(pages))


def _open(pdf: Path) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(pdf)
    except (pypdfium2.PdfiumError, FileNotFoundError) as error:
        raise RenderError(f"{pdf.name} cannot be opened as a PDF.", "Render the paper again.") from error


def _read(pdf: Path) -> list[_Page]:
    from pypdfium2.raw import FPDF_PAGEOBJ_FORM, FPDF_PAGEOBJ_IMAGE

    pages = []
    with _open(pdf) as document:
        for number, page in enumerate(document, 1):
            text = page.get_textpage()
            boxes = [text.get_rect(k) for k in range(text.count_rects())]
            runs = [_run(box, text.get_text_bounded(*box).strip()) for box in boxes]
            kinds = [FPDF_PAGEOBJ_FORM, FPDF_PAGEOBJ_IMAGE]
            pictures = [tuple(o.get_bounds()) for o in page.get_objects(filter=kinds, max_depth=1)]
            whole = text.get_text_range() if text.count_chars() else ""
            width, height = page.get_size()
            pages.append(_Page(number, width, height, whole, [r for r in runs if r.text], pictures))
    return pages


def _run(box: tuple[float, float, float, float], text: str) -> _Run:
    left, bottom, right, top = box
    return _Run(left, bottom, right, top, text)


def _margin(pages: list[_Page]) -> float:
    """The left margin: the leftmost place where many lines begin."""
    starts = Counter(round(run.left) for page in pages for run in page.runs)
    enough = max(3, sum(starts.values()) // 50)
    return float(min((x for x, n in starts.items() if n >= enough), default=0))


def _overflow(page: _Page, margin: float) -> Iterator[Finding]:
    right = page.width - margin
    for run in page.runs:
        beyond = max(run.right - right, margin - run.left)
        outside = (
            run.right > page.width - _EDGE or run.left < _EDGE or run.bottom < _EDGE or run.top > page.height - _EDGE
        )
        if outside or (margin and beyond > _HANG):
            severity = Severity.ERROR if outside or beyond > _FAR else Severity.WARNING
            says = "text runs off the page" if outside else f"text is {beyond:.0f} pt beyond the margin"
            yield _finding("overflow", severity, f"page {page.number}", run.text, says)


def _into_gutter(page: _Page, margin: float) -> Iterator[Finding]:
    """Lines of the left column that reach into the gap between the columns, with text beside them."""
    middle = page.width / 2
    starts = Counter(round(r.left) for r in page.runs if middle < r.left < middle + 40)
    if not starts or starts.most_common(1)[0][1] < 8:
        return
    edge = starts.most_common(1)[0][0]
    column = 2 * middle - edge
    beside = [r for r in page.runs if abs(r.left - edge) < 2]
    for run in page.runs:
        if run.left < middle and column + _HANG < run.right < edge + 200 and run.left < column - 40:
            level = [r for r in beside if min(r.top, run.top) - max(r.bottom, run.bottom) > 0.5 * run.height]
            if level and run.right < edge + 2:
                says = f"text reaches {run.right - column:.0f} pt into the gap between the columns"
                yield _finding("overflow", Severity.WARNING, f"page {page.number}", run.text, says)


def _cut_figures(page: _Page, margin: float) -> Iterator[Finding]:
    for left, bottom, right, top in page.pictures:
        place = f"page {page.number}"
        if left < -1 or bottom < -1 or right > page.width + 1 or top > page.height + 1:
            yield _finding("figure_cut", Severity.ERROR, place, "", "a figure is cut off by the edge of the page")
        elif margin and (left < margin - _FAR or right > page.width - margin + _FAR):
            yield _finding("figure_cut", Severity.WARNING, place, "", "a figure stands beyond the margin")


def _overlaps(page: _Page) -> Iterator[Finding]:
    """Words on words. Short runs are left out: accents, limits and radicals of formulas overlap by design."""
    words = sorted((r for r in page.runs if sum(c.isalnum() for c in r.text) > 2), key=lambda r: -r.top)
    for k, one in enumerate(words):
        for other in words[k + 1 :]:
            if other.top < one.bottom:
                break
            wide = min(one.right, other.right) - max(one.left, other.left)
            high = min(one.top, other.top) - max(one.bottom, other.bottom)
            if wide > 3 and high > 0.5 * min(one.height, other.height):
                place = f"page {page.number}"
                yield _finding(
                    "overlap", Severity.ERROR, place, f"{one.text} / {other.text}", "text lies on other text"
                )


def _placeholders(page: _Page) -> Iterator[Finding]:
    for match in _PLACEHOLDER.finditer(page.text):
        around = " ".join(page.text[max(0, match.start() - 40) : match.end() + 40].split())
        yield _finding("placeholder", Severity.ERROR, f"page {page.number}", around, f"a placeholder: {match[0]}")


def _broken_glyphs(page: _Page) -> Iterator[Finding]:
    for run in page.runs:
        if any(c in run.text for c in _BROKEN):
            yield _finding("glyph", Severity.WARNING, f"page {page.number}", run.text, "a character could not be shown")


def _empty_pages(pages: list[_Page]) -> Iterator[Finding]:
    sizes = [len(page.text.strip()) for page in pages]
    for page, size in zip(pages, sizes, strict=True):
        last = page.number == len(pages) > 1
        if size == 0 and not page.pictures:
            yield _finding("empty_page", Severity.WARNING, f"page {page.number}", "", "the page is empty")
        elif last and size < 0.08 * max(sizes) and not page.pictures:
            yield _finding("empty_page", Severity.NOTE, f"page {page.number}", "", "the last page is nearly empty")


def _finding(kind: str, severity: Severity, place: str, sentence: str, says: str) -> Finding:
    return Finding(
        kind=kind,
        severity=severity,
        place=place,
        sentence=sentence[:160],
        says=says,
        record="",
        how="measured on the PDF",
    )
