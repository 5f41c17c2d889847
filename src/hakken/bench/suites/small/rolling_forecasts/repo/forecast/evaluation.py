"""Rolling-origin evaluation."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from forecast.types import Array


def rolling_origin(
    y: Array, method: Callable[[Array, int], Array], first: int, step: int, horizon: int
) -> tuple[Array, Array]:
    """Forecast from origins first, first + step, ... as long as the whole horizon is observed.

    Args:
        y: the series, shape (n,).
        method: maps a history and a horizon to forecasts (horizon,).
        first: length of the first history.
        step: distance of origins.
        horizon: number of steps.

    Returns:
        Forecasts and actual values, both of shape (origins, horizon).
    """
    origins = range(first, len(y) - horizon + 1, step)
    forecasts = np.array([method(y[:origin], horizon) for origin in origins])
    return forecasts, np.array([y[origin : origin + horizon] for origin in origins])


def mase(forecasts: Array, actual: Array, history: Array, period: int) -> float:
    """Mean absolute error over that of the seasonal naive method within the history (lag `period`)."""
    scale = np.mean(np.abs(history[period:] - history[:-period]))
    return float(np.mean(np.abs(forecasts - actual)) / scale)


def smape(forecasts: Array, actual: Array) -> float:
    """Symmetric mean absolute percentage error: mean of 200 |f - y| / (|f| + |y|)."""
    return float(np.mean(200.0 * np.abs(forecasts - actual) / (np.abs(forecasts) + np.abs(actual))))


def errors_by_step(forecasts: Array, actual: Array) -> Array:
    """Root mean square error at each step ahead: (origins, horizon) twice -> (horizon,)."""
    return np.sqrt(np.mean((forecasts - actual) ** 2, axis=0))


def diebold_mariano(a: Array, b: Array, lags: int) -> float:
    """Diebold-Mariano statistic of two series of losses, positive when the first is larger.

    mean d / sqrt(v / n), d = a - b, v the long-run variance gamma_0 + 2 sum_{k=1}^{lags} (1 - k / (lags + 1)) gamma_k
    with biased autocovariances gamma.

    Args:
        a: losses of the first method, shape (n,).
        b: losses of the second, shape (n,).
        lags: number of autocovariances.
    """
    d = a - b
    centred, n = d - d.mean(), len(d)
    variance = centred @ centred / n
    for k in range(1, lags + 1):
        variance += 2.0 * (1.0 - k / (lags + 1)) * (centred[k:] @ centred[:-k]) / n
    return float(d.mean() / np.sqrt(variance / n))


def interval_score(low: Array, high: Array, actual: Array, level: float) -> float:
    """Mean interval score: width plus 2 / (1 - level) times the distance by which an interval misses; shapes (n,)."""
    below, above = np.maximum(low - actual, 0.0), np.maximum(actual - high, 0.0)
    return float(np.mean(high - low + 2.0 / (1.0 - level) * (below + above)))


def normal_bounds(forecasts: Array, deviations: Array, level: float) -> tuple[Array, Array]:
    """Forecasts minus and plus z deviations, z the normal quantile of (1 + level) / 2; shapes (..., horizon)."""
    half = NormalDist().inv_cdf((1 + level) / 2) * deviations
    return forecasts - half, forecasts + half
