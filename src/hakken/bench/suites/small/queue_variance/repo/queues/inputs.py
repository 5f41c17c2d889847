"""Random inputs of the queues: gaps between arrivals and service times, from uniform numbers."""

from __future__ import annotations

import numpy as np

from queues.types import Array


def exponential(uniform: Array, mean: float) -> Array:
    """Exponential variables by inversion, -mean * log(1 - u), same shape as `uniform`."""
    return -mean * np.log1p(-uniform)


def hyperexponential(uniform: Array, mean: float, squared_cv: float) -> Array:
    """Two-phase hyperexponential variables with balanced means by inversion of the mixture, squared_cv > 1.

    Phase 1 has probability p = (1 + sqrt((c - 1) / (c + 1))) / 2 and mean m / (2 p), phase 2 mean m / (2 (1 - p)).
    u < p selects phase 1 with u / p as its uniform; otherwise phase 2 with (u - p) / (1 - p).

    Args:
        uniform: in [0, 1), any shape.
        mean: m.
        squared_cv: c, squared coefficient of variation.

    Returns:
        Variables, same shape.
    """
    p = 0.5 * (1.0 + np.sqrt((squared_cv - 1.0) / (squared_cv + 1.0)))
    first = uniform < p
    rescaled = np.where(first, uniform / p, (uniform - p) / (1.0 - p))
    return exponential(rescaled, 1.0) * np.where(first, mean / (2 * p), mean / (2 * (1 - p)))


def services(uniform: Array, mean: float, squared_cv: float) -> Array:
    """Service times with a mean and a squared coefficient of variation.

    0: constant. 1: exponential. Above 1: hyperexponential.

    Args:
        uniform: in [0, 1), any shape.
        mean: mean service time.
        squared_cv: 0, 1 or above 1.

    Returns:
        Service times, same shape.
    """
    if squared_cv == 0:
        return np.full_like(uniform, mean)
    if squared_cv == 1:
        return exponential(uniform, mean)
    return hyperexponential(uniform, mean, squared_cv)
