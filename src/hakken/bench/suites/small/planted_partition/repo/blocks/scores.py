"""How good a partition is, alone and against the planted one."""

from __future__ import annotations

import numpy as np

from blocks.types import Array


def relabel(labels: Array) -> Array:
    """Number the labels 0, 1, ... in order of first appearance. Shape (n,) -> (n,)."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=int)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def membership(labels: Array) -> Array:
    """One-hot rows of labels 0 .. k - 1: shape (n,) -> (n, k)."""
    return np.eye(labels.max() + 1)[labels]


def modularity(adjacency: Array, labels: Array, resolution: float = 1.0) -> float:
    """Newman's modularity: sum over communities of inside / 2m - resolution (volume / 2m)^2.

    Args:
        adjacency: shape (n, n).
        labels: communities 0 .. k - 1, shape (n,).
        resolution: weight of the null model.

    Returns:
        The modularity; `inside` counts every edge twice, 2m is the sum of the matrix.
    """
    members = membership(labels)
    total = adjacency.sum()
    inside = np.einsum("ik,ij,jk->k", members, adjacency, members, optimize=True)
    volumes = adjacency.sum(axis=1) @ members
    return float((inside / total - resolution * (volumes / total) ** 2).sum())


def contingency(a: Array, b: Array) -> Array:
    """Counts of vertices with label i in `a` and label j in `b`.

    Args:
        a: labels 0 .. k - 1, shape (n,).
        b: labels 0 .. l - 1, shape (n,).

    Returns:
        Shape (k, l).
    """
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    return table


def adjusted_rand(a: Array, b: Array) -> float:
    """The adjusted Rand index of two partitions (1 when both are trivial in the same way).

    With S the pairs together in both, A and B the pairs together in each, and E = A B / C(n, 2):
    (S - E) / ((A + B) / 2 - E).

    Args:
        a: labels 0 .. k - 1, shape (n,).
        b: labels 0 .. l - 1, shape (n,).
    """
    table = contingency(a, b)

    def pairs(counts: Array) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, in_a, in_b = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = in_a * in_b / pairs(np.array([len(a)]))
    largest = (in_a + in_b) / 2
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def normalized_information(a: Array, b: Array) -> float:
    """Mutual information of two partitions over the mean of their entropies (0 when both entropies are 0).

    Args:
        a: labels 0 .. k - 1, shape (n,).
        b: labels 0 .. l - 1, shape (n,).
    """
    joint = contingency(a, b) / len(a)

    def entropy(p: Array) -> float:
        positive = p[p > 0]
        return float(-(positive * np.log(positive)).sum())

    separate = entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0))
    return 2.0 * (separate - entropy(joint.ravel())) / separate if separate > 0 else 0.0


def set_f1(found: Array, truth: Array) -> float:
    """F1 of a set of vertices against another: 2 |both| / (|found| + |truth|). Both are arrays of indices."""
    return 2.0 * len(np.intersect1d(found, truth)) / (len(found) + len(truth))
