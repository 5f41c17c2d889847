"""Cox regression by Newton's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hazards.curves import risk_table
from hazards.simulate import Sample
from hazards.types import Array


class Derivatives(NamedTuple):
    """Log partial likelihood, its gradient (p,) and its negative Hessian, the information (p, p)."""

    value: float
    gradient: Array
    information: Array


def partial_likelihood(beta: Array, sample: Sample, ties: str) -> Derivatives:
    """The log partial likelihood and its derivatives.

    At a distinct death time with D the d deaths and R those at risk, let s0, s1, s2 be the sums over R of r, r x and
    r x x' with r = exp(x'beta), and t0, t1, t2 the same over D. The contribution is
    sum_D x'beta - sum_{l=0}^{d-1} log(s0 - c_l t0), with c_l = l / d for "efron" and 0 for "breslow". Gradient and
    information use m = (s1 - c_l t1) / (s0 - c_l t0): sum_D x - sum_l m, and
    sum_l [(s2 - c_l t2) / (s0 - c_l t0) - m m'].

    Args:
        beta: coefficients, shape (p,).
        sample: the data.
        ties: "efron" or "breslow".

    Returns:
        `Derivatives` at beta.
    """
    x = sample.covariates
    risk = np.exp(x @ beta)
    value, gradient, information = 0.0, np.zeros_like(beta), np.zeros((len(beta), len(beta)))
    for t in np.unique(sample.time[sample.event == 1]):
        dead, alive = (sample.time == t) & (sample.event == 1), sample.time >= t
        s0, s1, s2 = risk_sums(risk[alive], x[alive])
        t0, t1, t2 = risk_sums(risk[dead], x[dead])
        count = int(dead.sum())
        value += float((x[dead] @ beta).sum())
        gradient += x[dead].sum(axis=0)
        for step in range(count):
            c = step / count if ties == "efron" else 0.0
            mean = (s1 - c * t1) / (s0 - c * t0)
            value -= float(np.log(s0 - c * t0))
            gradient -= mean
            information += (s2 - c * t2) / (s0 - c * t0) - np.outer(mean, mean)
    return Derivatives(value, gradient, information)


def risk_sums(risk: Array, x: Array) -> tuple[float, Array, Array]:
    """Sums of r, r x and r x x' over rows: risk (m,), x (m, p) to a float, (p,) and (p, p)."""
    weighted = risk[:, None] * x
    return float(risk.sum()), weighted.sum(axis=0), weighted.T @ x


def fit_cox(sample: Sample, ties: str, ridge: float = 0.0, iterations: int = 25) -> tuple[Array, Array]:
    """Maximise the log partial likelihood minus ridge/2 ||beta||^2 by Newton's method from zero with step halving.

    A step is halved, at most ten times, until the objective does not fall. Stops when no coefficient of the accepted
    step changes by 1e-8 or more.

    Args:
        sample: the data.
        ties: "efron" or "breslow".
        ridge: weight of the penalty.
        iterations: at most so many.

    Returns:
        Coefficients (p,) and their standard errors (p,), from the inverse of information + ridge I.
    """
    beta = np.zeros(sample.covariates.shape[1])
    penalty = ridge * np.eye(len(beta))
    current = partial_likelihood(beta, sample, ties)
    for _ in range(iterations):
        objective = current.value - 0.5 * ridge * beta @ beta
        step = np.linalg.solve(current.information + penalty, current.gradient - ridge * beta)
        trial = partial_likelihood(beta + step, sample, ties)
        for _ in range(10):
            if trial.value - 0.5 * ridge * (beta + step) @ (beta + step) >= objective:
                break
            step = step / 2
            trial = partial_likelihood(beta + step, sample, ties)
        beta, current = beta + step, trial
        if np.abs(step).max() < 1e-8:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(current.information + penalty)))
    return beta, errors


def breslow_hazard(beta: Array, sample: Sample) -> tuple[Array, Array]:
    """Breslow's cumulative baseline hazard.

    At each distinct death time it grows by the number of deaths over the sum of exp(x'beta) of those at risk.

    Args:
        beta: coefficients, shape (p,).
        sample: the data it was fitted to.

    Returns:
        Distinct death times (k,) and the cumulative hazard just after them (k,).
    """
    risk = np.exp(sample.covariates @ beta)
    table = risk_table(sample.time, sample.event)
    exposed = risk @ (sample.time[:, None] >= table.times)
    return table.times, np.cumsum(table.deaths / exposed)
