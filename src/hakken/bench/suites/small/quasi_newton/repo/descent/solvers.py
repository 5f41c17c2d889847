"""The methods: each minimises a problem and reports how many evaluations it needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from descent.directions import bfgs_update, curvature_holds, initial_scaling, polak_ribiere, two_loop
from descent.linesearch import Point, backtracking, strong_wolfe
from descent.problems import Oracle, Problem
from descent.types import Array


@dataclass(frozen=True)
class Settings:
    """Stopping rule, budget and line-search constants."""

    tolerance: float = 1e-6
    budget: int = 3000
    c1: float = 1e-4
    c2: float = 0.9
    c2_conjugate: float = 0.1
    memory: int = 10
    scaled: bool = True


@dataclass(frozen=True)
class Result:
    """Final value and gradient norm, evaluations used, and whether the tolerance was met."""

    value: float
    norm: float
    evaluations: int
    converged: bool


def finished(gradient: Array, start_norm: float, oracle: Oracle, settings: Settings) -> bool:
    """Whether to stop: ||g|| <= tolerance * max(1, ||g at the start||), or the budget of evaluations is used.

    Args:
        gradient: current gradient, shape (d,).
        start_norm: norm of the gradient at the start.
        oracle: counts the evaluations.
        settings: tolerance and budget.
    """
    small = np.linalg.norm(gradient) <= settings.tolerance * max(1.0, start_norm)
    return bool(small or oracle.calls >= settings.budget)


def report(value: float, gradient: Array, start_norm: float, oracle: Oracle, settings: Settings) -> Result:
    """Collect the outcome of a run."""
    norm = float(np.linalg.norm(gradient))
    converged = norm <= settings.tolerance * max(1.0, start_norm)
    return Result(value, norm, oracle.calls, converged)


def gradient_descent(problem: Problem, settings: Settings) -> Result:
    """Steepest descent with backtracking; each search starts from twice the last accepted step (from 1 at first)."""
    oracle = Oracle(problem.objective)
    x = problem.start.copy()
    value, gradient = oracle(x)
    start_norm, step = float(np.linalg.norm(gradient)), 0.5
    while not finished(gradient, start_norm, oracle, settings):
        origin = Point(0.0, value, -float(gradient @ gradient), gradient)
        accepted = backtracking(oracle, x, -gradient, origin, 2.0 * step, settings.c1)
        x, step = x - accepted.step * gradient, accepted.step
        value, gradient = accepted.value, accepted.gradient
    return report(value, gradient, start_norm, oracle, settings)


def accelerated_gradient(problem: Problem, settings: Settings) -> Result:
    """Nesterov's method with backtracking at the extrapolated point and restart when momentum points uphill.

    The new point plus k / (k + 3) times its distance from the one before is the next extrapolated point. k counts the
    iterations since the last restart: it is raised by 1, or set to 0, before the extrapolation, so that the first
    factor is 1/4. Momentum points uphill when the gradient at the extrapolated point has a positive product with the
    way from the last point to the new one; that gradient is tested for stopping too. A search starts from 1.2 times the
    last accepted step (from 1 at first), with the Armijo constant 1/2.
    """
    oracle = Oracle(problem.objective)
    x = problem.start.copy()
    extrapolated, k, step = x, 0, 1.0 / 1.2
    value, gradient = oracle(x)
    start_norm = float(np.linalg.norm(gradient))
    while not finished(gradient, start_norm, oracle, settings):
        origin = Point(0.0, value, -float(gradient @ gradient), gradient)
        accepted = backtracking(oracle, extrapolated, -gradient, origin, 1.2 * step, 0.5)
        step = accepted.step
        following = extrapolated - step * gradient
        k = 0 if gradient @ (following - x) > 0.0 else k + 1
        extrapolated = following + k / (k + 3.0) * (following - x)
        x = following
        value, gradient = oracle(extrapolated)
    return report(value, gradient, start_norm, oracle, settings)


def conjugate_gradient(problem: Problem, settings: Settings) -> Result:
    """Nonlinear conjugate gradients (Polak-Ribiere, restarted), strong Wolfe steps with curvature `c2_conjugate`.

    The first trial step keeps the first-order change of the last iteration: t_prev slope_prev / slope; it is
    1 / ||g|| at the start. A direction that does not descend is replaced by the negative gradient.
    """
    oracle = Oracle(problem.objective)
    x = problem.start.copy()
    value, gradient = oracle(x)
    start_norm, direction, expected = float(np.linalg.norm(gradient)), -gradient, -float(np.linalg.norm(gradient))
    while not finished(gradient, start_norm, oracle, settings):
        slope = float(gradient @ direction)
        if slope >= 0.0:
            direction, slope = -gradient, -float(gradient @ gradient)
        origin = Point(0.0, value, slope, gradient)
        accepted = strong_wolfe(oracle, x, direction, origin, expected / slope, settings.c1, settings.c2_conjugate)
        expected = accepted.step * slope
        x = x + accepted.step * direction
        direction = -accepted.gradient + polak_ribiere(accepted.gradient, gradient) * direction
        value, gradient = accepted.value, accepted.gradient
    return report(value, gradient, start_norm, oracle, settings)


def quasi_newton(
    problem: Problem, settings: Settings, direction: Callable[[Array], Array], learn: Callable[[Array, Array], None]
) -> Result:
    """Strong Wolfe steps along directions that are learned from pairs s (step) and y (change of the gradient).

    Every pair that satisfies `curvature_holds` is learned. The first trial step is 1, except before the first pair:
    min(1, 1 / ||g at the start||).

    Args:
        problem: what is minimised.
        settings: stopping rule and line-search constants, curvature `c2`.
        direction: maps a gradient (d,) to a direction (d,).
        learn: takes s (d,) and y (d,).

    Returns:
        The outcome.
    """
    oracle, learned = Oracle(problem.objective), False
    x = problem.start.copy()
    value, gradient = oracle(x)
    start_norm = float(np.linalg.norm(gradient))
    while not finished(gradient, start_norm, oracle, settings):
        p = direction(gradient)
        origin = Point(0.0, value, float(gradient @ p), gradient)
        step = 1.0 if learned else min(1.0, 1.0 / start_norm)
        accepted = strong_wolfe(oracle, x, p, origin, step, settings.c1, settings.c2)
        s, y = accepted.step * p, accepted.gradient - gradient
        if curvature_holds(s, y):
            learn(s, y)
            learned = True
        x, value, gradient = x + s, accepted.value, accepted.gradient
    return report(value, gradient, start_norm, oracle, settings)


def bfgs(problem: Problem, settings: Settings) -> Result:
    """BFGS: the direction is -H g; H starts as I and is rescaled to (s'y / y'y) I before its first update."""
    inverse, updates = np.eye(len(problem.start)), 0

    def direction(gradient: Array) -> Array:
        return -inverse @ gradient

    def learn(s: Array, y: Array) -> None:
        nonlocal inverse, updates
        if updates == 0:
            inverse = inverse * (s @ y) / (y @ y)
        inverse, updates = bfgs_update(inverse, s, y), updates + 1

    return quasi_newton(problem, settings, direction, learn)


def lbfgs(problem: Problem, settings: Settings) -> Result:
    """L-BFGS: the direction comes from the two-loop recursion over the last `memory` pairs that were learned.

    It starts from the initial scaling of these pairs, or from 1 unless `scaled`.
    """
    pairs: deque[tuple[Array, Array]] = deque(maxlen=settings.memory)

    def direction(gradient: Array) -> Array:
        return -two_loop(gradient, pairs, initial_scaling(pairs, settings.scaled))

    return quasi_newton(problem, settings, direction, lambda s, y: pairs.append((s, y)))


SOLVERS = {
    "gradient": gradient_descent,
    "accelerated": accelerated_gradient,
    "conjugate": conjugate_gradient,
    "bfgs": bfgs,
    "lbfgs": lbfgs,
}
