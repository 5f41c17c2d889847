"""Success against compute: a straight line on a logarithmic axis, with the interval of its slope.

The line is an empirical summary of the points that were measured; nothing is said beyond them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import PositiveInt

from hakken.analysis.resampling import Array
from hakken.core.types import Record

LEAST_POINTS = 3
LEAST_RANGE = 1.5
"""The largest compute over the smallest: below it a slope is a guess."""
_GRID = 25


class BandPoint(Record):
    """The line at one amount of compute, with its 95 % interval."""

    x: float
    value: float
    low: float
    high: float


class LogFit(Record):
    """``share = intercept + slope * log10(compute)``."""

    slope: float
    """Change of the share with ten times the compute."""
    low: float
    high: float
    """95 % interval of the slope."""
    intercept: float
    points: PositiveInt
    band: tuple[BandPoint, ...]


class NoFit(Record):
    """Why there is no line."""

    reason: str


def fit_log(x: Sequence[float], y: Sequence[float], draws: Array) -> LogFit | NoFit:
    """Fit a line, and refit it in every draw.

    Args:
        x: Compute of each point, in any unit, shape (points,).
        y: Share of each point, shape (points,).
        draws: The shares in each draw of the tasks, shape (draws, points), so that points that share tasks vary
            together.
    """
    distinct = sorted(set(x))
    if min(distinct, default=0.0) <= 0:
        return NoFit(reason="No compute is recorded.")
    if len(distinct) < LEAST_POINTS:
        return NoFit(reason=f"{len(distinct)} amounts of compute are too few for a line: it takes {LEAST_POINTS}.")
    if distinct[-1] / distinct[0] < LEAST_RANGE:
        return NoFit(reason="The amounts of compute are too close together for a line.")
    logs = np.log10(np.asarray(x, float))
    design = np.stack([np.ones_like(logs), logs], axis=1)
    solve = np.linalg.pinv(design)
    intercept, slope = solve @ np.asarray(y, float)
    lines = draws @ solve.T
    low, high = np.percentile(lines[:, 1], [2.5, 97.5])
    grid = np.linspace(logs.min(), logs.max(), _GRID)
    fans = lines[:, [0]] + lines[:, [1]] * grid
    lows, highs = np.percentile(fans, [2.5, 97.5], axis=0)
    band = tuple(
        BandPoint(x=float(10**g), value=float(intercept + slope * g), low=float(a), high=float(b))
        for g, a, b in zip(grid, lows, highs, strict=True)
    )
    return LogFit(
        slope=float(slope), low=float(low), high=float(high), intercept=float(intercept), points=len(x), band=band
    )
