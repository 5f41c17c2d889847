"""Complete forecasting methods: history (n,) and horizon to forecasts (horizon,)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from forecast.regression import arma_path, difference, fit_ar, hannan_rissanen, integrate, iterate_ar
from forecast.smoothing import damped_path, holt, holt_winters, seasonal_path, simple_smoothing
from forecast.types import Array

GRID = (0.05, 0.2, 0.4, 0.7)


def seasonal_naive(y: Array, period: int, horizon: int) -> Array:
    """The last period repeated: forecast h is the value of the same season in the last period of the history."""
    return y[-period:][np.arange(horizon) % period]


def best_parameters(loss: Callable[..., float], grids: list[tuple[float, ...]]) -> tuple[float, ...]:
    """The combination of a grid with the smallest loss, the first of equal ones in the order of `itertools.product`.

    Args:
        loss: maps one value from each grid, as positional arguments, to a float.
        grids: candidate values of each parameter.
    """
    return min(product(*grids), key=lambda values: loss(*values))


def smoothing_forecast(y: Array, horizon: int) -> Array:
    """Simple smoothing with the alpha of `GRID` that has the smallest mean squared one-step error."""
    (alpha,) = best_parameters(lambda a: np.mean(simple_smoothing(y, a)[1] ** 2), [GRID])
    return np.full(horizon, simple_smoothing(y, alpha)[0])


def holt_forecast(y: Array, horizon: int, damping: float) -> Array:
    """Holt's method, alpha and beta of `GRID` chosen by the mean squared one-step error."""
    alpha, beta = best_parameters(lambda a, b: np.mean(holt(y, a, b, damping)[2] ** 2), [GRID, GRID])
    level, trend, _ = holt(y, alpha, beta, damping)
    return damped_path(level, trend, damping, horizon)


def winters_forecast(y: Array, period: int, horizon: int) -> Array:
    """Additive Holt-Winters; alpha, beta and gamma of (0.05, 0.2, 0.5) chosen by the mean squared one-step error."""
    grid = (0.05, 0.2, 0.5)
    chosen = best_parameters(lambda a, b, c: np.mean(holt_winters(y, period, a, b, c)[3] ** 2), [grid] * 3)
    level, trend, season, _ = holt_winters(y, period, *chosen)
    return seasonal_path(level, trend, season, len(y), horizon)


def theta_forecast(y: Array, period: int, horizon: int) -> Array:
    """The Theta method on a seasonally adjusted series.

    Additive indices are the means by season of the residuals of a straight line (t = 0, 1, ...), centred. On the
    adjusted series, the forecast is the mean of the extrapolated line fitted to it and of the simple smoothing forecast
    of the theta line 2 y - line; the indices are added back.

    Args:
        y: history, shape (n,).
        period: m.
        horizon: number of steps.

    Returns:
        Shape (horizon,).
    """
    t, future = np.arange(len(y)), len(y) + np.arange(horizon)
    residual = y - np.polyval(np.polyfit(t, y, 1), t)
    season = np.array([residual[s::period].mean() for s in range(period)])
    season -= season.mean()
    adjusted = y - season[t % period]
    line = np.polyfit(t, adjusted, 1)
    curved = smoothing_forecast(2.0 * adjusted - np.polyval(line, t), horizon)
    return 0.5 * (np.polyval(line, future) + curved) + season[future % period]


def arima_forecast(y: Array, period: int, order: int, times: int, horizon: int) -> Array:
    """Autoregression of the given order, ridge 1, on seasonal differences, iterated and integrated.

    Args:
        y: history, shape (n,).
        period: lag of the differences.
        order: p.
        times: how often differences are taken.
        horizon: number of steps.

    Returns:
        Shape (horizon,).
    """
    stationary = difference(y, period, times)
    intercept, coefficients = fit_ar(stationary, order, ridge=1.0)
    return integrate(iterate_ar(stationary, intercept, coefficients, horizon), y, period, times)


def arma_forecast(y: Array, p: int, q: int, long_order: int, horizon: int) -> Array:
    """ARMA(p, q) by Hannan-Rissanen, or an autoregression by least squares when q is 0."""
    if q == 0:
        return iterate_ar(y, *fit_ar(y, p), horizon)
    intercept, ar, ma, residuals = hannan_rissanen(y, p, q, long_order)
    return arma_path(y, intercept, ar, ma, residuals, horizon)
