"""Permutation tests of two samples, and adjustments for many of them."""

from __future__ import annotations

import numpy as np

from resample.statistics import welch_t
from resample.types import Array


def shuffles(size: int, count: int, rng: np.random.Generator) -> Array:
    """Draw `count` permutations of range(size): shape (count, size)."""
    return rng.permuted(np.tile(np.arange(size), (count, 1)), axis=1)


def null_statistics(x: Array, y: Array, orders: Array, studentize: bool) -> Array:
    """The test statistic under relabelling: the first n_x of the permuted pooled sample play x.

    Args:
        x: first sample, shape (..., n_x).
        y: second sample, shape (..., n_y).
        orders: permutations of range(n_x + n_y), shape (count, n_x + n_y).
        studentize: Welch's t if true, else the difference of means.

    Returns:
        Statistics, shape (..., count).
    """
    pooled = np.concatenate([x, y], axis=-1)[..., orders]
    first, second = pooled[..., : x.shape[-1]], pooled[..., x.shape[-1] :]
    if studentize:
        return welch_t(first, second)
    return first.mean(axis=-1) - second.mean(axis=-1)


def permutation_p(observed: float, null: Array) -> float:
    """Two-sided p value (1 + #{|null| >= |observed|}) / (1 + count), with a relative slack of 1e-12.

    Args:
        observed: statistic of the data.
        null: statistics under relabelling, shape (count,).
    """
    extreme = np.abs(null) >= np.abs(observed) * (1 - 1e-12)
    return float((1 + extreme.sum()) / (1 + len(null)))


def holm(p: Array) -> Array:
    """Holm's adjusted p values.

    In increasing order, the i-th smallest (i = 0, 1, ...) is multiplied by (m - i); then running maximum, capped at 1.

    Args:
        p: p values, shape (m,).

    Returns:
        Adjusted p values in the order of the input, shape (m,).
    """
    at_least = (p >= p[:, None]).sum(axis=1)
    stepped = at_least * p
    return np.array([min(1.0, stepped[p <= value].max()) for value in p])


def benjamini_hochberg(p: Array) -> Array:
    """Benjamini-Hochberg adjusted p values.

    In increasing order, the i-th smallest (i = 1, 2, ...) is multiplied by m / i; then running minimum from the
    largest down, capped at 1.

    Args:
        p: p values, shape (m,).

    Returns:
        Adjusted p values in the order of the input, shape (m,).
    """
    m = len(p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * m / np.arange(1, m + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def max_t(observed: Array, null: Array) -> Array:
    """Westfall-Young step-down maxT adjusted p values.

    Hypotheses are ordered by decreasing |observed|. The j-th is compared with, for each relabelling, the maximum of
    |null| over hypotheses j, j+1, ... of that order: p_j = (1 + #{max >= |observed_j|}) / (1 + count), followed by
    a running maximum in that order. There is no slack in the comparison.

    Args:
        observed: statistics, shape (m,).
        null: statistics under joint relabelling, shape (m, count).

    Returns:
        Adjusted p values in the order of the input, shape (m,).
    """
    order = np.argsort(-np.abs(observed), kind="stable")
    sizes = np.abs(null)[order]
    maxima = np.maximum.accumulate(sizes[::-1], axis=0)[::-1]
    exceed = maxima >= np.abs(observed)[order][:, None]
    p = (1 + exceed.sum(axis=1)) / (1 + null.shape[1])
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted
