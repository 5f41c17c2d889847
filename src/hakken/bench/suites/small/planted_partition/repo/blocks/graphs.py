"""Random and structured graphs as dense symmetric 0/1 adjacency matrices without self-loops."""

from __future__ import annotations

import numpy as np

from blocks.types import Array


def planted_partition(
    sizes: list[int], inside: float, outside: float, spread: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw a (degree-corrected) planted partition.

    Vertices i, j are joined with probability w_i w_j p, p being `inside` or `outside`; the weights w are log-normal
    with standard deviation `spread` of the logarithm, scaled to mean 1 in each group.

    Returns:
        The adjacency matrix, shape (n, n), and the group of each vertex, shape (n,).
    """
    groups = np.repeat(np.arange(len(sizes)), sizes)
    weights = np.exp(spread * rng.standard_normal(len(groups)))
    for group in range(len(sizes)):
        weights[groups == group] /= weights[groups == group].mean()
    probability = np.where(groups[:, None] == groups, inside, outside) * np.outer(weights, weights)
    upper = np.triu(rng.random(probability.shape) < probability, 1)
    return (upper | upper.T).astype(float), groups


def ring_of_cliques(cliques: int, size: int) -> tuple[Array, Array]:
    """Cliques of equal size on a ring: one edge joins the last vertex of each to the first of the next.

    Args:
        cliques: number of cliques, at least 3.
        size: vertices of each.

    Returns:
        The adjacency matrix, shape (cliques * size,) twice, and the clique of each vertex, shape (cliques * size,).
    """
    n = cliques * size
    groups = np.repeat(np.arange(cliques), size)
    adjacency = (groups[:, None] == groups).astype(float)
    np.fill_diagonal(adjacency, 0.0)
    for clique in range(cliques):
        last, following = (clique + 1) * size - 1, (clique + 1) * size % n
        adjacency[last, following] = adjacency[following, last] = 1.0
    return adjacency, groups


def largest_component(adjacency: Array) -> Array:
    """Vertices of the largest connected component, in increasing order.

    Args:
        adjacency: shape (n, n).

    Returns:
        Indices; of equally large components, the one with the smallest vertex.
    """
    unseen = np.ones(len(adjacency), dtype=bool)
    best = np.empty(0, dtype=int)
    while unseen.any():
        component = np.zeros(len(adjacency), dtype=bool)
        frontier = np.zeros(len(adjacency), dtype=bool)
        frontier[np.flatnonzero(unseen)[0]] = True
        while frontier.any():
            component |= frontier
            frontier = (adjacency[frontier].sum(axis=0) > 0) & ~component
        unseen &= ~component
        if component.sum() > len(best):
            best = np.flatnonzero(component)
    return best
