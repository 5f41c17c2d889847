"""Search directions of conjugate-gradient and quasi-Newton methods."""

from __future__ import annotations

from collections import deque

import numpy as np

from descent.types import Array

Pairs = deque[tuple[Array, Array]]


def polak_ribiere(gradient: Array, previous: Array) -> float:
    """The Polak-Ribiere coefficient, restarted: max(0, g'(g - g_prev) / g_prev'g_prev).

    Args:
        gradient: g, shape (d,).
        previous: g_prev, shape (d,).
    """
    beta = gradient @ (gradient - previous) / (previous @ previous)
    return max(0.0, float(beta))


def curvature_holds(s: Array, y: Array, threshold: float = 1e-10) -> bool:
    """Whether a pair keeps the inverse Hessian positive definite: s'y > threshold ||s|| ||y||.

    Args:
        s: step x_new - x, shape (d,).
        y: change of the gradient, shape (d,).
        threshold: relative threshold.
    """
    return bool(s @ y > threshold * np.linalg.norm(s) * np.linalg.norm(y))


def initial_scaling(pairs: Pairs, scaled: bool) -> float:
    """The factor gamma of the initial inverse Hessian gamma I.

    Args:
        pairs: stored (s, y), oldest first.
        scaled: use s'y / y'y of the newest pair; otherwise, or without pairs, 1.
    """
    if not scaled or not pairs:
        return 1.0
    s, y = pairs[-1]
    return float(s @ y / (y @ y))


def two_loop(gradient: Array, pairs: Pairs, gamma: float) -> Array:
    """The product H g of the L-BFGS inverse Hessian with a gradient, by the two-loop recursion.

    Args:
        gradient: g, shape (d,).
        pairs: stored (s, y) of shape (d,) each, oldest first.
        gamma: the initial inverse Hessian is gamma I.

    Returns:
        H g, shape (d,); the search direction is its negative.
    """
    q = gradient.copy()
    alphas = []
    for s, y in reversed(pairs):
        alpha = (s @ q) / (y @ s)
        q -= alpha * y
        alphas.append(alpha)
    r = gamma * q
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = (y @ r) / (y @ s)
        r += (alpha - beta) * s
    return r


def bfgs_update(inverse: Array, s: Array, y: Array) -> Array:
    """The BFGS update of an inverse Hessian.

    H_new = (I - rho s y') H (I - rho y s') + rho s s' with rho = 1 / y's.

    Args:
        inverse: H, shape (d, d).
        s: step, shape (d,).
        y: change of the gradient, shape (d,).

    Returns:
        H_new, shape (d, d).
    """
    rho = 1.0 / (y @ s)
    hy = inverse @ y
    return inverse - rho * (np.outer(s, hy) + np.outer(hy, s)) + (rho**2 * (y @ hy) + rho) * np.outer(s, s)
