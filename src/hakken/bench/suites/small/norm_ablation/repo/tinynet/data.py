"""Synthetic classification data."""

from __future__ import annotations

import numpy as np

from tinynet.types import Array


def spirals(per_class: int, classes: int, turns: float, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Interleaved spirals in the plane, standardised.

    Classes stand one after the other, `per_class` points each, with radii evenly from 0.1 to 1, both included. A point
    of radius r and class k (0, 1, ...) has the angle 2 pi (turns * r + k / classes) plus `noise` (in radians) times a
    standard normal number; these are drawn for all points by one call of `rng.standard_normal`. Finally each coordinate
    is centred and divided by its standard deviation (ddof 0).

    Args:
        per_class: points of each class.
        classes: how many.
        turns: how often a spiral of radius 1 winds around the origin, counted from radius 0.
        noise: standard deviation of the angle.
        rng: source of the noise.

    Returns:
        Points (classes * per_class, 2) and labels (classes * per_class,).
    """
    radius = np.tile(np.linspace(0.1, 1.0, per_class), classes)
    labels = np.repeat(np.arange(classes), per_class)
    angle = 2 * np.pi * (turns * radius + labels / classes) + noise * rng.standard_normal(len(labels))
    points = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (points - points.mean(axis=0)) / points.std(axis=0), labels


def batches(size: int, batch: int, epochs: int, rng: np.random.Generator) -> list[Array]:
    """Index sets of `epochs` shuffled passes over range(size), the incomplete last batch of each dropped.

    Each pass is one new `rng.permutation(size)`, cut into batches from its start.

    Args:
        size: number of examples.
        batch: examples in a batch.
        epochs: number of passes.
        rng: source of the order.

    Returns:
        Arrays of shape (batch,), in the order in which they are used.
    """
    steps = []
    for _ in range(epochs):
        order = rng.permutation(size)
        steps += [order[i : i + batch] for i in range(0, size - batch + 1, batch)]
    return steps
