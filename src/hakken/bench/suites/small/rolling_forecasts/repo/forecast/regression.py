"""Autoregressions and ARMA models by least squares."""

from __future__ import annotations

import numpy as np

from forecast.types import Array


def lag_matrix(y: Array, lags: int) -> Array:
    """Rows (y_{t-1}, ..., y_{t-lags}) for t = lags .. n - 1: shape (n,) -> (n - lags, lags)."""
    return np.column_stack([y[lags - k : len(y) - k] for k in range(1, lags + 1)])


def difference(y: Array, lag: int, times: int) -> Array:
    """Differences y_t - y_{t-lag}, taken `times` times: shape (n,) -> (n - lag * times,)."""
    for _ in range(times):
        y = y[lag:] - y[:-lag]
    return y


def integrate(forecasts: Array, history: Array, lag: int, times: int) -> Array:
    """Undo `difference`: forecasts of the differenced series become forecasts of the series.

    Each round adds the value `lag` steps before, taken from the history (differenced times - 1 times, then times - 2,
    ...) or from the values already computed.

    Args:
        forecasts: of the differenced series, shape (h,).
        history: the undifferenced series, shape (n,).
        lag: of the differences.
        times: how often they were taken.

    Returns:
        Shape (h,).
    """
    for order in range(times - 1, -1, -1):
        base = list(difference(history, lag, order))
        for step in forecasts:
            base.append(step + base[-lag])
        forecasts = np.array(base[-len(forecasts) :])
    return forecasts


def fit_ar(y: Array, order: int, ridge: float = 0.0) -> tuple[float, Array]:
    """Autoregression with an intercept by least squares.

    Args:
        y: shape (n,).
        order: p, at least 1.
        ridge: penalty on the lag coefficients (not on the intercept).

    Returns:
        The intercept and the coefficients of lags 1 .. p, shape (p,), which minimise the sum of squared residuals plus
        ridge * sum of squared coefficients.
    """
    x, target = lag_matrix(y, order), y[order:]
    centred = x - x.mean(axis=0)
    coefficients = np.linalg.solve(centred.T @ centred + ridge * np.eye(order), centred.T @ (target - target.mean()))
    return float(target.mean() - x.mean(axis=0) @ coefficients), coefficients


def iterate_ar(y: Array, intercept: float, coefficients: Array, horizon: int) -> Array:
    """Forecasts by feeding predictions back: y_hat = intercept + sum_k coefficient_k * value k steps before.

    Args:
        y: history, shape (n,), n at least the order.
        intercept: of the model.
        coefficients: of lags 1 .. p, shape (p,).
        horizon: number of steps.

    Returns:
        Shape (horizon,).
    """
    values = list(y[-len(coefficients) :])
    for _ in range(horizon):
        values.append(intercept + float(np.dot(coefficients, values[: -len(coefficients) - 1 : -1])))
    return np.array(values[-horizon:])


def hannan_rissanen(y: Array, p: int, q: int, long_order: int) -> tuple[float, Array, Array, Array]:
    """ARMA(p, q) by the two-stage method of Hannan and Rissanen.

    A long autoregression gives residuals for t >= long_order; then y_t is regressed on an intercept, its p lags and
    q lags of those residuals, for t = long_order + max(p, q) .. n - 1.

    Args:
        y: shape (n,).
        p: autoregressive order.
        q: moving-average order.
        long_order: order of the first stage.

    Returns:
        Intercept, autoregressive (p,) and moving-average (q,) coefficients, and the residuals of the first stage with
        zeros for t < long_order, shape (n,).
    """
    intercept, coefficients = fit_ar(y, long_order)
    residuals = np.zeros(len(y))
    residuals[long_order:] = y[long_order:] - intercept - lag_matrix(y, long_order) @ coefficients
    rows = np.arange(long_order + max(p, q), len(y))
    columns = [np.ones(len(rows))]
    columns += [y[rows - k] for k in range(1, p + 1)] + [residuals[rows - k] for k in range(1, q + 1)]
    solution = np.linalg.lstsq(np.column_stack(columns), y[rows], rcond=None)[0]
    return float(solution[0]), solution[1 : p + 1], solution[p + 1 :], residuals


def arma_path(y: Array, intercept: float, ar: Array, ma: Array, residuals: Array, horizon: int) -> Array:
    """Forecasts of an ARMA model, future innovations being zero.

    Args:
        y: history, shape (n,).
        intercept: of the model.
        ar: shape (p,).
        ma: shape (q,).
        residuals: innovations of the history, shape (n,).
        horizon: number of steps.

    Returns:
        Shape (horizon,).
    """
    values, shocks = list(y), [*residuals, *np.zeros(horizon)]
    for t in range(len(y), len(y) + horizon):
        autoregressive = sum(coefficient * values[t - k] for k, coefficient in enumerate(ar, start=1))
        moving = sum(coefficient * shocks[t - k] for k, coefficient in enumerate(ma, start=1))
        values.append(intercept + autoregressive + moving)
    return np.array(values[len(y) :])
