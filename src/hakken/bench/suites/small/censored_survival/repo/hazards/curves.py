"""Nonparametric curves and step functions."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from hazards.types import Array


class RiskTable(NamedTuple):
    """At each distinct event time, in increasing order: the time, the number of deaths and the number at risk."""

    times: Array
    deaths: Array
    at_risk: Array


def risk_table(time: Array, event: Array) -> RiskTable:
    """Deaths and numbers at risk at the distinct times of death; who is censored at a time is still at risk then.

    Args:
        time: follow-up times, shape (n,).
        event: 1 for death, 0 for censoring, shape (n,).

    Returns:
        A `RiskTable` of k distinct times.
    """
    times = np.unique(time[event == 1])
    deaths = np.array([((time == t) & (event == 1)).sum() for t in times], dtype=float)
    at_risk = np.array([(time >= t).sum() for t in times], dtype=float)
    return RiskTable(times, deaths, at_risk)


def kaplan_meier(table: RiskTable) -> Array:
    """The product-limit estimate prod (1 - d_j / n_j) just after each event time, shape (k,)."""
    return np.cumprod(1.0 - table.deaths / table.at_risk)


def nelson_aalen(table: RiskTable) -> Array:
    """The cumulative hazard sum d_j / n_j just after each event time, shape (k,)."""
    return np.cumsum(table.deaths / table.at_risk)


def greenwood(table: RiskTable) -> Array:
    """Greenwood's sum d_j / (n_j (n_j - d_j)) up to each event time, shape (k,); inf once everybody has died."""
    left = table.at_risk * (table.at_risk - table.deaths)
    terms = np.divide(table.deaths, left, out=np.full_like(left, np.inf), where=left > 0)
    return np.cumsum(terms)


def step_value(times: Array, values: Array, at: Array, before: float) -> Array:
    """A right-continuous step function at given points.

    Args:
        times: where it jumps, increasing, shape (k,).
        values: its value from each jump on, shape (k,).
        at: points, any shape.
        before: its value before the first jump.

    Returns:
        Values, shape of `at`.
    """
    index = np.searchsorted(times, at, side="right")
    return np.concatenate([[before], values])[index]


def survival_interval(survival: float, green: float, level: float, transform: str) -> tuple[float, float]:
    """Pointwise confidence interval of a survival probability S from its Greenwood sum G.

    "plain": S +- z S sqrt(G), cut to [0, 1]. "loglog": S^exp(+-z sqrt(G) / log S), lower end first. When S is 0 or 1,
    (S, S) is returned.

    Args:
        survival: S.
        green: G.
        level: nominal coverage, z the normal quantile of (1 + level) / 2.
        transform: "plain" or "loglog".
    """
    if survival <= 0.0 or survival >= 1.0:
        return survival, survival
    z = NormalDist().inv_cdf((1 + level) / 2)
    if transform == "plain":
        half = z * survival * np.sqrt(green)
        return float(max(0.0, survival - half)), float(min(1.0, survival + half))
    spread = z * np.sqrt(green) / abs(np.log(survival))
    return float(survival ** np.exp(spread)), float(survival ** np.exp(-spread))


def restricted_mean(times: Array, survival: Array, horizon: float) -> float:
    """Area under a survival step function from 0 to the horizon.

    Args:
        times: where it jumps, increasing, shape (k,).
        survival: its value from each jump on, shape (k,); 1 before the first.
        horizon: upper limit.
    """
    inside = times < horizon
    edges = np.concatenate([[0.0], times[inside], [horizon]])
    levels = np.concatenate([[1.0], survival[inside]])
    return float((np.diff(edges) * levels).sum())
