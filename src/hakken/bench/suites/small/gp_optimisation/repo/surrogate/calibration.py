"""Scores of probabilistic predictions."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from surrogate.normal import normal_distribution
from surrogate.types import Array


def crps(mean: Array, deviation: Array, observed: Array) -> float:
    """Mean continuous ranked probability score of normal predictions.

    deviation * (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)) with z = (observed - mean) / deviation; all shapes (m,).
    """
    z = (observed - mean) / deviation
    density, distribution = normal_distribution(z)
    return float(np.mean(deviation * (z * (2 * distribution - 1) + 2 * density - 1 / np.sqrt(np.pi))))


def log_density(mean: Array, deviation: Array, observed: Array) -> float:
    """Mean negative log density of normal predictions; all shapes (m,)."""
    z = (observed - mean) / deviation
    return float(np.mean(0.5 * z**2 + np.log(deviation) + 0.5 * np.log(2 * np.pi)))


def interval_coverage(mean: Array, deviation: Array, observed: Array, level: float) -> float:
    """Share of observations in the central normal interval of a nominal level, such as 0.9; all shapes (m,)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return float(np.mean(np.abs(observed - mean) <= z * deviation))
