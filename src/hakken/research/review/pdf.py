"""The text of a PDF: pages cleaned of running heads, cut into sections at what looks like a heading."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from hakken.core.errors import UsageError
from hakken.research.review.paper import PaperText, Section

_HEADING = re.compile(r"^(?:(?P<number>(?:\d+|[A-Z])(?:\.\d+)*)\.?\s+)(?P<title>[A-Z][^.!?]{2,70})$")
_OUTSIDE = r"abstract|limitations?|ethics(?: statement)?|acknowledge?ments?|references|bibliography|appendix|appendices"
_INSIDE = (
    r"introduction|background|preliminaries|related work|methods?|approach|experimental set-?up|experiments?|"
    r"results?(?: and discussion)?|evaluation|analysis|ablations?(?: stud(?:y|ies))?|discussion|"
    r"conclusions?(?: and future work)?"
)
_UNNUMBERED = re.compile(rf"^(?=[A-Z])(?:{_OUTSIDE})\.?$", re.I)
_KNOWN = re.compile(rf"^(?=[A-Z])(?:{_OUTSIDE}|{_INSIDE})\.?$", re.I)
_NUMBERED_PAPER = 3
"""Numbered headings from which on a bare word such as Method is a table's head, not a heading."""
_ABSTRACT_LEAD = re.compile(r"^abstract\s*[.:—–-]\s*", re.I)
_CAPTION = re.compile(r"^(?:figure|fig\.|table)\s*\d+\s*[:.|]", re.I)
_CAPTION_LINES = 6
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])(?:[\ufffe\u00ad\x02]|-)\n(?=[a-z])")
_JOINED = re.compile(r"[\ufffe\u00ad\x02]")
_TITLE_LINES = 3
_RUNNING_PAGES = 3
_LINE = 40
"""A line at least this long goes on in the next one."""


def read_pdf(path: Path) -> PaperText:
    """Read the text of a PDF.

    Raises:
        UsageError: it is encrypted or damaged, or its pages are pictures without text.
    """
    title, pages = _pages(path)
    lines = _without_running_heads(pages)
    text = _JOINED.sub("", _BROKEN_WORD.sub("", "\n".join(lines)))
    if not text.strip():
        raise UsageError(f"{path} has no text: its pages are pictures.", "Give the source, or a PDF with text.")
    lines = text.splitlines()
    sections = _sections(lines)
    return PaperText(
        path=str(path),
        title=title or _first_lines(lines) or path.stem,
        sections=tuple(sections),
        captions=tuple(_captions(lines)),
        pages=len(pages),
    )


def _pages(path: Path) -> tuple[str, list[list[str]]]:
    """The title in the metadata, and the lines of each page."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).casefold():
            raise UsageError(f"{path} is encrypted.", "Give a copy without a password.") from None
        raise UsageError(f"{path} cannot be read as a PDF: {error}.", "Give its .tex or .md instead.") from None
    try:
        pages = []
        for index in range(len(document)):
            page = document[index]
            text = page.get_textpage()
            pages.append([" ".join(line.split()) for line in text.get_text_range().splitlines() if line.strip()])
            text.close()
            page.close()
        return document.get_metadata_dict().get("Title", "").strip(), pages
    finally:
        document.close()


def _without_running_heads(pages: list[list[str]]) -> list[str]:
    """All lines but page numbers and what stands first or last on most pages."""
    edges = Counter(line for page in pages for line in {*page[:2], *page[-2:]})
    running = {line for line, count in edges.items() if count >= _RUNNING_PAGES and count > len(pages) / 2}
    return [line for page in pages for line in page if line not in running and not line.isdigit()]


def _sections(lines: list[str]) -> list[Section]:
    headings = _headings(lines)
    starts = [-1, *headings]
    sections = []
    for start, end in zip(starts, [*headings, len(lines)], strict=True):
        title, level, first = headings[start] if start >= 0 else ("Opening", 1, "")
        text = _flow([line for line in (first, *lines[start + 1 : end]) if line])
        # A numbered heading without text of its own has subsections.
        if text or (start >= 0 and level == 1):
            sections.append(Section(title=title, level=level, text=text))
    return sections


def _headings(lines: list[str]) -> dict[int, tuple[str, int, str]]:
    """Title, level and the text that stands on the heading's own line, by the number of the line."""
    numbered = _numbered(lines)
    known = _UNNUMBERED if len(numbered) >= _NUMBERED_PAPER else _KNOWN
    found = dict(numbered)
    for index, line in enumerate(lines):
        if lead := _ABSTRACT_LEAD.match(line):
            found[index] = ("Abstract", 1, line[lead.end() :])
        elif known.match(line):
            found[index] = (line.strip(" ."), 1, "")
    return dict(sorted(found.items()))


def _numbered(lines: list[str]) -> dict[int, tuple[str, int, str]]:
    """Headings whose numbers count up; a list or a table cell that looks like one seldom does."""
    found = {}
    last: tuple[int, ...] = (0,)
    for index, line in enumerate(lines):
        match = _HEADING.match(line)
        if not match or line.endswith((",", ";", "-")):
            continue
        number = tuple(int(part) if part.isdigit() else 100 + ord(part) for part in match["number"].split("."))
        follows = number[0] in (last[0], last[0] + 1) or number[0] == 100 + ord("A")
        if number > last and follows:
            last = number
            found[index] = (match["title"].strip(), len(number), "")
    return found


def _flow(lines: list[str]) -> str:
    """Lines joined to paragraphs: a short line that ends a sentence ends a paragraph; captions stand alone."""
    text = ""
    for line in lines:
        start = _CAPTION.match(line)
        text += ("\n\n" if start and text else "") + line
        text += "\n\n" if len(line) < _LINE and line.endswith((".", "?", "!")) else "\n" if len(line) < _LINE else " "
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _captions(lines: list[str]) -> list[str]:
    captions = []
    for index, line in enumerate(lines):
        if _CAPTION.match(line):
            taken: list[str] = []
            for piece in lines[index : index + _CAPTION_LINES]:
                if taken and _CAPTION.match(piece):
                    break
                taken.append(piece)
                if piece.endswith("."):
                    break
            captions.append(" ".join(taken))
    return captions


def _first_lines(lines: list[str]) -> str:
    """The title as printed: the lines before the authors cannot be told apart, so the first one that has words."""
    return next((line for line in lines[:_TITLE_LINES] if len(line.split()) > 1), "")
