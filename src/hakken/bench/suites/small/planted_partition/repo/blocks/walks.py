"""Personalised PageRank and the sweep cut."""

from __future__ import annotations

import numpy as np

from blocks.types import Array


def pagerank(adjacency: Array, restart: Array, damping: float, tolerance: float = 1e-10) -> Array:
    """Personalised PageRank by power iteration from the restart distribution.

    p <- damping P'p + (1 - damping + damping * mass on vertices without neighbours) * restart, P = D^-1 A, until the
    L1 change is below the tolerance (at most 1000 iterations).

    Args:
        adjacency: A, shape (n, n).
        restart: a distribution, shape (n,).
        damping: probability of following an edge.
        tolerance: on the L1 change.

    Returns:
        The stationary distribution, shape (n,).
    """
    degrees = adjacency.sum(axis=1)
    transition = np.divide(adjacency, degrees[:, None], out=np.zeros_like(adjacency), where=degrees[:, None] > 0)
    rank = restart.copy()
    for _ in range(1000):
        lost = rank[degrees == 0].sum()
        updated = damping * (rank @ transition) + (1.0 - damping + damping * lost) * restart
        change = np.abs(updated - rank).sum()
        rank = updated
        if change < tolerance:
            break
    return rank


def conductances(adjacency: Array, order: Array) -> Array:
    """Conductance of every prefix of an ordering of the vertices.

    The conductance of a set S is cut(S) / min(vol(S), vol(V) - vol(S)), vol being the sum of degrees; 1 where the
    denominator is zero.

    Args:
        adjacency: shape (n, n).
        order: distinct vertices, shape (k,).

    Returns:
        Shape (k,): entry i belongs to the first i + 1 vertices.
    """
    degrees = adjacency.sum(axis=1)[order]
    among = np.tril(adjacency[np.ix_(order, order)], -1).sum(axis=1)
    volume = degrees.cumsum()
    cut = volume - 2.0 * among.cumsum()
    smaller = np.minimum(volume, adjacency.sum() - volume)
    return np.divide(cut, smaller, out=np.ones_like(cut), where=smaller > 0)


def sweep_cut(adjacency: Array, scores: Array, largest: float = 0.5) -> Array:
    """The best prefix of the vertices in decreasing order of score per degree.

    Args:
        adjacency: shape (n, n), every degree positive.
        scores: such as a PageRank, shape (n,); ties are broken by vertex number.
        largest: only prefixes of at most floor(largest * n) vertices compete.

    Returns:
        Members of the prefix with the smallest conductance, in sweep order.
    """
    order = np.argsort(-scores / adjacency.sum(axis=1), kind="stable")
    order = order[: int(largest * len(scores))]
    best = int(conductances(adjacency, order).argmin())
    return order[: best + 1]
