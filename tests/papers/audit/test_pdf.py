"""PDF papers: columns in reading order, words made whole, tables as rows and cells, furniture dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from hakken.core.errors import UsageError
from hakken.core.types import FigureFile
from hakken.research.papers.audit import Auditor, from_snapshot
from hakken.research.papers.audit.document.document import CITED, Document, UnitKind
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.render import render
from tests.papers.builders import build_snapshot
from tests.papers.sample import BIB, sample_markdown, sample_metadata
from tests.papers.test_render import PIXEL

WORDS = "Small networks overfit when few examples are shown repeatedly during training, and regularisation helps. "

PAPER = r"""
#set page(width: 150mm, height: 120mm, margin: 14mm, header: [A running head #h(1fr) of this paper], numbering: "1")
#set text(size: 9pt, lang: "en", hyphenate: true)
#set par(justify: true, first-line-indent: 1em)
#show heading: set text(size: 11pt)
#set heading(numbering: "1.1")
#align(center, text(size: 16pt)[A study of columns])
#align(center)[Ann Author]
#columns(2, gutter: 6mm)[
= Introduction
WORDS WORDS WORDS

It fell to $9.1 plus.minus 0.4$ % at $3 times 10^(-4)$ as Hinton et al. (2010) and others @ref[2] say, see `run.py:7`.

WORDS WORDS WORDS WORDS
== Results in short
The loss is 0.25 (Table 1). WORDS WORDS

#figure(kind: table, supplement: [Table], caption: [Losses of the methods, lower is better.], table(
  columns: 5, stroke: none, align: left,
  table.hline(),
  [], table.cell(colspan: 2)[Train], table.cell(colspan: 2)[Test],
  table.hline(start: 1, end: 3, stroke: 0.4pt), table.hline(start: 3, stroke: 0.4pt),
  [Method], [A], [B], [A], [B],
  table.hline(),
  [First], [0.25], [1.25], [2.25], [3.25],
  [Second one], [0.35], [1.35], [*2.15*], [−3.35],
  table.hline(),
))
WORDS WORDS
$ x = sum_i y_i^2 / n $
WORDS
#figure(rect(width: 20mm, height: 8mm), caption: [A frame of 7 mm.])
= References
[1] A. Author. A title with 1234 words. 2001.

[2] B. Author. Another title. 2002.
]
"""


def _compiled(folder: Path, source: str) -> Path:
    text = source.replace("WORDS", WORDS).replace("@ref[2]", "[2]")
    (folder / "paper.typ").write_text(text, encoding="utf-8")
    typst.compile(str(folder / "paper.typ"), output=str(folder / "paper.pdf"))
    return folder / "paper.pdf"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A two-column paper of several pages."""
    return read_document(_compiled(tmp_path_factory.mktemp("pdf"), PAPER))


def _prose(document: Document, section: str) -> str:
    return " ".join(u.text for u in document.units if u.section == section and u.kind is UnitKind.SENTENCE)


def test_columns_are_read_one_after_the_other_and_words_made_whole(document: Document) -> None:
    assert document.title == "A study of columns"
    assert _prose(document, "Introduction").count(WORDS.strip()) == 7
    assert [text for _, text in document.headings] == ["Introduction", "Results in short", "References"]
    assert document.filled == {0, 1, 2}
    assert "running head" not in document.text


def test_inline_mathematics_code_and_citations_are_kept(document: Document) -> None:
    sentence = next(u for u in document.units if "It fell" in u.text)
    assert (
        f"9.1 ± 0.4 % at 3 × 10^−4 as Hinton et al. (2010{CITED}) and others [@2] say, see `run.py:7`." in sentence.text
    )
    assert sentence.cites
    assert document.cited == ["2"]
    assert document.entries == ["1", "2"]
    assert "1234" not in document.text


def test_a_table_has_rows_columns_and_bold_cells(document: Document) -> None:
    cells = {(u.row[0][1], u.column): u for u in document.units if u.row and u.kind is UnitKind.CELL}
    assert {key: u.text for key, u in cells.items()} == {
        ("First", "Train, A"): "0.25",
        ("First", "Train, B"): "1.25",
        ("First", "Test, A"): "2.25",
        ("First", "Test, B"): "3.25",
        ("Second one", "Train, A"): "0.35",
        ("Second one", "Train, B"): "1.35",
        ("Second one", "Test, A"): "2.15",
        ("Second one", "Test, B"): "−3.35",
    }
    assert [u.text for u in cells.values() if u.bold] == ["2.15"]
    assert {(f.kind, f.caption) for f in document.floats} == {
        ("table", "Losses of the methods, lower is better."),
        ("figure", "A frame of 7 mm."),
    }
    assert next(iter(cells.values())).caption == "Losses of the methods, lower is better."


def test_formulae_are_no_prose(document: Document) -> None:
    assert any(u.kind is UnitKind.EQUATION and "=" in u.text for u in document.units)


def test_line_numbers_in_the_margin_are_dropped(tmp_path: Path) -> None:
    source = '#set par.line(numbering: "1")\n#set page(height: 120mm)\n= Introduction\n' + "It is 42. WORDS\n\n" * 9
    document = read_document(_compiled(tmp_path, source))
    assert _prose(document, "Introduction").split()[:3] == ["It", "is", "42."]
    assert sum(u.text.strip().isdigit() for u in document.units) == 0


def test_tables_without_rules_and_tables_over_pages(tmp_path: Path) -> None:
    rows = " ".join(f"[v{k}], [{k}.5], [{k}.25]," for k in range(30))
    source = (
        "#set page(width: 150mm, height: 100mm)\n= Results\nWORDS\n\n"
        "Table 1: Made by hand.\n\n#table(columns: 3, stroke: none, column-gutter: 5mm,"
        " [Name], [A (s)], [B (s)], [x], [1.5], [2.5], [y], [3.5], [4.5])\n\nWORDS\n\n"
        "Table 2: A long one.\n\n#table(columns: (30mm, 20mm, 20mm), stroke: none,"
        f" table.header(table.hline(), [Version], [A], [B], table.hline()), {rows} table.hline())\n\nWORDS"
    )
    document = read_document(_compiled(tmp_path, source))
    cells = {(u.table, u.row[0][1], u.column): u.text for u in document.units if u.kind is UnitKind.CELL}
    assert (cells[1, "x", "A (s)"], cells[1, "y", "B (s)"]) == ("1.5", "4.5")
    assert (cells[2, "v0", "A"], cells[2, "v29", "B"]) == ("0.5", "29.25")
    assert sum(table == 2 for table, _, _ in cells) == 60
    assert [f.caption for f in document.floats] == ["Made by hand.", "A long one."]


def test_a_paper_of_ours_audited_as_pdf_gives_what_its_markdown_gives(tmp_path: Path) -> None:
    figures = tmp_path / "drawn"
    figures.mkdir()
    for name in ("report", "search"):
        (figures / f"{name}.png").write_bytes(PIXEL)
    (tmp_path / "refs.bib").write_text(BIB)
    snapshot = build_snapshot()
    drawn = [FigureFile(label=n, caption=f"Caption of *{n}*.", path=n) for n in ("report", "search")]
    text = sample_markdown(snapshot, drawn)
    render(text, bib=tmp_path / "refs.bib", figures=figures, out=tmp_path, metadata=sample_metadata(), engine="typst")
    auditor = Auditor(from_snapshot(snapshot))
    bib = tmp_path / "paper.bib"
    written, printed = (auditor.audit(tmp_path / f"paper.{kind}", bib).report for kind in ("md", "pdf"))
    assert written.numbers_checked > 450
    assert abs(printed.numbers_checked - written.numbers_checked) <= 0.01 * written.numbers_checked
    assert abs(printed.numbers_matched - written.numbers_matched) <= 0.01 * written.numbers_matched


def test_a_scan_and_what_is_no_pdf_are_said_in_a_sentence(tmp_path: Path) -> None:
    scan = _compiled(tmp_path, "#rect(width: 100%, height: 100%, fill: gray)")
    with pytest.raises(UsageError, match="has no text in it") as caught:
        read_document(scan)
    assert "text recognition" in caught.value.mend
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(UsageError, match="no PDF paper"):
        read_document(tmp_path / "broken.pdf")
