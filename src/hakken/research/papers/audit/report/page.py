"""``audit.json`` and ``audit.html``: the paper's text, every number coloured by its verdict, the findings beside it.

The page is one file without scripts, pictures or anything from elsewhere; whatever comes from the paper or its record
is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path

from hakken.core.files import write_text
from hakken.core.types import AuditReport, Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.report.page_text import MARKS, Notes, paper_text

_ORDER = (
    Verdict.SUPPORTED,
    Verdict.WEAK,
    Verdict.MISATTRIBUTED,
    Verdict.REVERSED,
    Verdict.UNSUPPORTED,
    Verdict.SKIPPED,
)
_MEANING = {
    Verdict.SUPPORTED: "The record has this number, or it follows from the record, for what the words around it name.",
    Verdict.WEAK: "It fits the record, but so would many other numbers.",
    Verdict.MISATTRIBUTED: "The record has it for another method, metric, data set or run.",
    Verdict.REVERSED: "The record has a change of this size, in the other direction.",
    Verdict.UNSUPPORTED: "Nothing in the record gives this number.",
    Verdict.SKIPPED: "A label, a year, the number of a table: nothing to check.",
}
_SIGNS = {Severity.ERROR: "✕", Severity.WARNING: "!", Severity.NOTE: "i"}


def write_report(report: AuditReport, document: Document, matches: Sequence[Match], out_dir: Path) -> tuple[Path, Path]:
    """Write ``audit.json`` and ``audit.html`` into a folder, and return both paths."""
    out_dir.mkdir(parents=True, exist_ok=True)
    json_path, html_path = out_dir / "audit.json", out_dir / "audit.html"
    write_text(json_path, report.model_dump_json(indent=2) + "\n")
    write_text(html_path, _page(report, document, matches))
    return json_path, html_path


def _page(report: AuditReport, document: Document, matches: Sequence[Match]) -> str:
    unique = list(dict.fromkeys(matches))
    by_unit: dict[Unit, list[Match]] = {}
    for match in unique:
        by_unit.setdefault(match.unit, []).append(match)
    places = _places(report.findings, document)
    notes: dict[Unit, Notes] = {}
    for number, unit in places.items():
        notes.setdefault(unit, []).append((number, report.findings[number - 1].severity))
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Audit of {escape(report.paper)}</title><style>{style}</style></head><body>"
        f'{_head(report, unique)}<div class="desk"><main>{paper_text(document, by_unit, notes)}</main>'
        f"{_panel(report.findings, places, document)}</div></body></html>\n"
    )


def _head(report: AuditReport, matches: Sequence[Match]) -> str:
    verdict = "passed" if report.passed else "failed"
    counts = Counter(match.verdict for match in matches)
    shown = [v for v in _ORDER if v is not Verdict.SKIPPED and counts[v]]
    bar = "".join(f'<span class="{v.value}" style="flex:{counts[v]}"></span>' for v in shown)
    legend = "".join(
        f'<li title="{escape(_MEANING[v])}"><span class="n {v.value}">{v.value}{MARKS[v]}</span> '
        f"<b>{counts[v]}</b></li>"
        for v in _ORDER
    )
    severities = Counter(f.severity for f in report.findings)
    said = ", ".join(_count(severities[s], s.value) for s in Severity if severities[s]) or "nothing"
    return (
        f'<header><p class="kicker">Audit</p><h1>{escape(report.paper)} '
        f'<span class="badge {verdict}">{verdict}</span></h1>'
        f"<p>{report.numbers_matched} of {report.numbers_checked} numbers are supported by the record; found: {said}. "
        f'<span class="mute">{report.seconds:.2f} s</span></p><div class="bar" aria-hidden="true">{bar}</div>'
        f'<ul class="legend">{legend}</ul><label class="quiet"><input type="checkbox" id="quiet"> '
        "show only what is not supported</label></header>"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _places(findings: Sequence[Finding], document: Document) -> dict[int, Unit]:
    """Number of a finding, from 1 -> the unit that it is about; findings about the whole paper have none."""
    exact: dict[tuple[str, str], Unit] = {}
    said: dict[str, Unit] = {}
    placed: dict[str, Unit] = {}
    for unit in document.units:
        exact.setdefault((unit.place, unit.text), unit)
        said.setdefault(unit.text, unit)
        placed.setdefault(unit.place, unit)
    found: dict[int, Unit] = {}
    for number, finding in enumerate(findings, 1):
        about = exact.get((finding.place, finding.sentence)) or said.get(finding.sentence) or placed.get(finding.place)
        if about is not None and (finding.sentence or finding.place in placed):
            found[number] = about
    return found


def _panel(findings: Sequence[Finding], places: dict[int, Unit], document: Document) -> str:
    index = {unit: k for k, unit in reversed(list(enumerate(document.units)))}
    cards = "".join(
        _card(number, finding, index.get(places[number]) if number in places else None)
        for number, finding in enumerate(findings, 1)
    )
    body = cards or "<p>Nothing was found: every statement that could be checked agrees with the record.</p>"
    return f'<aside aria-label="Findings"><h2>Findings <span class="mute">{len(findings)}</span></h2>{body}</aside>'


def _card(number: int, finding: Finding, unit: int | None) -> str:
    severity = finding.severity.value
    kind = escape(finding.kind.replace("_", " "))
    place = escape(finding.place)
    where = f'<a href="#u{unit}">{place}</a>' if unit is not None else place
    quoted = f"<blockquote>{escape(_short(finding.sentence))}</blockquote>" if finding.sentence else ""
    rows = "".join(
        f"<dt>{name}</dt><dd>{escape(_short(text))}</dd>"
        for name, text in (("Paper", finding.says), ("Record", finding.record), ("How", finding.how))
        if text
    )
    return (
        f'<article class="finding {severity}" id="f{number}"><h3><span class="sign" aria-hidden="true">'
        f'{_SIGNS[finding.severity]}</span> {number}. {kind} <span class="mute">{severity}</span></h3>'
        f'<p class="where">{where}</p>{quoted}<dl>{rows}</dl></article>'
    )


def _short(text: str, most: int = 600) -> str:
    return text if len(text) <= most else text[:most].rstrip() + " …"
