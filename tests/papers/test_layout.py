"""Faults that are set on purpose are found; good pages have none (see test_render)."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from hakken.core.errors import RenderError
from hakken.core.types import Finding, Severity
from hakken.research.papers.layout import check_layout

GOOD = "#set page(width: 400pt, height: 500pt, margin: 50pt)\n#set par(justify: true)\n#lorem(120)\n\n"


def findings(tmp_path: Path, source: str) -> list[Finding]:
    """Check a page of Typst; the note with the number of pages is left out."""
    (tmp_path / "page.typ").write_text(GOOD + source)
    typst.compile(tmp_path / "page.typ", tmp_path / "page.pdf", root=tmp_path)
    pages, *rest = check_layout(tmp_path / "page.pdf")
    assert pages.kind == "pages"
    return rest


def test_good_page(tmp_path: Path) -> None:
    assert findings(tmp_path, "More text. $sum_(i=1)^n hat(x)_i^2 / sqrt(y)$") == []


@pytest.mark.parametrize(
    ("source", "kind", "severity"),
    [
        (
            "#box(width: 0pt, `a_very_long_identifier_that_does_not_fit_into_the_line_at_all_x`)",
            "overflow",
            Severity.ERROR,
        ),
        ("#place(top + left, dx: 330pt)[runs off the page]", "overflow", Severity.ERROR),
        ("#place(top + left, dy: 3pt)[Words over other words]", "overlap", Severity.ERROR),
        ("The result is TODO.", "placeholder", Severity.ERROR),
        ("The result is {F7.delta}, see ??.", "placeholder", Severity.ERROR),
        ("A box □ instead of a letter.", "glyph", Severity.WARNING),
        ("#pagebreak()\n#pagebreak()\nend of it all", "empty_page", Severity.WARNING),
    ],
)
def test_faults(tmp_path: Path, source: str, kind: str, severity: Severity) -> None:
    found = findings(tmp_path, source)
    assert (kind, severity) in {(f.kind, f.severity) for f in found}


def test_cut_figure(tmp_path: Path) -> None:
    (tmp_path / "r.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    )
    (tmp_path / "inner.typ").write_text("#set page(width: 90pt, height: 60pt)\n#rect()")
    typst.compile(tmp_path / "inner.typ", tmp_path / "inner.pdf", root=tmp_path)
    found = findings(tmp_path, '#place(top + left, dx: 280pt, image("inner.pdf", width: 120pt))')
    assert "figure_cut" in {f.kind for f in found}


def test_no_pdf(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_text("no")
    with pytest.raises(RenderError, match="cannot be opened"):
        check_layout(tmp_path / "x.pdf")
