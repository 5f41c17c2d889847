"""Step lengths along a descent direction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from descent.problems import Objective
from descent.types import Array


class Point(NamedTuple):
    """A trial point on the line x + t p: step t, value, slope g'p, and the gradient there."""

    step: float
    value: float
    slope: float
    gradient: Array


def evaluate(objective: Objective, x: Array, direction: Array, step: float) -> Point:
    """Evaluate the objective at x + step * direction.

    Args:
        objective: returns value and gradient.
        x: base point, shape (d,).
        direction: search direction, shape (d,).
        step: step length.

    Returns:
        The `Point` with its slope, the inner product of gradient and direction.
    """
    value, gradient = objective(x + step * direction)
    return Point(step, value, float(gradient @ direction), gradient)


def backtracking(objective: Objective, x: Array, direction: Array, origin: Point, step: float, c1: float) -> Point:
    """Halve `step` until the Armijo condition f(x + t p) <= f(x) + c1 t p'g holds, at most 50 times.

    Args:
        objective: returns value and gradient.
        x: base point, shape (d,).
        direction: descent direction p, shape (d,).
        origin: the `Point` at step 0.
        step: first step to try.
        c1: constant of sufficient decrease.

    Returns:
        The accepted `Point` (the last one tried if none is accepted).
    """
    trial = evaluate(objective, x, direction, step)
    for _ in range(50):
        if trial.value <= origin.value + c1 * trial.step * origin.slope:
            break
        trial = evaluate(objective, x, direction, trial.step / 2)
    return trial


def cubic_step(a: Point, b: Point) -> float:
    """Minimiser of the cubic that matches the values and slopes at two points.

    With d1 = a.slope + b.slope - 3 (a.value - b.value) / (a.step - b.step) and
    d2 = sign(b.step - a.step) sqrt(d1^2 - a.slope b.slope), it is
    b.step - (b.step - a.step) (b.slope + d2 - d1) / (b.slope - a.slope + 2 d2).
    The midpoint is returned where the root is not real, or the result is not at least a tenth of
    the interval's length inside the interval.

    Returns:
        The step, a float strictly between a.step and b.step.
    """
    middle = 0.5 * (a.step + b.step)
    d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step)
    square = d1**2 - a.slope * b.slope
    if square < 0.0:
        return middle
    d2 = np.sign(b.step - a.step) * np.sqrt(square)
    denominator = b.slope - a.slope + 2.0 * d2
    if denominator == 0.0:
        return middle
    step = b.step - (b.step - a.step) * (b.slope + d2 - d1) / denominator
    low, high = min(a.step, b.step), max(a.step, b.step)
    margin = 0.1 * (high - low)
    return float(step) if low + margin <= step <= high - margin else middle


def zoom(
    objective: Objective, x: Array, direction: Array, origin: Point, low: Point, high: Point, c1: float, c2: float
) -> Point:
    """Shrink a bracket until a point satisfies the strong Wolfe conditions (Nocedal and Wright, algorithm 3.6).

    `low` has the smallest value among the points that decrease sufficiently; the bracket's other end is `high`.
    Trial steps come from `cubic_step(low, high)`: at most 30 of them, and none once the bracket is shorter than 1e-12.

    Args:
        objective: returns value and gradient.
        x: base point, shape (d,).
        direction: descent direction, shape (d,).
        origin: the `Point` at step 0.
        low: best end of the bracket.
        high: other end of the bracket.
        c1: constant of sufficient decrease.
        c2: constant of curvature.

    Returns:
        The accepted `Point`, or the best end when there is none.
    """
    for _ in range(30):
        if abs(high.step - low.step) < 1e-12:
            break
        trial = evaluate(objective, x, direction, cubic_step(low, high))
        if trial.value > origin.value + c1 * trial.step * origin.slope or trial.value >= low.value:
            high = trial
            continue
        if abs(trial.slope) <= -c2 * origin.slope:
            return trial
        if trial.slope * (high.step - low.step) >= 0.0:
            high = low
        low = trial
    return low


def strong_wolfe(
    objective: Objective, x: Array, direction: Array, origin: Point, step: float, c1: float, c2: float
) -> Point:
    """Find a step that satisfies the strong Wolfe conditions (Nocedal and Wright, algorithm 3.5).

    Starting from `step`, which is doubled, at most 20 points are tried until one is accepted or a bracket is found:
    a point without sufficient decrease, or not below its predecessor, or with a non-negative slope. Brackets go
    to `zoom` with the better end first.

    Args:
        objective: returns value and gradient.
        x: base point, shape (d,).
        direction: descent direction, shape (d,).
        origin: the `Point` at step 0.
        step: first step to try.
        c1: sufficient decrease: f(t) <= f(0) + c1 t f'(0).
        c2: curvature: |f'(t)| <= -c2 f'(0).

    Returns:
        The accepted `Point`.
    """
    previous = origin
    for iteration in range(20):
        trial = evaluate(objective, x, direction, step)
        too_high = trial.value > origin.value + c1 * trial.step * origin.slope
        if too_high or (iteration > 0 and trial.value >= previous.value):
            return zoom(objective, x, direction, origin, previous, trial, c1, c2)
        if abs(trial.slope) <= -c2 * origin.slope:
            return trial
        if trial.slope >= 0.0:
            return zoom(objective, x, direction, origin, trial, previous, c1, c2)
        previous, step = trial, 2.0 * step
    return previous
