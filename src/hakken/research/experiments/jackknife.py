"""The interval of a standardised effect size, by the jackknife: it supposes no distribution.

The usual interval inverts the noncentral t, which is exact for normal differences; where they are skewed or have heavy
tails, its 95 % cover 85 to 91 % (``benchmarks/statistics_calibration.md``).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array: TypeAlias = NDArray[np.float64]
FEWEST = 3
"""Values of a sample from which on one can be left out and a deviation remains."""

_EQUAL = 1e-12
"""Share of the sum of squares that is rounding."""


def effect_interval(x: Array, y: Array, paired: bool, level: float = 0.95) -> tuple[float, float] | None:
    """Interval of the effect size, around its estimate without the first-order bias (Miller 1974, sections 2 and 3).

    Paired, the effect is the mean difference over the deviation of the differences; otherwise the difference of means
    over the root of the mean of the two variances. Degrees of freedom as Welch and Satterthwaite have them.

    Args:
        x: The baseline's values, shape (n_x,).
        y: The variant's, shape (n_y,); paired with those of the baseline where ``paired``.
        paired: Whether the values of both sides belong together.
        level: Of the interval.

    Returns:
        Both ends; None where a sample has fewer than three values, or none that differ once one is left out.
    """
    samples = (y - x,) if paired else (x, y)
    if min(len(sample) for sample in samples) < FEWEST:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        whole, without = _paired(samples[0]) if paired else _unpaired(x, y)
    if not (math.isfinite(whole) and all(np.isfinite(part).all() for part in without)):
        return None
    centre = whole - sum((len(part) - 1) * (float(part.mean()) - whole) for part in without)
    parts = [(len(part) - 1) ** 2 / len(part) * float(part.var(ddof=1)) for part in without]
    total = sum(parts)
    if total == 0:
        return centre, centre
    freedom = total**2 / sum(v**2 / (len(part) - 1) for v, part in zip(parts, without, strict=True))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * math.sqrt(total)
    return centre - half, centre + half


def _paired(d: Array) -> tuple[float, list[Array]]:
    """The effect, and what it is without each pair."""
    means, variances = _without_each(d)
    return float(d.mean() / d.std(ddof=1)), [means / np.sqrt(variances)]


def _unpaired(x: Array, y: Array) -> tuple[float, list[Array]]:
    """The effect, and what it is without each value of either side."""
    vx, vy = float(x.var(ddof=1)), float(y.var(ddof=1))
    (mean_x, var_x), (mean_y, var_y) = _without_each(x), _without_each(y)
    without = [(y.mean() - mean_x) / np.sqrt((var_x + vy) / 2), (mean_y - x.mean()) / np.sqrt((vx + var_y) / 2)]
    return float((y.mean() - x.mean()) / np.sqrt((vx + vy) / 2)), without


def _without_each(values: Array) -> tuple[Array, Array]:
    """Mean and variance of a sample without each of its values, shape (n,) each; 0 where the rest are equal."""
    n, centred = len(values), values - values.mean()
    means = values.mean() - centred / (n - 1)
    variances = (centred @ centred - centred**2 * n / (n - 1)) / (n - 2)
    return means, np.where(variances > _EQUAL * (centred @ centred), variances, 0.0)
