"""Functions to learn and to minimise, and designs of points in the unit cube."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surrogate.types import Array


def branin(x: Array) -> Array:
    """The Branin function on the unit square, standardised to about mean 0 and deviation 1: (n, 2) -> (n,)."""
    u, v = 15.0 * x[:, 0] - 5.0, 15.0 * x[:, 1]
    square = (v - 5.1 / (4 * np.pi**2) * u**2 + 5.0 / np.pi * u - 6.0) ** 2
    return (square + 10.0 * (1.0 - 1.0 / (8 * np.pi)) * np.cos(u) + 10.0 - 54.8) / 51.9


def hartmann(x: Array) -> Array:
    """The three-dimensional Hartmann function on the unit cube: (n, 3) -> (n,)."""
    alpha = np.array([1.0, 1.2, 3.0, 3.2])
    a = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
    p = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
    return -np.exp(-(a * (x[:, None, :] - p) ** 2).sum(axis=2)) @ alpha


def wave(x: Array) -> Array:
    """A rough one-dimensional function embedded in the first coordinate: (n, d) -> (n,)."""
    return np.sin(14.0 * x[:, 0]) + 0.5 * np.abs(np.sin(31.0 * x[:, 0])) + x[:, 0]


OBJECTIVES: dict[str, tuple[Callable[[Array], Array], int]] = {
    "branin": (branin, 2),
    "hartmann": (hartmann, 3),
    "wave": (wave, 1),
}


def latin_hypercube(points: int, dimension: int, rng: np.random.Generator) -> Array:
    """Draw a Latin hypercube design in the unit cube, shape (points, dimension)."""
    ranks = rng.permuted(np.tile(np.arange(points), (dimension, 1)), axis=1).T
    return (ranks + rng.random((points, dimension))) / points
