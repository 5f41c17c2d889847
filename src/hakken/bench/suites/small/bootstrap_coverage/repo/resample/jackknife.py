"""Leave-one-out values and what BCa and studentized intervals derive from them."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from resample.statistics import Statistic
from resample.types import Array


def leave_one_out(sample: Array, statistic: Statistic) -> Array:
    """The statistic of the sample without each observation in turn.

    Args:
        sample: shape (..., n, k).
        statistic: maps (..., m, k) to (...).

    Returns:
        Values, shape (..., n): entry i leaves out observation i.
    """
    n = sample.shape[-2]
    kept = np.array([[j for j in range(n) if j != i] for i in range(n)])
    return statistic(sample[..., kept, :])


def jackknife_error(values: Array) -> Array:
    """Jackknife standard error sqrt((n - 1) / n * sum_i (v_i - mean v)^2).

    Args:
        values: leave-one-out values, shape (..., n).

    Returns:
        Standard errors, shape (...).
    """
    n = values.shape[-1]
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.sqrt((n - 1) / n * (centred**2).sum(axis=-1))


def acceleration(values: Array) -> float:
    """The acceleration a = sum d_i^3 / (6 (sum d_i^2)^1.5) with d_i = mean v - v_i.

    Args:
        values: leave-one-out values, shape (n,).

    Returns:
        a; 0 when all values are equal.
    """
    deviations = values.mean() - values
    spread = (deviations**2).sum()
    return float((deviations**3).sum() / (6.0 * spread**1.5)) if spread > 0 else 0.0


def bias_correction(replicates: Array, estimate: float) -> float:
    """The bias correction z0: the normal quantile of the share of replicates below the estimate.

    Ties count one half. The share is kept within [1 / (B + 1), B / (B + 1)].

    Args:
        replicates: bootstrap values, shape (B,).
        estimate: value of the statistic on the sample.
    """
    b = len(replicates)
    share = np.mean(replicates < estimate) + 0.5 * np.mean(replicates == estimate)
    return NormalDist().inv_cdf(float(np.clip(share, 1 / (b + 1), b / (b + 1))))
