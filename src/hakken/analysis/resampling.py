"""Intervals that are as wide as what is known: draws of whole groups, and exact intervals of shares.

Units that hang together (tasks of one repository, and in it tasks with the same functions) are drawn together: first
whole outer groups, then inner groups within each. A draw is a row of multiplicities, so that any number of statistics
can be computed on the same draws, and differences between them keep what they share.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array: TypeAlias = NDArray[np.float64]
Cluster: TypeAlias = tuple[str, str]
"""Outer group and inner group of a unit."""

DRAWS = 2_000
ROUNDING = 1e-12
"""Share of the values' size below which draws differ by rounding alone."""


def cluster_draws(clusters: Sequence[Cluster], draws: int = DRAWS, seed: int = 0) -> Array:
    """How often each unit stands in each draw of a two-stage cluster bootstrap: shape (draws, units), read-only."""
    return _draws(tuple(clusters), draws, seed)


@lru_cache(maxsize=16)
def _draws(clusters: tuple[Cluster, ...], draws: int, seed: int) -> Array:
    tree: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, (outer, inner) in enumerate(clusters):
        tree[outer][inner].append(index)
    generator = np.random.default_rng(seed)
    weights = np.zeros((draws, len(clusters)))
    chosen = generator.multinomial(len(tree), [1 / len(tree)] * len(tree), size=draws)
    for column, groups in enumerate(tree.values()):
        # An outer group that is drawn twice draws its inner groups twice, each time anew.
        counts = generator.multinomial(chosen[:, column] * len(groups), [1 / len(groups)] * len(groups))
        for place, members in enumerate(groups.values()):
            weights[:, members] = counts[:, [place]]
    weights.setflags(write=False)
    return weights


def weighted_means(values: Sequence[float], weights: Array) -> Array:
    """The mean of the values in each draw; draws without any unit are left out.

    Args:
        values: One a unit, shape (units,).
        weights: From ``cluster_draws``, shape (draws, units).

    Returns:
        Shape (at most draws,).
    """
    totals = weights.sum(axis=1)
    held = totals > 0
    return np.asarray((weights[held] @ np.asarray(values, float)) / totals[held], float)


def mean_interval(
    values: Sequence[float], clusters: Sequence[Cluster], bounds: tuple[float, float] = (0.0, 1.0), seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of a mean over units in groups, by the bootstrap of ``cluster_draws``.

    Args:
        values: One a unit.
        clusters: Groups of each unit.
        bounds: What a single value lies between. Where the draws show no width, since all groups are alike or there is
            one only, the interval reaches towards the bounds as the exact binomial one (Clopper and Pearson 1934) does
            with so many inner groups.
        seed: Of the draws.
    """
    found = free_interval(values, clusters, seed)
    return found or _without_spread(math.fsum(values) / len(values), len(set(clusters)), bounds)


def free_interval(values: Sequence[float], clusters: Sequence[Cluster], seed: int = 0) -> tuple[float, float] | None:
    """The same interval for values that nothing bounds; None where the draws show no width, which is no knowledge."""
    means = weighted_means(values, cluster_draws(clusters, seed=seed))
    low, high = (float(end) for end in np.percentile(means, [2.5, 97.5]))
    # The sums of a draw are rounded: equal means differ in their last digits.
    alike = float(np.ptp(means)) <= ROUNDING * float(np.max(np.abs(values)))
    return None if alike else (low, high)


def _without_spread(value: float, groups: int, bounds: tuple[float, float]) -> tuple[float, float]:
    """What so many independent groups that all agree leave possible for the mean."""
    low, high = bounds
    reach = 1.0 - 0.025 ** (1.0 / groups)
    return max(low, value + reach * (low - value)), min(high, value + reach * (high - value))


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share.

    Args:
        share: Of the observations, from 0 to 1.
        n: Independent observations, above 0; an effective number need not be a whole one.
        level: Of the interval.
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def effective_draws(parts: Sequence[tuple[float, int]], most: float | None = None, level: float = 0.95) -> float:
    """How many independent units the units of several groups are worth, for the interval of their share.

    From how much the groups differ: the ratio estimator's variance, with the t quantile of its few degrees of freedom.

    Args:
        parts: Of each group what happened and the units it could have happened to; at least two groups.
        most: Never more draws than this; by default the number of units. Never fewer than if all units of a group had
            one fate.
        level: Of the interval.
    """
    total, groups = sum(m for _, m in parts), len(parts)
    fewest = total * total / sum(m * m for _, m in parts)
    share = math.fsum(c for c, _ in parts) / total
    if share in (0.0, 1.0):
        return fewest  # groups that all agree say nothing about how much they may differ
    variance = groups / (groups - 1) * math.fsum((c - share * m) ** 2 for c, m in parts) / total**2
    if variance == 0.0:
        return fewest
    ends = 0.5 + level / 2
    trust = float(stats.norm.ppf(ends) / stats.t.ppf(ends, groups - 1)) ** 2
    return min(float(total) if most is None else most, max(fewest, trust * share * (1 - share) / variance))
