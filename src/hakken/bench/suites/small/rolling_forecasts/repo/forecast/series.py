"""Simulated monthly-like series."""

from __future__ import annotations

import numpy as np

from forecast.types import Array


def structural_series(
    length: int, period: int, trend: float, season: float, level_noise: float, noise: float, rng: np.random.Generator
) -> Array:
    """A local level with drift `trend`, a fixed seasonal pattern of size `season` and observation noise, about 100."""
    level = 100.0 + np.cumsum(trend + level_noise * rng.standard_normal(length))
    pattern = rng.standard_normal(period)
    pattern = season * (pattern - pattern.mean()) / pattern.std()
    return level + np.resize(pattern, length) + noise * rng.standard_normal(length)


def arma_series(length: int, ar: list[float], ma: list[float], rng: np.random.Generator) -> Array:
    """An ARMA process with standard normal innovations, after a burn-in of 200."""
    noise = rng.standard_normal(length + 200)
    x = np.zeros(length + 200)
    p, q = len(ar), len(ma)
    for t in range(max(p, q), len(x)):
        x[t] = noise[t] + x[t - p : t] @ np.array(ar)[::-1] + noise[t - q : t] @ np.array(ma)[::-1]
    return x[200:]
