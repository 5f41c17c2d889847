"""The page of an audit: whole, offline, harmless, and every finding leads to its sentence."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hakken.core.types import AuditReport, Finding, Severity
from hakken.research.papers.audit.document.document import Document, Float, Unit, UnitKind
from hakken.research.papers.audit.document.grid import Cell
from hakken.research.papers.audit.document.tables import add_table
from hakken.research.papers.audit.language.numbers import find_numbers
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.report.page import write_report

HOSTILE = "<script>alert(\"x\")</script> & 0.5 <b onmouseover='y'>"


class _Reader(HTMLParser):
    """Collects what a browser would see, and checks that elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") for name in found)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _document() -> Document:
    document = Document(name="paper.tex", title="A title")
    sentence = Unit(f"{HOSTILE} and 0.7.", UnitKind.SENTENCE, "Results", "Results, paragraph 1", paragraph=1)
    document.units = [
        Unit("A title", UnitKind.TITLE, "Title", "Title"),
        Unit("Results", UnitKind.HEADING, "Results", "Heading “Results”"),
        sentence,
        Unit("\\begin{equation} a &= \\eta \\end{equation}", UnitKind.EQUATION, "Results", "Results, equation"),
    ]
    document.headings = [(1, "Results")]
    rows = [
        [Cell("Method"), Cell("Loss"), Cell("Time")],
        [Cell("Small ones", columns=3)],
        [Cell("First", rows=2), Cell("0.25", bold=True), Cell("3.5")],
        [Cell("0.35"), Cell("4.5")],
    ]
    base = Unit("", UnitKind.CELL, "Results", "", paragraph=2)
    add_table(document, rows, 1, Float("table", "", "Losses & more."), base)
    return document


def _matches(document: Document) -> list[Match]:
    verdicts = iter([Verdict.UNSUPPORTED, Verdict.SUPPORTED, Verdict.WEAK, Verdict.MISATTRIBUTED, Verdict.SKIPPED] * 3)
    return [
        Match(unit, number, Role.LEVEL, next(verdicts), f"evidence for {HOSTILE}")
        for unit in document.units
        if unit.kind is not UnitKind.EQUATION
        for number in find_numbers(unit.text)
    ]


def _finding(place: str, sentence: str, severity: Severity) -> Finding:
    return Finding(kind="unsupported", severity=severity, place=place, sentence=sentence, says=HOSTILE, record="0.4")


@pytest.fixture
def page(tmp_path: Path) -> str:
    """A page about text that tries to be more than text."""
    document = _document()
    findings = (
        _finding("Results, paragraph 1", document.units[2].text, Severity.ERROR),
        _finding("Table 1, row “First”, column “Time”", "4.5", Severity.WARNING),
        _finding("Whole paper", "", Severity.NOTE),
    )
    report = AuditReport(paper="paper.tex", numbers_checked=6, numbers_matched=2, findings=findings)
    json_path, html_path = write_report(report, document, _matches(document), tmp_path / "audit")
    assert AuditReport.model_validate_json(json_path.read_text(encoding="utf-8")) == report
    return html_path.read_text(encoding="utf-8")


def test_what_the_paper_and_the_record_say_is_only_text(page: str) -> None:
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert not {"script", "img", "iframe", "link", "object"} & set(reader.tags)
    assert "&lt;script&gt;" in page
    assert "url(" not in page
    assert "@import" not in page


def test_every_finding_leads_to_its_sentence_and_back(page: str) -> None:
    reader = _Reader()
    reader.feed(page)
    assert all(link.startswith("#") for link in reader.links)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)
    assert page.count('class="finding ') == 3
    assert re.search(r'class="u error" id="(u2)">.*href="#f1"', page)
    assert re.search(r'<article class="finding error" id="f1">.*href="#u2"', page)


def test_verdicts_are_told_by_shape_too_and_counted(page: str) -> None:
    for verdict in Verdict:
        assert f'class="n {verdict.value}"' in page
    assert "text-decoration-style:wavy" in page
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page
    assert "2 of 6 numbers are supported by the record; found: 1 error, 1 warning, 1 note." in page


def test_tables_have_their_shape(page: str) -> None:
    table = re.search(r"<table>.*</table>", page, re.DOTALL)
    assert table is not None
    assert table.group().count("<tr") == 4
    assert '<tr class="group"><th colspan="3">' in table.group()
    assert '<td class="mute">First</td>' in table.group()
    assert re.search(r"<td><strong><span class=\"u\"[^>]*><span class=\"n \w+\" tabindex=\"0\">0.25", table.group())
    assert '<pre class="equation">a = η</pre>' in page
