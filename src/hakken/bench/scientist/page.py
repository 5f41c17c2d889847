"""The report as one static page: funnels, the table, failures, the published block and the runs. It loads nothing."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, StrictUndefined

from hakken.bench.scientist.picture import funnel
from hakken.bench.scientist.published import COLUMNS, MAPPING, measured_rows, published, published_rows
from hakken.bench.scientist.table import failures_of
from hakken.bench.scientist.texts import METHOD, cell_notes
from hakken.bench.scientist.types import Stage, Table
from hakken.bench.scientist.wording import HEAD, NAMES, names_of, values_of


def to_page(table: Table) -> str:
    """The whole report as HTML."""
    text = resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    told = published()
    return environment.from_string(text).render(
        funnels=[funnel(cell) for cell in table.cells],
        names=NAMES,
        head=HEAD,
        lines=[(names_of(cell), values_of(cell)) for cell in table.cells],
        stages=list(Stage),
        method=METHOD,
        notes=[*table.notes, *cell_notes(table)],
        failures=failures_of(table),
        columns=COLUMNS,
        measured=measured_rows(table.cells),
        published=published_rows(),
        told=told,
        mapping=MAPPING,
        rows=[(names_of(row), row) for row in table.rows],
    )
