"""Comparing solvers over a set of problems."""

from __future__ import annotations

import numpy as np

from descent.types import Array


def geometric_mean(values: Array) -> float:
    """Geometric mean of positive numbers, shape (n,)."""
    return float(np.exp(np.mean(np.log(values))))


def performance_ratios(costs: Array) -> Array:
    """Cost of each solver relative to the best one on the same problem.

    Args:
        costs: evaluations, shape (problems, solvers), inf where a solver failed.

    Returns:
        Ratios >= 1, same shape; inf for failures, also where every solver failed.
    """
    best = costs.min(axis=1, keepdims=True)
    ratios = np.full_like(costs, np.inf)
    solved = np.isfinite(costs)
    np.divide(costs, best, out=ratios, where=solved)
    return ratios


def performance_profile(costs: Array, factors: Array) -> Array:
    """Dolan-More profiles: the share of problems that each solver solves within a factor of the best.

    Args:
        costs: evaluations, shape (problems, solvers), inf for failures.
        factors: factors tau >= 1, shape (k,).

    Returns:
        Shares in [0, 1], shape (k, solvers).
    """
    ratios = performance_ratios(costs)
    return np.array([np.mean(ratios <= tau, axis=0) for tau in factors])


def profile_area(costs: Array, largest: float) -> Array:
    """Area under each profile over log2(tau) from 0 to log2(largest), divided by log2(largest).

    Equal to the mean over problems of 1 - min(1, log2(ratio) / log2(largest)), a failure counting 0.

    Args:
        costs: evaluations, shape (problems, solvers), inf for failures.
        largest: largest factor.

    Returns:
        Areas in [0, 1], shape (solvers,).
    """
    logs = np.log2(performance_ratios(costs)) / np.log2(largest)
    return np.mean(1.0 - np.minimum(1.0, logs), axis=0)
