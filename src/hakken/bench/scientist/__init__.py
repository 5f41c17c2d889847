"""The scientist measured: models by templates, with the funnel from ideas to audited papers, scores and costs."""

from hakken.bench.scientist.reading import find_runs, read_run
from hakken.bench.scientist.table import build_table
from hakken.bench.scientist.types import Cell, Estimate, RunRow, Stage, Table

__all__ = ["Cell", "Estimate", "RunRow", "Stage", "Table", "build_table", "find_runs", "read_run"]
