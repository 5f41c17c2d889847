"""Intervals of shares, means and costs where ideas come in runs and runs are few.

Ideas of one run share its model calls, baseline and budget, so they are no independent draws. The interval of a share
is Wilson's on an effective number of draws: from how much the runs differ (the ratio estimator's variance, with the t
quantile of its few degrees of freedom), never more draws than ideas, and never fewer than if all ideas of a run had
one fate.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from scipy import stats

from hakken.analysis.resampling import effective_draws, wilson
from hakken.bench.scientist.types import Estimate

LEVEL = 0.95
ONE_RUN = "one run gives no interval"


def share_of_runs(count: int, runs: int) -> Estimate | None:
    """Share of runs in which something happened; None without runs."""
    if runs == 0:
        return None
    if runs == 1:
        return Estimate(value=float(count), count=count, of=1, runs=1, why=ONE_RUN)
    low, high = wilson(count / runs, runs)
    return Estimate(value=count / runs, low=low, high=high, count=count, of=runs, runs=runs)


def share_of_ideas(parts: Sequence[tuple[int, int]]) -> Estimate | None:
    """Share of ideas that got somewhere, from (count, ideas) of each run; None without ideas."""
    parts = [(count, size) for count, size in parts if size > 0]
    count, total, runs = sum(c for c, _ in parts), sum(m for _, m in parts), len(parts)
    if runs == 0:
        return None
    share = count / total
    if runs == 1:
        return Estimate(value=share, count=count, of=total, runs=1, why=ONE_RUN)
    low, high = wilson(share, effective_draws(parts))
    return Estimate(value=share, low=low, high=high, count=count, of=total, runs=runs)


def mean(values: Sequence[float], of: int, bounds: tuple[float, float] = (-math.inf, math.inf)) -> Estimate | None:
    """Mean with Student's interval; None without values.

    Args:
        values: One a run.
        of: Runs that ended, those without a value included.
        bounds: Ends of the scale, which the interval does not leave.
    """
    n = len(values)
    if n == 0:
        return None
    middle = math.fsum(values) / n
    if n == 1:
        return Estimate(value=middle, count=1, of=of, runs=1, why=ONE_RUN)
    if (sd := statistics.stdev(values)) == 0.0:
        return Estimate(value=middle, count=n, of=of, runs=n, why="all alike, which gives no spread")
    half = float(stats.t.ppf(0.5 + LEVEL / 2, n - 1)) * sd / math.sqrt(n)
    low, high = max(bounds[0], middle - half), min(bounds[1], middle + half)
    return Estimate(value=middle, low=low, high=high, count=n, of=of, runs=n)


def per_paper(parts: Sequence[tuple[float, int]]) -> Estimate | None:
    """Cost of a paper: what all runs cost over the papers they gave; None without a paper.

    Runs without a paper are paid for too. The interval is Student's on the linearised ratio.

    Args:
        parts: Cost and papers (0 or 1) of each run.
    """
    runs, papers = len(parts), sum(p for _, p in parts)
    if papers == 0:
        return None
    ratio = math.fsum(cost for cost, _ in parts) / papers
    if runs == 1:
        return Estimate(value=ratio, count=papers, of=1, runs=1, why=ONE_RUN)
    variance = runs / (runs - 1) * math.fsum((cost - ratio * p) ** 2 for cost, p in parts) / papers**2
    if variance == 0.0:
        return Estimate(value=ratio, count=papers, of=runs, runs=runs, why="all alike, which gives no spread")
    half = float(stats.t.ppf(0.5 + LEVEL / 2, runs - 1)) * math.sqrt(variance)
    return Estimate(value=ratio, low=max(0.0, ratio - half), high=ratio + half, count=papers, of=runs, runs=runs)
