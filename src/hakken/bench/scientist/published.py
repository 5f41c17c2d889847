"""The published table to hold beside the measured one: the same columns, a block of its own, and its source."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hakken.bench.scientist.types import Cell, Stage, short_model
from hakken.bench.scientist.wording import mean_score
from hakken.core.types import Record

COLUMNS = (
    "Total Ideas",
    "Novel Ideas",
    "Experiments Passed",
    "Completed Papers",
    "Mean Score",
    "Max Score",
    "Total Cost",
)
"""Columns of the evaluation tables of The AI Scientist's paper."""
MAPPING = (
    "Total Ideas: ideas proposed. Novel Ideas: new by a literature check, and a dash as long as there is none. "
    "Experiments Passed: ideas with a version that ran. Completed Papers: papers that were rendered. Mean and Max "
    "Score: overall score of the review, 1 to 10, over the runs that have one. Total Cost: model calls of all runs."
)
NONE = "–"


class PublishedRow(Record):
    """One cell of what was published."""

    template: str
    model: str
    papers: int
    mean: float
    max: int


class Published(Record):
    """All of it, with its source."""

    source: str
    notes: tuple[str, ...]
    rows: tuple[PublishedRow, ...]


def published() -> Published:
    """What was published about The AI Scientist."""
    path = Path(__file__).with_name("published.toml")
    return Published.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def published_cells(row: PublishedRow) -> tuple[str, ...]:
    """One published row under the paper's columns."""
    return ("51–52", NONE, NONE, str(row.papers), f"{row.mean:.2f}", str(row.max), NONE)


def measured_cells(cell: Cell) -> tuple[str, ...]:
    """One measured cell under the paper's columns."""
    cost = f"US$ {cell.usage.usd:.2f}" if cell.priced else f"at least US$ {cell.usage.usd:.2f}"
    return (
        str(cell.counts[Stage.IDEAS]),
        str(cell.counts[Stage.NEW]) if cell.novelty_checked else NONE,
        str(cell.counts[Stage.RAN]),
        str(cell.counts[Stage.PAPER]),
        mean_score(cell),
        str(cell.best) if cell.best is not None else NONE,
        cost,
    )


def measured_rows(cells: tuple[Cell, ...]) -> list[tuple[str, ...]]:
    """Template, model, reviewer and the paper's columns, for each cell."""
    return [
        (cell.template, short_model(cell.model), short_model(cell.reviewer), *measured_cells(cell)) for cell in cells
    ]


def published_rows() -> list[tuple[str, ...]]:
    """The same for what was published, without reviewers: they are told in its notes."""
    return [(row.template, row.model, *published_cells(row)) for row in published().rows]
