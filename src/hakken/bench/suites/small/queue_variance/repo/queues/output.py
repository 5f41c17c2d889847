"""Estimates and intervals from simulated waits."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from queues.types import Array


def confidence_half_width(values: Array, level: float) -> float:
    """Half-width z s / sqrt(n) of a normal interval for a mean (s with ddof 1), values of shape (n,)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return float(z * values.std(ddof=1) / np.sqrt(len(values)))


def batch_means(waits: Array, warmup: int, batches: int, level: float) -> tuple[Array, Array]:
    """Batch means intervals of one long run each.

    The first `warmup` waits are dropped; the rest is cut into `batches` equal consecutive batches, leftovers at the
    end dropped.

    Args:
        waits: shape (runs, n).
        warmup: number of waits dropped.
        batches: number of batches.
        level: nominal coverage.

    Returns:
        The mean of the batch means and the half-width, both of shape (runs,).
    """
    kept = waits[:, warmup:]
    size = kept.shape[1] // batches
    means = kept[:, : size * batches].reshape(len(kept), batches, size).mean(axis=2)
    return means.mean(axis=1), np.array([confidence_half_width(row, level) for row in means])


def lag_one(values: Array) -> float:
    """Autocorrelation at lag one: sum (v_i - m)(v_{i+1} - m) / sum (v_i - m)^2, values of shape (n,)."""
    centred = values - values.mean()
    return float(centred[:-1] @ centred[1:] / (centred @ centred))


def regenerative(waits: Array, level: float) -> tuple[float, float]:
    """Ratio estimator of the mean wait from the cycles that begin with customers who find the system empty.

    Cycles start at zero waits; the last, incomplete one is dropped. With Y_j the sum of waits and N_j the number of
    customers of a cycle, the estimate is r = sum Y / sum N and the half-width z s / (mean N sqrt(k)), s^2 the sample
    variance (ddof 1) of Y_j - r N_j over the k cycles.

    Args:
        waits: of one run, shape (n,), the first zero.
        level: nominal coverage.

    Returns:
        The estimate and the half-width.
    """
    starts = np.flatnonzero(waits == 0.0)
    sums = np.add.reduceat(waits, starts)[:-1]
    counts = np.diff(starts)
    ratio = sums.sum() / counts.sum()
    return float(ratio), confidence_half_width(sums - ratio * counts, level) / float(counts.mean())
