"""Exponential smoothing. A state is advanced over the history; forecasts extrapolate it."""

from __future__ import annotations

import numpy as np

from forecast.types import Array


def simple_smoothing(y: Array, alpha: float) -> tuple[float, Array]:
    """Simple exponential smoothing from the first observation.

    Args:
        y: history, shape (n,).
        alpha: weight of the new observation.

    Returns:
        The last level, and the one-step errors y_t - level_{t-1} for t = 1 .. n - 1, shape (n - 1,).
    """
    level, errors = float(y[0]), np.empty(len(y) - 1)
    for t in range(1, len(y)):
        errors[t - 1] = y[t] - level
        level += alpha * errors[t - 1]
    return level, errors


def holt(y: Array, alpha: float, beta: float, damping: float) -> tuple[float, float, Array]:
    """Holt's linear method with a damped trend, from level y_0 and trend y_1 - y_0.

    At each t >= 1, with the prediction level + damping * trend and the error e:
    level <- prediction + alpha e, trend <- damping * trend + alpha beta e.

    Args:
        y: history, shape (n,), n >= 2.
        alpha: smoothing of the level.
        beta: smoothing of the trend, relative to alpha.
        damping: 1 for a linear trend.

    Returns:
        The last level, the last trend and the one-step errors, shape (n - 1,).
    """
    level, trend, errors = float(y[0]), float(y[1] - y[0]), np.empty(len(y) - 1)
    for t in range(1, len(y)):
        predicted = level + damping * trend
        errors[t - 1] = y[t] - predicted
        level = predicted + alpha * errors[t - 1]
        trend = damping * trend + alpha * beta * errors[t - 1]
    return level, trend, errors


def initial_season(y: Array, period: int) -> Array:
    """Additive seasonal indices of the first two periods: means by season of y minus the mean of its period, centred.

    Args:
        y: history, shape (n,), n >= 2 * period.
        period: m.

    Returns:
        Indices that sum to zero, shape (m,).
    """
    blocks = y[: 2 * period].reshape(2, period)
    season = (blocks - blocks.mean(axis=1, keepdims=True)).mean(axis=0)
    return season - season.mean()


def holt_winters(y: Array, period: int, alpha: float, beta: float, gamma: float) -> tuple[float, float, Array, Array]:
    """Additive Holt-Winters smoothing.

    It starts with the mean of the first period as level, the difference of the means of the second and the first
    period over m as trend, and `initial_season`. At each t >= m, with s the index of season t mod m and
    e = y_t - (level + trend + s): level <- level + trend + alpha e, trend <- trend + alpha beta e, s <- s + gamma e.

    Args:
        y: history, shape (n,), n >= 2 * period.
        period: m.
        alpha: smoothing of the level.
        beta: smoothing of the trend, relative to alpha.
        gamma: smoothing of the season.

    Returns:
        The last level, the last trend, the indices by season (m,) and the one-step errors, shape (n - m,).
    """
    level = float(y[:period].mean())
    trend = float(y[period : 2 * period].mean() - level) / period
    season, errors = initial_season(y, period), np.empty(len(y) - period)
    for t in range(period, len(y)):
        error = y[t] - (level + trend + season[t % period])
        level, trend = level + trend + alpha * error, trend + alpha * beta * error
        season[t % period] += gamma * error
        errors[t - period] = error
    return level, trend, season, errors


def damped_path(level: float, trend: float, damping: float, horizon: int) -> Array:
    """Forecasts level + (damping + ... + damping^h) * trend for h = 1 .. horizon, shape (horizon,)."""
    return level + trend * np.cumsum(damping ** np.arange(1, horizon + 1))


def seasonal_path(level: float, trend: float, season: Array, start: int, horizon: int) -> Array:
    """Forecasts level + h * trend + index of season (start + h - 1) mod m for h = 1 .. horizon.

    Args:
        level: last level.
        trend: last trend.
        season: indices, shape (m,).
        start: time of the first forecast, that is the length of the history.
        horizon: number of steps.

    Returns:
        Shape (horizon,).
    """
    steps = np.arange(1, horizon + 1)
    return level + steps * trend + season[(start + steps - 1) % len(season)]
