"""Confidence intervals from bootstrap replicates."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from resample.jackknife import acceleration, bias_correction, jackknife_error, leave_one_out
from resample.statistics import Statistic
from resample.types import Array

Interval = tuple[float, float]


def resample(sample: Array, replicates: int, rng: np.random.Generator) -> Array:
    """Draw `replicates` bootstrap samples of a sample (n, k): shape (replicates, n, k)."""
    n = len(sample)
    return sample[rng.integers(0, n, size=(replicates, n))]


def percentile_interval(replicates: Array, level: float) -> Interval:
    """The quantiles (1 - level) / 2 and (1 + level) / 2 of the replicates, linearly interpolated.

    Args:
        replicates: bootstrap values, shape (B,).
        level: nominal coverage, such as 0.95.
    """
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def basic_interval(replicates: Array, estimate: float, level: float) -> Interval:
    """The percentile interval reflected about the estimate: (2 t - q_high, 2 t - q_low).

    Args:
        replicates: bootstrap values, shape (B,).
        estimate: t, value of the statistic on the sample.
        level: nominal coverage.
    """
    low, high = percentile_interval(replicates, level)
    return 2 * estimate - high, 2 * estimate - low


def normal_interval(replicates: Array, estimate: float, level: float) -> Interval:
    """Estimate minus bootstrap bias, plus and minus z times the bootstrap standard deviation (ddof 1).

    Args:
        replicates: bootstrap values, shape (B,).
        estimate: value of the statistic on the sample.
        level: nominal coverage; z is the normal quantile of (1 + level) / 2.
    """
    centre = 2 * estimate - replicates.mean()
    half = NormalDist().inv_cdf((1 + level) / 2) * replicates.std(ddof=1)
    return float(centre - half), float(centre + half)


def bca_levels(z0: float, a: float, level: float) -> Interval:
    """The two quantile levels of the BCa interval: Phi(z0 + (z0 + z) / (1 - a (z0 + z))) at z of both tails.

    Args:
        z0: bias correction.
        a: acceleration.
        level: nominal coverage; z are the normal quantiles of (1 - level) / 2 and (1 + level) / 2.

    Returns:
        The lower and the upper level, both in (0, 1).
    """
    normal = NormalDist()
    levels = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        shifted = z0 + normal.inv_cdf(tail)
        levels.append(normal.cdf(z0 + shifted / (1 - a * shifted)))
    return levels[0], levels[1]


def bca_interval(sample: Array, statistic: Statistic, replicates: Array, estimate: float, level: float) -> Interval:
    """The bias-corrected and accelerated interval.

    Args:
        sample: shape (n, k).
        statistic: maps (..., m, k) to (...).
        replicates: bootstrap values, shape (B,).
        estimate: value of the statistic on the sample.
        level: nominal coverage.
    """
    z0 = bias_correction(replicates, estimate)
    a = acceleration(leave_one_out(sample, statistic))
    low, high = np.quantile(replicates, bca_levels(z0, a, level))
    return float(low), float(high)


def studentized_interval(
    sample: Array, resamples: Array, statistic: Statistic, replicates: Array, estimate: float, level: float
) -> Interval:
    """The bootstrap-t interval with jackknife standard errors.

    The pivots are (t_b - t) / se_b with se_b the jackknife error of resample b; the interval is
    (t - q_high se, t - q_low se) with quantiles of the pivots and se the error of the sample. Resamples whose
    error is below 1e-12 are left out.

    Args:
        sample: shape (n, k).
        resamples: shape (B, n, k).
        statistic: maps (..., m, k) to (...).
        replicates: the statistic of each resample, shape (B,).
        estimate: t, value of the statistic on the sample.
        level: nominal coverage.
    """
    errors = jackknife_error(leave_one_out(resamples, statistic))
    usable = errors > 1e-12
    pivots = (replicates[usable] - estimate) / errors[usable]
    low, high = percentile_interval(pivots, level)
    error = float(jackknife_error(leave_one_out(sample, statistic)))
    return estimate - high * error, estimate - low * error
