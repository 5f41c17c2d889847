"""How numbers of the table are written: a value, its interval, and a dash where there is none."""

from __future__ import annotations

from hakken.bench.scientist.types import Cell, Estimate, RunRow, Stage, short_model

NONE = "–"
NAMES = ("model", "reviewer", "template")
"""What cells and runs are told apart by."""
HEAD = (
    "runs",
    *(stage.label for stage in Stage),
    "review score",
    "best",
    "tokens per paper",
    "US$ per paper",
    "minutes per paper",
)


def names_of(what: Cell | RunRow) -> tuple[str, str, str]:
    """Model, reviewer and template, as a table shows them."""
    return short_model(what.model), short_model(what.reviewer), what.template


def cell_title(cell: Cell) -> str:
    """A cell in words."""
    model, reviewer, template = names_of(cell)
    return f"{model} on {template}, reviewed by {reviewer}"


def values_of(cell: Cell) -> list[tuple[str, str]]:
    """The cells of a line: what was seen, and below it the interval."""
    funnel = [(_count(cell, stage), _interval(cell.shares.get(stage), percent=True)) for stage in Stage]
    return [
        (str(cell.runs), ""),
        *funnel,
        (mean_score(cell), _interval(cell.score, digits=2)),
        (str(cell.best) if cell.best is not None else NONE, ""),
        (amount(cell.tokens_per_paper, 0), _interval(cell.tokens_per_paper)),
        (_money(cell), _interval(cell.usd_per_paper, digits=2)),
        (amount(cell.minutes_per_paper, 1), _interval(cell.minutes_per_paper, digits=1)),
    ]


def mean_score(cell: Cell) -> str:
    """``4.50 (2 of 10)``: the mean, over how many of the runs that ended."""
    return f"{cell.score.value:.2f} ({cell.score.count} of {cell.score.of})" if cell.score else NONE


def amount(estimate: Estimate | None, digits: int) -> str:
    """A value alone."""
    return f"{estimate.value:,.{digits}f}" if estimate else NONE


def share(estimate: Estimate | None) -> str:
    """``67 % [30, 90]``, or without an interval where there is none."""
    if estimate is None:
        return NONE
    interval = _interval(estimate, percent=True)
    return f"{100 * estimate.value:.0f} %{f' {interval}' if interval else ''}"


def _count(cell: Cell, stage: Stage) -> str:
    if stage is Stage.IDEAS:
        return str(cell.counts[stage])
    estimate = cell.shares.get(stage)
    return f"{estimate.count}/{estimate.of}" if estimate else NONE


def _money(cell: Cell) -> str:
    text = amount(cell.usd_per_paper, 2)
    return text if cell.priced or text == NONE else f"≥ {text}"


def _interval(estimate: Estimate | None, *, digits: int = 0, percent: bool = False) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    scale = 100 if percent else 1
    unit = " %" if percent else ""
    return f"[{scale * estimate.low:,.{digits}f}, {scale * estimate.high:,.{digits}f}]{unit}"
