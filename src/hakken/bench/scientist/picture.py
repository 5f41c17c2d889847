"""The funnel as a picture: for each cell, how large a share of its ideas and of its runs reached each stage."""

from __future__ import annotations

from html import escape

from hakken.bench.scientist.types import Cell, Stage, short_model
from hakken.core.text import shortened

WIDTH = 420
_LEFT, _RIGHT, _TOP, _ROW, _GAP = 118, 58, 42, 22, 14
_IDEAS, _RUNS, _BACK, _INK, _FAINT = "#2f6f9f", "#b5651d", "#eef2f5", "#1d2a33", "#6b7a85"


def height() -> int:
    """Height of a funnel."""
    return _TOP + _ROW * len(Stage) + _GAP + 8


def funnel(cell: Cell) -> str:
    """One funnel as SVG: bars for shares, whiskers for their 95 % intervals, counts beside them."""
    span = WIDTH - _LEFT - _RIGHT
    title = f"{short_model(cell.model)} on {cell.template}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height()}" role="img" '
        f'aria-label="{escape(_spoken(cell))}" font-family="system-ui, sans-serif" font-size="12">',
        f'<text x="0" y="14" font-weight="600" fill="{_INK}">{escape(shortened(title, 58))}</text>',
        f'<text x="0" y="30" fill="{_FAINT}">{escape(shortened(_beneath(cell), 66))}</text>',
    ]
    y = _TOP
    for stage in Stage:
        if stage is Stage.PAPER:
            y += _GAP
        parts += _bar(cell, stage, y, span)
        y += _ROW
    return "".join([*parts, "</svg>"])


def _bar(cell: Cell, stage: Stage, y: int, span: int) -> list[str]:
    estimate = cell.shares.get(stage)
    whole = stage is Stage.IDEAS
    colour = _RUNS if stage.of_runs else _IDEAS
    share = (1.0 if cell.counts[stage] else 0.0) if whole else (estimate.value if estimate else 0.0)
    seen = str(cell.counts[stage]) if whole else f"{estimate.count}/{estimate.of}" if estimate else "–"
    middle = y + _ROW / 2 - 1
    parts = [
        f'<text x="{_LEFT - 8}" y="{middle + 4:g}" text-anchor="end" fill="{_INK}">{escape(stage.label)}</text>',
        f'<rect x="{_LEFT}" y="{y + 2}" width="{span}" height="{_ROW - 6}" fill="{_BACK}"/>',
        f'<rect x="{_LEFT}" y="{y + 2}" width="{span * share:.1f}" height="{_ROW - 6}" fill="{colour}"/>',
        f'<text x="{_LEFT + span + 8}" y="{middle + 4:g}" fill="{_INK}">{seen}</text>',
    ]
    if estimate is not None and estimate.low is not None and estimate.high is not None:
        low, high = _LEFT + span * estimate.low, _LEFT + span * estimate.high
        # White below ink: the whisker is seen on the bar and beside it.
        for stroke, width in (("#fff", 4), (_INK, 1.5)):
            line = f'stroke="{stroke}" stroke-width="{width}"'
            parts.append(f'<path d="M{low:.1f} {middle:g}H{high:.1f}" {line}/>')
        for end in (low, high):
            parts.append(f'<path d="M{end:.1f} {middle - 4:g}v8" stroke="{_INK}" stroke-width="1.5"/>')
    return parts


def _beneath(cell: Cell) -> str:
    runs = f"{cell.runs} run{'s' if cell.runs != 1 else ''}"
    return f"{runs}, {cell.counts[Stage.IDEAS]} ideas; reviewer: {short_model(cell.reviewer)}"


def _spoken(cell: Cell) -> str:
    """The funnel in words, for those who do not see it."""
    told = ", ".join(f"{cell.counts[stage]} {stage.label}" for stage in Stage)
    return f"{short_model(cell.model)} on {cell.template}: {told}"
