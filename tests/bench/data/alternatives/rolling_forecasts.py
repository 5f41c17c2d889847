"""Second implementations for rolling_forecasts, written from docstrings and paper."""

import numpy as np


def fit_ar(y, order, ridge=0.0):
    """Least squares with rows for the penalty."""
    rows = np.array([[1.0, *y[t - 1 :: -1][:order]] for t in range(order, len(y))])
    penalty = np.sqrt(ridge) * np.eye(order + 1)[1:]
    solution = np.linalg.lstsq(np.vstack([rows, penalty]), np.append(y[order:], np.zeros(order)), rcond=None)[0]
    return float(solution[0]), solution[1:]


def integrate(forecasts, history, lag, times):
    """By recursion on the number of times."""
    if times == 0:
        return np.array(forecasts)
    once = integrate(forecasts, history[lag:] - history[:-lag], lag, times - 1)
    values = list(history)
    for step in once:
        values.append(values[-lag] + step)
    return np.array(values[len(history) :])


def wrong_integrate(forecasts, history, lag, times):
    """Once however often differences were taken."""
    values = list(history)
    for step in forecasts:
        values.append(values[-lag] + step)
    return np.array(values[len(history) :])


def iterate_ar(y, intercept, coefficients, horizon):
    """The newest value first."""
    newest = list(y[::-1][: len(coefficients)])
    forecasts = []
    for _ in range(horizon):
        forecasts.append(intercept + sum(c * v for c, v in zip(coefficients, newest, strict=True)))
        newest = [forecasts[-1], *newest[:-1]]
    return np.array(forecasts)


def holt(y, alpha, beta, damping):
    """With the weights of level and trend written out."""
    level, trend, errors = y[0], y[1] - y[0], []
    for value in y[1:]:
        damped = damping * trend
        errors.append(value - level - damped)
        level, trend = (1 - alpha) * (level + damped) + alpha * value, damped + alpha * beta * errors[-1]
    return float(level), float(trend), np.array(errors)


def diebold_mariano(a, b, lags):
    """Autocovariances one at a time."""
    d = a - b
    n, mean = len(d), d.mean()
    variance = sum((x - mean) ** 2 for x in d) / n
    for k in range(1, lags + 1):
        variance += 2 * (1 - k / (lags + 1)) * sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n
    return float(mean / np.sqrt(variance / n))


def arma_path(y, intercept, ar, ma, residuals, horizon):
    """With dot products of what came last."""
    values, shocks = np.append(y, np.zeros(horizon)), np.append(residuals, np.zeros(horizon))
    for t in range(len(y), len(y) + horizon):
        lagged, past = values[t - len(ar) : t][::-1], shocks[t - len(ma) : t][::-1]
        values[t] = intercept + np.dot(ar, lagged) + np.dot(ma, past)
    return values[len(y) :]
