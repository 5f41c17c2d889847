"""A report as files: ``report.html`` (one file, pictures inside, no scripts), ``report.md`` and ``report.json``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import jinja2
from markupsafe import Markup

from hakken.analysis.drawing import data_uri
from hakken.bench.reports.plots import draw
from hakken.bench.reports.records import Report
from hakken.bench.reports.tables import Table, compute_lines, contamination_line, markdown, tables
from hakken.core.files import write_text


def write_report(report: Report, out: Path) -> tuple[Path, Path, Path]:
    """Write the three files into a folder, and return their paths: HTML, Markdown, JSON."""
    out.mkdir(parents=True, exist_ok=True)
    paths = out / "report.html", out / "report.md", out / "report.json"
    for path, text in zip(paths, (html(report), text_of(report), _json(report)), strict=True):
        write_text(path, text)
    return paths


def title_of(report: Report) -> str:
    """The agents, or how many there are."""
    return ", ".join(report.agents) if len(report.agents) <= 3 else f"{len(report.agents)} agents"


def html(report: Report) -> str:
    """The page; whatever comes from an agent or a task is escaped."""
    plots = [
        {"name": p.name, "title": p.title, "caption": p.caption, "source": data_uri(p.document)} for p in draw(report)
    ]
    return _template("page.html.j2").render(
        report=report,
        title=title_of(report),
        style=Markup(_text("page.css")),
        tables=tables(report),
        render=_table,
        plots=plots,
        compute=list(compute_lines(report)),
        contamination=contamination_line(report),
    )


def text_of(report: Report) -> str:
    """The report in Markdown, without pictures."""
    parts = [
        f"# {title_of(report)}",
        f"{report.attempts} attempts at {report.tasks} tasks from {report.repositories} repositories. Values with 95 % "
        "intervals over repositories and, in them, groups of tasks with the same masked functions.",
    ]
    if report.notes:
        parts.append("\n".join(f"> {note}" for note in report.notes))
    for table in tables(report):
        parts += [f"## {table.title}", *([table.caption] if table.caption else []), markdown(table)]
    if report.pairs:
        parts += ["## Differences", "\n".join(f"- {pair.sentence}" for pair in report.pairs)]
    parts += ["## Compute", "\n".join(f"- {line}" for line in compute_lines(report))]
    parts += ["## Contamination", contamination_line(report)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> Markup:
    return Markup(_template("table.html.j2").render(table=table))


def _json(report: Report) -> str:
    return report.model_dump_json(indent=1) + "\n"


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_text(name))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
