"""Second implementations for quasi_newton, written from docstrings and paper."""

import numpy as np
from descent.directions import bfgs_update as update
from descent.directions import curvature_holds
from descent.linesearch import Point, backtracking, strong_wolfe
from descent.problems import Oracle
from descent.solvers import finished, report


def accelerated_gradient(problem, settings):
    """Points x_k and z_k kept by name; the counter is set or raised before the extrapolation."""
    oracle = Oracle(problem.objective)
    x = z = problem.start.copy()
    since, trial = 0, 1.0
    value, g = oracle(z)
    start = float(np.linalg.norm(g))
    while not finished(g, start, oracle, settings):
        found = backtracking(oracle, z, -g, Point(0.0, value, -float(g @ g), g), trial, 0.5)
        trial = 1.2 * found.step
        new = z - found.step * g
        since = 0 if float(g @ (new - x)) > 0 else since + 1
        z = new + since / (since + 3) * (new - x)
        x = new
        value, g = oracle(z)
    return report(value, g, start, oracle, settings)


def wrong_accelerated_gradient(problem, settings):
    """The counter raised after the extrapolation, so that the first factor is 0, which the docstring excludes."""
    oracle = Oracle(problem.objective)
    x = z = problem.start.copy()
    since, trial = 0, 1.0
    value, g = oracle(z)
    start = float(np.linalg.norm(g))
    while not finished(g, start, oracle, settings):
        found = backtracking(oracle, z, -g, Point(0.0, value, -float(g @ g), g), trial, 0.5)
        trial = 1.2 * found.step
        new = z - found.step * g
        if g @ (new - x) > 0:
            since = 0
        z = new + since / (since + 3) * (new - x)
        x, since = new, since + 1
        value, g = oracle(z)
    return report(value, g, start, oracle, settings)


def quadratic(x, matrix, target):
    """Grouped otherwise."""
    return float(x @ (0.5 * (matrix @ x) - target)), matrix @ x - target


def bfgs_update(inverse, s, y):
    """As a product of three matrices."""
    rho, one = 1.0 / (y @ s), np.eye(len(s))
    return (one - rho * np.outer(s, y)) @ inverse @ (one - rho * np.outer(y, s)) + rho * np.outer(s, s)


def bfgs(problem, settings):
    """The whole loop in one function."""
    oracle = Oracle(problem.objective)
    x = problem.start.copy()
    value, g = oracle(x)
    start, inverse = float(np.linalg.norm(g)), None
    while not finished(g, start, oracle, settings):
        p = -g if inverse is None else -(inverse @ g)
        step = min(1.0, 1.0 / start) if inverse is None else 1.0
        found = strong_wolfe(oracle, x, p, Point(0.0, value, float(g @ p), g), step, settings.c1, settings.c2)
        s, y = found.step * p, found.gradient - g
        if curvature_holds(s, y):
            base = np.eye(len(x)) * float(s @ y) / float(y @ y) if inverse is None else inverse
            inverse = update(base, s, y)
        x, value, g = x + s, found.value, found.gradient
    return report(value, g, start, oracle, settings)
