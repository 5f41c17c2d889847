"""How well survival is predicted."""

from __future__ import annotations

import numpy as np

from hazards.curves import kaplan_meier, risk_table, step_value
from hazards.types import Array


def concordance(time: Array, event: Array, risk: Array) -> float:
    """Harrell's C: the share of usable pairs in which the one who dies first has the higher risk.

    A pair (i, j) is usable when i dies and time_i < time_j; equal risks count one half.

    Args:
        time: shape (n,).
        event: shape (n,).
        risk: predicted risk, higher means earlier death, shape (n,).
    """
    agreeing = usable = 0.0
    for patient in np.flatnonzero(event == 1):
        others = risk[time > time[patient]]
        agreeing += (others < risk[patient]).sum() + 0.5 * (others == risk[patient]).sum()
        usable += len(others)
    return float(agreeing / usable)


def censoring_weights(time: Array, event: Array, at: Array) -> Array:
    """Kaplan-Meier estimate of the probability of being uncensored just before given times, G(t-).

    Censoring plays the event. The left limit is taken by evaluating the step function at t - 1e-10.

    Args:
        time: shape (n,).
        event: shape (n,).
        at: times, any shape.

    Returns:
        Probabilities, shape of `at`.
    """
    table = risk_table(time, 1.0 - event)
    return step_value(table.times, kaplan_meier(table), at - 1e-10, 1.0)


def uno_concordance(time: Array, event: Array, risk: Array, horizon: float) -> float:
    """Uno's C: as Harrell's, but pairs are weighted by G(time_i -)^-2 and only deaths i before the horizon count.

    Args:
        time: shape (n,).
        event: shape (n,).
        risk: shape (n,).
        horizon: truncation time.
    """
    weight = event * (time < horizon) / np.maximum(censoring_weights(time, event, time), 1e-10) ** 2
    usable = weight[:, None] * (time[:, None] < time)
    higher = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    return float((usable * higher).sum() / usable.sum())


def brier_score(time: Array, event: Array, predicted: Array, at: float) -> float:
    """Brier score of predicted survival at one time with inverse-probability-of-censoring weights.

    Those who died by `at` contribute predicted^2 / G(time_i -), those alive after it (1 - predicted)^2 / G(at), the
    censored before it nothing; the mean is over all. G(at) is taken just before `at` as well; G(time_i -) is at least
    1e-10.

    Args:
        time: shape (n,).
        event: shape (n,).
        predicted: survival probabilities at `at`, shape (n,).
        at: the time.
    """
    died = (time <= at) & (event == 1)
    alive = time > at
    at_death = np.maximum(censoring_weights(time, event, time), 1e-10)
    at_end = float(censoring_weights(time, event, np.array(at)))
    losses = died * predicted**2 / at_death + alive * (1.0 - predicted) ** 2 / at_end
    return float(losses.mean())
