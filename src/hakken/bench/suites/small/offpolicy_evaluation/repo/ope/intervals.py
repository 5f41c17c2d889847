"""Uncertainty of estimates."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from ope.types import Array


def normal_interval(values: Array, level: float) -> tuple[float, float]:
    """Mean plus and minus z times the standard error (ddof 1) of contributions of shape (n,)."""
    half = NormalDist().inv_cdf((1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def bernstein_bound(values: Array, delta: float, bound: float) -> float:
    """Empirical Bernstein lower confidence bound on the mean of values between 0 and `bound`.

    mean - sqrt(2 var log(2 / delta) / n) - 7 bound log(2 / delta) / (3 (n - 1)), var with ddof 1; values above the
    bound are cut to it first, which keeps the bound valid from below.

    Args:
        values: non-negative, shape (n,).
        delta: error probability.
        bound: upper limit of the values.
    """
    cut, n, log_term = np.minimum(values, bound), len(values), np.log(2.0 / delta)
    deviation = np.sqrt(2.0 * cut.var(ddof=1) * log_term / n)
    return float(cut.mean() - deviation - 7.0 * bound * log_term / (3.0 * (n - 1)))


def relative_rmse(estimates: Array, truth: float, scale: float) -> float:
    """Root mean square error of estimates (n,) about the truth, in units of `scale`."""
    return float(np.sqrt(np.mean((estimates - truth) ** 2)) / scale)
