"""Statistics of samples, vectorised: a sample is an array (..., n, k), n observations of k columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from resample.types import Array

Statistic = Callable[[Array], Array]


def mean(sample: Array) -> Array:
    """Mean of the first column, shape (..., n, k) -> (...)."""
    return sample[..., 0].mean(axis=-1)


def trimmed_mean(sample: Array, fraction: float = 0.1) -> Array:
    """Mean of the first column without its floor(fraction * n) smallest and as many largest values.

    Args:
        sample: shape (..., n, k).
        fraction: share trimmed at each end, below 0.5.

    Returns:
        Trimmed means, shape (...).
    """
    ordered = np.sort(sample[..., 0], axis=-1)
    n = ordered.shape[-1]
    cut = int(np.floor(fraction * n))
    return ordered[..., cut : n - cut].mean(axis=-1)


def correlation(sample: Array) -> Array:
    """Pearson correlation of the first two columns.

    Args:
        sample: shape (..., n, 2).

    Returns:
        Correlations, shape (...); 0 where a column is constant.
    """
    centred = sample - sample.mean(axis=-2, keepdims=True)
    x, y = centred[..., 0], centred[..., 1]
    scale = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    products = (x * y).sum(axis=-1)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def welch_t(x: Array, y: Array) -> Array:
    """Welch's t statistic along the last axis.

    (mean x - mean y) / sqrt(var x / n_x + var y / n_y) with unbiased variances.

    Args:
        x: shape (..., n_x).
        y: shape (..., n_y), the same leading shape.

    Returns:
        Statistics, shape (...).
    """
    difference = x.mean(axis=-1) - y.mean(axis=-1)
    variance = x.var(axis=-1, ddof=1) / x.shape[-1] + y.var(axis=-1, ddof=1) / y.shape[-1]
    return difference / np.sqrt(variance)
