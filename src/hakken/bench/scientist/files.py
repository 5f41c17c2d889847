"""The report on disk: Markdown, CSV, JSON and a page."""

from __future__ import annotations

from pathlib import Path

from hakken.bench.scientist.page import to_page
from hakken.bench.scientist.texts import to_csv, to_markdown
from hakken.bench.scientist.types import Table
from hakken.core.files import write_text

PAGE = "index.html"


def write_report(table: Table, out: Path) -> Path:
    """Write ``table.md``, ``table.csv``, ``table.json`` and ``index.html``; returns the page."""
    write_text(out / "table.md", to_markdown(table))
    write_text(out / "table.csv", to_csv(table))
    write_text(out / "table.json", table.model_dump_json(indent=1) + "\n")
    write_text(out / PAGE, to_page(table))
    return out / PAGE
