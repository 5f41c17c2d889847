"""Comparison of two arms."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from hazards.curves import kaplan_meier, risk_table
from hazards.types import Array


def arm_counts(time: Array, event: Array, arm: Array) -> tuple[Array, Array, Array, Array]:
    """Deaths and numbers at risk, in total and in arm 1, at the distinct death times of both arms together.

    Args:
        time: shape (n,).
        event: shape (n,).
        arm: 0 or 1, shape (n,).

    Returns:
        Total deaths d, total at risk n, deaths in arm 1, at risk in arm 1, each of shape (k,).
    """
    table = risk_table(time, event)
    treated = np.sort(time[arm == 1])
    fallen = np.searchsorted(table.times, time[(arm == 1) & (event == 1)])
    deaths = np.bincount(fallen, minlength=len(table.times)).astype(float)
    left = len(treated) - np.searchsorted(treated, table.times, side="left")
    return table.deaths, table.at_risk, deaths, left.astype(float)


def fleming_harrington(time: Array, event: Array, rho: float, gamma: float) -> Array:
    """Weights S(t-)^rho (1 - S(t-))^gamma, S(t-) the pooled Kaplan-Meier estimate just before each death time.

    Args:
        time: shape (n,).
        event: shape (n,).
        rho: exponent that stresses early differences.
        gamma: exponent that stresses late differences.

    Returns:
        Shape (k,) for the k distinct death times; 0^0 is 1.
    """
    survival = kaplan_meier(risk_table(time, event))
    before = np.concatenate([[1.0], survival[:-1]])
    return before**rho * (1.0 - before) ** gamma


def weighted_logrank(time: Array, event: Array, arm: Array, weights: Array) -> float:
    """Standardised weighted log-rank statistic of arm 1.

    U = sum w (d1 - d n1 / n), V = sum w^2 d (n1 / n) (1 - n1 / n) (n - d) / (n - 1), terms with n = 1 being 0 in V;
    the statistic is U / sqrt(V).

    Args:
        time: shape (n,).
        event: shape (n,).
        arm: 0 or 1, shape (n,).
        weights: w at the distinct death times, shape (k,).
    """
    d, n, d1, n1 = arm_counts(time, event, arm)
    share = n1 / n
    u = (weights * (d1 - d * share)).sum()
    v = (weights**2 * d * share * (1.0 - share) * (n - d) / np.maximum(n - 1.0, 1.0)).sum()
    return float(u / np.sqrt(v))


def two_sided_p(statistic: float) -> float:
    """Two-sided normal p value of a standardised statistic."""
    return 2.0 * NormalDist().cdf(-abs(statistic))
