"""Variance reduction."""

from __future__ import annotations

import numpy as np

from queues.types import Array


def control_variate(values: Array, controls: Array, means: Array) -> Array:
    """Values corrected by regression on controls with known means.

    The coefficients b solve the least-squares regression of centred values on centred controls; the corrected values
    are values - (controls - means) b.

    Args:
        values: shape (n,).
        controls: shape (n, k).
        means: expected values of the controls, shape (k,).

    Returns:
        Corrected values, shape (n,).
    """
    centred = controls - controls.mean(axis=0)
    b = np.linalg.lstsq(centred, values - values.mean(), rcond=None)[0]
    return values - (controls - means) @ b


def antithetic_pairs(values: Array) -> Array:
    """Means of runs with their mirrored runs: values of shape (2 n,), run i mirrored by run n + i, to shape (n,)."""
    half = len(values) // 2
    return 0.5 * (values[:half] + values[half:])


def variance_ratio(plain: Array, reduced: Array) -> float:
    """Variance of the mean of `plain` over that of `reduced`: (var / n) ratio with ddof 1.

    Args:
        plain: independent values, shape (n,).
        reduced: independent values that cost as much together, shape (m,).

    Returns:
        How many times more runs the plain estimator needs; above 1 is a gain.
    """
    return float((plain.var(ddof=1) / len(plain)) / (reduced.var(ddof=1) / len(reduced)))


def stratified_error(values: Array, uniform: Array, strata: int) -> float:
    """Standard error of a post-stratified mean, strata being equal parts of [0, 1) of one uniform of each run.

    The estimate is the plain average of the means of the strata, so its variance is sum_h var_h / n_h / strata^2, var_h
    with ddof 1.

    Args:
        values: shape (n,).
        uniform: shape (n,), at least two in each stratum.
        strata: number of strata.
    """
    index = (uniform * strata).astype(int)
    groups = [values[index == h] for h in range(strata)]
    variance = sum(group.var(ddof=1) / len(group) for group in groups) / strata**2
    return float(np.sqrt(variance))
