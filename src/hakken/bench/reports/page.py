"""A report as files: ``report.html`` (one file, pictures inside, no scripts), ``report.md`` and ``report.json``."""

from __future__ import annotations

from pathlib import Path

from hakken.analysis import pages
from hakken.analysis.pages import Block, Lines
from hakken.bench.reports.plots import draw
from hakken.bench.reports.records import Report
from hakken.bench.reports.tables import compute_lines, contamination_line, details, headline
from hakken.core.files import write_text


def write_report(report: Report, out: Path) -> tuple[Path, Path, Path]:
    """Write the three files into a folder, and return their paths: HTML, Markdown, JSON."""
    out.mkdir(parents=True, exist_ok=True)
    paths = out / "report.html", out / "report.md", out / "report.json"
    for path, text in zip(paths, (html(report), text_of(report), report.model_dump_json(indent=1)), strict=True):
        write_text(path, text)
    return paths


def html(report: Report) -> str:
    """The page; whatever comes from an agent or a task is escaped."""
    before, after = _blocks(report)
    return pages.html(
        _title(report),
        _lead(report),
        [*before, *draw(report), *after],
        kicker="Benchmark report",
        foot=f"Hakken {report.hakken}; the same data are in report.json.",
    )


def text_of(report: Report) -> str:
    """The report in Markdown, without pictures."""
    before, after = _blocks(report)
    return pages.text(_title(report), _lead(report), [*before, *after])


def _title(report: Report) -> str:
    if not report.agents:
        return "Nothing was measured"
    return ", ".join(report.agents) if len(report.agents) <= 3 else f"{len(report.agents)} agents"


def _lead(report: Report) -> str:
    sources = f"{report.repositories} repositor{'y' if report.repositories == 1 else 'ies'}"
    lost = sum(group.attempts for group in report.unmeasured)
    without = f", {lost} of them not measured, for infrastructure" if lost else ""
    return (
        f"{report.attempts} attempts at {report.tasks} tasks from {sources}{without}. All intervals "
        "are 95 %, over repositories and, in them, groups of tasks with the same masked functions."
    )


def _blocks(report: Report) -> tuple[list[Block], list[Block]]:
    """What stands before the pictures, and after them."""
    before: list[Block] = [Lines("Read first", report.notes, warn=True)] if report.notes else []
    before += headline(report)
    if report.pairs:
        before.append(Lines("Differences", tuple(pair.sentence for pair in report.pairs)))
    after: list[Block] = [
        Lines("Compute", tuple(compute_lines(report))),
        Lines("Contamination", (contamination_line(report),)),
        *details(report),
    ]
    return before, after
