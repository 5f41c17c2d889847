"""Test problems. Each objective returns its value and its gradient together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from descent.types import Array

Objective = Callable[[Array], tuple[float, Array]]


@dataclass
class Oracle:
    """An objective that counts how often it is evaluated."""

    objective: Objective
    calls: int = 0

    def __call__(self, x: Array) -> tuple[float, Array]:
        self.calls += 1
        return self.objective(x)


@dataclass(frozen=True)
class Problem:
    """An objective and a starting point of shape (d,)."""

    name: str
    objective: Objective
    start: Array


def random_rotation(dimension: int, rng: np.random.Generator) -> Array:
    """Draw an orthogonal matrix of shape (dimension, dimension)."""
    q, r = np.linalg.qr(rng.standard_normal((dimension, dimension)))
    return q * np.sign(np.diag(r))


def quadratic_problem(dimension: int, condition: float, rng: np.random.Generator) -> Problem:
    """Draw f(x) = x'Ax/2 - b'x, the eigenvalues of A log-spaced between 1 and `condition`."""
    rotation = random_rotation(dimension, rng)
    eigenvalues = np.logspace(0.0, np.log10(condition), dimension)
    matrix = (rotation * eigenvalues) @ rotation.T
    target = rng.standard_normal(dimension)
    return Problem(
        f"quadratic-{condition:g}",
        lambda x: quadratic(x, matrix, target),
        np.zeros(dimension),
    )


def logistic_problem(samples: int, dimension: int, decades: float, ridge: float, rng: np.random.Generator) -> Problem:
    """Draw a logistic regression whose columns are scaled over `decades` powers of ten."""
    features = rng.standard_normal((samples, dimension)) * np.logspace(-decades / 2, decades / 2, dimension)
    weights = rng.standard_normal(dimension) / np.logspace(-decades / 2, decades / 2, dimension)
    labels = np.where(rng.random(samples) < 1 / (1 + np.exp(-features @ weights)), 1.0, -1.0)
    return Problem(
        f"logistic-{decades:g}",
        lambda w: logistic(w, features, labels, ridge),
        np.zeros(dimension),
    )


def rosenbrock_problem(dimension: int, rng: np.random.Generator) -> Problem:
    """The extended Rosenbrock function from a perturbed version of its classical start."""
    start = np.tile([-1.2, 1.0], dimension // 2) + 0.1 * rng.standard_normal(dimension)
    return Problem(f"rosenbrock-{dimension}", rosenbrock, start)


def quadratic(x: Array, matrix: Array, target: Array) -> tuple[float, Array]:
    """The quadratic x'Ax/2 - b'x.

    Args:
        x: point, shape (d,).
        matrix: symmetric A, shape (d, d).
        target: b, shape (d,).

    Returns:
        The value (a float) and the gradient Ax - b, shape (d,).
    """
    product = matrix @ x
    value = 0.5 * x @ product - target @ x
    return float(value), product - target


def logistic(weights: Array, features: Array, labels: Array, ridge: float) -> tuple[float, Array]:
    """Ridge-penalised mean logistic loss.

    The value is mean_i log(1 + exp(-y_i x_i'w)) + ridge/2 ||w||^2, computed without overflow.

    Args:
        weights: w, shape (d,).
        features: rows x_i, shape (n, d).
        labels: y_i in {-1, +1}, shape (n,).
        ridge: weight of the penalty.

    Returns:
        The value (a float) and the gradient, shape (d,).
    """
    margins = labels * (features @ weights)
    value = np.mean(np.logaddexp(0.0, -margins)) + 0.5 * ridge * weights @ weights
    wrong = np.exp(-np.logaddexp(0.0, margins))
    gradient = -features.T @ (labels * wrong) / len(labels) + ridge * weights
    return float(value), gradient


def rosenbrock(x: Array) -> tuple[float, Array]:
    """The extended Rosenbrock function over consecutive pairs (a, b) = (x[0], x[1]), (x[2], x[3]), ...

    f(x) = sum over pairs of 100 (b - a^2)^2 + (1 - a)^2.

    Args:
        x: point, shape (d,) with d even.

    Returns:
        The value (a float) and the gradient, shape (d,).
    """
    a, b = x[0::2], x[1::2]
    valley = b - a**2
    gradient = np.empty_like(x)
    gradient[0::2] = -400.0 * a * valley - 2.0 * (1.0 - a)
    gradient[1::2] = 200.0 * valley
    return float(np.sum(100.0 * valley**2 + (1.0 - a) ** 2)), gradient
