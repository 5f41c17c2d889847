"""The four experiments of the paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from forecast.evaluation import (
    diebold_mariano,
    errors_by_step,
    interval_score,
    mase,
    normal_bounds,
    rolling_origin,
    smape,
)
from forecast.methods import (
    arima_forecast,
    arma_forecast,
    holt_forecast,
    seasonal_naive,
    smoothing_forecast,
    theta_forecast,
    winters_forecast,
)
from forecast.series import arma_series, structural_series
from forecast.types import Array

Method = Callable[[Array, int], Array]


def seasonal_methods(period: int, order: int, differences: int) -> dict[str, Method]:
    """The methods compared on seasonal series."""
    return {
        "naive": lambda y, h: seasonal_naive(y, period, h),
        "winters": lambda y, h: winters_forecast(y, period, h),
        "theta": lambda y, h: theta_forecast(y, period, h),
        "arima": lambda y, h: arima_forecast(y, period, order, differences, h),
    }


def seasonal(config: dict[str, Any]) -> dict[str, Any]:
    """Accuracy on seasonal series with a weak and a strong random level."""
    rng = np.random.default_rng(config["seed"])
    period = config["period"]
    methods = seasonal_methods(period, config["order"], config["differences"])
    results: dict[str, Any] = {}
    for label, level_noise in config["level_noise"].items():
        scores: dict[str, list[tuple[float, float]]] = {}
        for _ in range(config["series"]):
            y = structural_series(
                config["length"], period, config["trend"], config["season"], level_noise, config["noise"], rng
            )
            for name, method in methods.items():
                forecasts, actual = rolling_origin(y, method, config["first"], config["step"], config["horizon"])
                history = y[: config["first"]]
                scores.setdefault(name, []).append((mase(forecasts, actual, history, period), smape(forecasts, actual)))
        means = np.mean(list(scores.values()), axis=1)
        results[f"mase_{label}"], results[f"smape_{label}"] = means.T.tolist()
    return results


def damping(config: dict[str, Any]) -> dict[str, Any]:
    """Errors of Holt's method by horizon against the damping, on trends that fade or persist."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for label, persistence in config["persistence"].items():
        errors: dict[str, list[Array]] = {}
        for _ in range(config["series"]):
            slopes = arma_series(config["length"], [persistence], [], rng)
            y = 100.0 + np.cumsum(config["slope_scale"] * slopes) + config["noise"] * rng.standard_normal(len(slopes))
            methods: dict[str, Method] = {
                f"{phi:g}": lambda y, h, phi=phi: holt_forecast(y, h, phi) for phi in config["damping"]
            }
            methods["none"] = smoothing_forecast
            for name, method in methods.items():
                forecasts, actual = rolling_origin(y, method, config["first"], config["step"], config["horizon"])
                errors.setdefault(name, []).append(errors_by_step(forecasts, actual))
        means = np.mean(list(errors.values()), axis=1)
        results[f"one_{label}"], results[f"last_{label}"] = means[:, 0].tolist(), means[:, -1].tolist()
    return results


def orders(config: dict[str, Any]) -> dict[str, Any]:
    """Squared one-step errors of AR and ARMA models on an ARMA process, and a test between two of them."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for n in config["histories"]:
        losses: dict[str, list[Array]] = {}
        for _ in range(config["series"]):
            y = arma_series(n + config["test"], config["ar"], config["ma"], rng)
            for p, q in config["orders"]:

                def method(y: Array, h: int, p: int = p, q: int = q) -> Array:
                    return arma_forecast(y, p, q, config["long_order"], h)

                forecasts, actual = rolling_origin(y, method, n, 1, 1)
                losses.setdefault(f"{p}{q}", []).append((forecasts - actual)[:, 0] ** 2)
        results[f"mse_{n}"] = [float(np.mean(rows)) for rows in losses.values()]
        (p, q), (r, s) = config["compare"]
        first, second = np.concatenate(losses[f"{p}{q}"]), np.concatenate(losses[f"{r}{s}"])
        results.setdefault("statistic", []).append(diebold_mariano(first, second, config["lags"]))
    return results


def intervals(config: dict[str, Any]) -> dict[str, Any]:
    """Coverage and score of intervals from past errors by step, for four methods."""
    rng = np.random.default_rng(config["seed"])
    period, level = config["period"], config["level"]
    methods = seasonal_methods(period, config["order"], config["differences"])
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(config["series"]):
        y = structural_series(
            config["length"], period, config["trend"], config["season"], config["level_noise"], config["noise"], rng
        )
        for name, method in methods.items():
            forecasts, actual = rolling_origin(y, method, config["first"], config["step"], config["horizon"])
            past = config["calibration"]
            deviations = errors_by_step(forecasts[:past], actual[:past])
            low, high = normal_bounds(forecasts[past:], deviations, level)
            inside = (low <= actual[past:]) & (actual[past:] <= high)
            rows.setdefault(name, []).append(
                (
                    float(inside[:, 0].mean()),
                    float(inside[:, -1].mean()),
                    interval_score(low.ravel(), high.ravel(), actual[past:].ravel(), level),
                )
            )
    means = np.mean(list(rows.values()), axis=1)
    return dict(zip(("first", "last", "score"), means.T.tolist(), strict=True))


EXPERIMENTS = {"seasonal": seasonal, "damping": damping, "orders": orders, "intervals": intervals}
