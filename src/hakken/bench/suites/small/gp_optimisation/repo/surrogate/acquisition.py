"""Where to evaluate next, for minimisation. Larger is better for all acquisition values."""

from __future__ import annotations

from surrogate.normal import normal_distribution
from surrogate.types import Array


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """E max(best - f, 0) for f normal: (best - mean) Phi(z) + deviation phi(z), z = (best - mean) / deviation.

    Args:
        mean: shape (m,).
        deviation: positive, shape (m,).
        best: smallest value seen.

    Returns:
        Shape (m,).
    """
    z = (best - mean) / deviation
    density, distribution = normal_distribution(z)
    return (best - mean) * distribution + deviation * density


def probability_of_improvement(mean: Array, deviation: Array, best: float, margin: float) -> Array:
    """P(f < best - margin) for f normal, shapes (m,)."""
    return normal_distribution((best - margin - mean) / deviation)[1]


def confidence_bound(mean: Array, deviation: Array, kappa: float) -> Array:
    """The negative lower confidence bound, kappa * deviation - mean, shapes (m,)."""
    return kappa * deviation - mean


def next_point(mean: Array, deviation: Array, best: float, rule: str, parameter: float) -> int:
    """Index of the candidate with the largest acquisition value, the first of equal ones.

    Args:
        mean: of the candidates, shape (m,).
        deviation: shape (m,).
        best: smallest value seen.
        rule: "ei", "pi" (parameter: margin), "lcb" (parameter: kappa) or "mean" (the smallest mean).
        parameter: of the rule.
    """
    if rule == "ei":
        values = expected_improvement(mean, deviation, best)
    elif rule == "pi":
        values = probability_of_improvement(mean, deviation, best, parameter)
    elif rule == "lcb":
        values = confidence_bound(mean, deviation, parameter)
    else:
        values = -mean
    return int(values.argmax())
