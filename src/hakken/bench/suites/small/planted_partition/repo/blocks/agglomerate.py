"""Local methods: label propagation and the Louvain method."""

from __future__ import annotations

import numpy as np

from blocks.scores import membership, relabel
from blocks.types import Array


def label_propagation(adjacency: Array, order: Array, sweeps: int = 30) -> Array:
    """Asynchronous label propagation from singletons.

    In each sweep the vertices, in the given order, adopt the label with the largest weight among their neighbours.
    A vertex keeps its label when that is among the best; otherwise the smallest best label wins. Stops after a sweep
    without change. Isolated vertices keep their label.

    Args:
        adjacency: shape (n, n).
        order: order of the updates, a permutation of range(n).
        sweeps: at most so many.

    Returns:
        Labels 0, 1, ... in order of first appearance, shape (n,).
    """
    labels = np.arange(len(adjacency))
    for _ in range(sweeps):
        changed = False
        for vertex in order:
            votes = np.bincount(labels, weights=adjacency[vertex], minlength=len(adjacency))
            if votes.max() > votes[labels[vertex]]:
                labels[vertex] = votes.argmax()
                changed = True
        if not changed:
            break
    return relabel(labels)


def local_moving(weights: Array, order: Array, resolution: float) -> Array:
    """The moving phase of the Louvain method, from singletons.

    Sweeps over the vertices in the given order until none moves. A vertex v is taken out of its community and put
    into the community c with the largest gain w(v, c) - resolution d_v D_c / (2m), where w(v, c) is the weight from
    v to the members of c without v, D_c the total degree of c without v, d_v the degree (diagonal included) and
    2m the total weight. It goes back to its own community unless another gain is larger by more than 1e-12.
    Labels begin as the vertex numbers. All labels 0 .. n - 1 compete, also those of communities that have become empty
    (gain 0); of equally large gains the smallest label wins.

    Args:
        weights: symmetric, diagonal allowed, shape (n, n).
        order: order of the vertices, a permutation of range(n).
        resolution: weight of the null model.

    Returns:
        Communities 0, 1, ... in order of first appearance, shape (n,).
    """
    degrees, total = weights.sum(axis=1), weights.sum()
    labels, volumes = np.arange(len(weights)), weights.sum(axis=1)
    moved = True
    while moved:
        moved = False
        for vertex in order:
            own = labels[vertex]
            links = weights[vertex].copy()
            links[vertex] = 0.0
            volumes[own] -= degrees[vertex]
            gains = np.bincount(labels, weights=links, minlength=len(weights))
            gains -= resolution * degrees[vertex] * volumes / total
            best = int(gains.argmax())
            if gains[best] <= gains[own] + 1e-12:
                best = own
            moved |= best != own
            labels[vertex] = best
            volumes[best] += degrees[vertex]
    return relabel(labels)


def aggregate(weights: Array, labels: Array) -> Array:
    """The graph of the communities: entry (a, b) is the total weight from members of a to members of b.

    Args:
        weights: shape (n, n).
        labels: communities 0 .. k - 1, shape (n,).

    Returns:
        Shape (k, k); the diagonal holds twice the weight inside for 0/1 graphs without loops.
    """
    members = membership(labels)
    return members.T @ weights @ members


def louvain(adjacency: Array, order: Array, resolution: float = 1.0) -> Array:
    """The Louvain method: move, aggregate, repeat until a pass moves nothing.

    The first pass visits the vertices in `order`, later passes visit the communities in increasing order.

    Args:
        adjacency: shape (n, n).
        order: a permutation of range(n).
        resolution: weight of the null model.

    Returns:
        Communities 0, 1, ... in order of first appearance, shape (n,).
    """
    labels, weights = np.arange(len(adjacency)), adjacency
    while True:
        moved = local_moving(weights, order, resolution)
        if moved.max() + 1 == len(weights):
            return relabel(labels)
        labels = moved[labels]
        weights = aggregate(weights, moved)
        order = np.arange(len(weights))
