"""Any paper in, text out: PDF, LaTeX or Markdown."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import UsageError
from hakken.research.review.markup import read_markup
from hakken.research.review.paper import PaperText
from hakken.research.review.pdf import read_pdf

_MARKDOWN = "markdown+tex_math_single_backslash"
_FEWEST_WORDS = 50


def read_paper(path: Path) -> PaperText:
    """Read a paper by its suffix: ``.pdf``, ``.tex``, ``.md``.

    Raises:
        UsageError: there is no such file, it is of another kind, encrypted, damaged, or holds no text to review.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Give the path of a paper: .pdf, .tex or .md.")
    match path.suffix.casefold():
        case ".pdf":
            paper = read_pdf(path)
        case ".tex":
            paper = read_markup(path, "latex")
        case ".md" | ".markdown":
            paper = read_markup(path, _MARKDOWN)
        case other:
            kind = f"of the kind {other!r}" if other else "without a suffix"
            raise UsageError(
                f"{path} is a file {kind}, which is not read as a paper.", "Give a .pdf, .tex or .md file."
            )
    words = sum(len(section.text.split()) for section in paper.sections)
    if words < _FEWEST_WORDS:
        raise UsageError(f"{path} holds {words} words, too few to review.", "Give the whole paper.")
    return paper
