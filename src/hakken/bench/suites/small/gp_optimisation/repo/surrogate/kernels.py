"""Covariance functions of scaled distances."""

from __future__ import annotations

import numpy as np

from surrogate.types import Array


def squared_distances(a: Array, b: Array, lengths: Array) -> Array:
    """Squared Euclidean distances after division of each coordinate by its length scale.

    Args:
        a: shape (n, d).
        b: shape (m, d).
        lengths: shape (d,).

    Returns:
        Shape (n, m), never negative.
    """
    a, b = a / lengths, b / lengths
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
    return np.maximum(squares, 0.0)


def squared_exponential(squares: Array) -> Array:
    """exp(-r^2 / 2) of squared distances r^2, any shape."""
    return np.exp(-0.5 * squares)


def matern(squares: Array, smoothness: float) -> Array:
    """The Matern correlation of squared distances r^2 for smoothness 0.5, 1.5 or 2.5.

    exp(-r); (1 + sqrt(3) r) exp(-sqrt(3) r); (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r).

    Args:
        squares: any shape.
        smoothness: one of the three.

    Returns:
        Correlations, same shape.
    """
    r = np.sqrt(squares)
    if smoothness == 0.5:
        return np.exp(-r)
    if smoothness == 1.5:
        return (1.0 + np.sqrt(3.0) * r) * np.exp(-np.sqrt(3.0) * r)
    return (1.0 + np.sqrt(5.0) * r + 5.0 * squares / 3.0) * np.exp(-np.sqrt(5.0) * r)


def covariance(a: Array, b: Array, kernel: str, lengths: Array, variance: float) -> Array:
    """Covariance matrix between two sets of points.

    Args:
        a: shape (n, d).
        b: shape (m, d).
        kernel: "se", or "matern12", "matern32", "matern52".
        lengths: shape (d,).
        variance: of the process.

    Returns:
        Shape (n, m).
    """
    squares = squared_distances(a, b, lengths)
    if kernel == "se":
        return variance * squared_exponential(squares)
    return variance * matern(squares, {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}[kernel])
