"""Second implementations for planted_partition, written from docstrings and paper."""

import numpy as np
from blocks.scores import relabel


def local_moving(weights, order, resolution):
    """Volumes counted afresh for each vertex; among the best communities, empty ones too, the smallest number."""
    n = len(weights)
    degree, total = weights.sum(axis=1), weights.sum()
    home = np.arange(n)
    while True:
        before = home.copy()
        for vertex in order:
            others = np.delete(np.arange(n), vertex)
            links, volume = np.zeros(n), np.zeros(n)
            np.add.at(links, home[others], weights[vertex, others])
            np.add.at(volume, home[others], degree[others])
            gains = links - volume * (resolution * degree[vertex] / total)
            if gains.max() > gains[home[vertex]] + 1e-12:
                home[vertex] = np.flatnonzero(gains > gains.max() - 1e-12)[0]
        if np.array_equal(home, before):
            return relabel(home)


def wrong_local_moving(weights, order, resolution):
    """Of equal gains the largest label, which the docstring excludes."""
    n = len(weights)
    degree, total = weights.sum(axis=1), weights.sum()
    home, volume = np.arange(n), degree.copy()
    moved = True
    while moved:
        moved = False
        for vertex in order:
            own, links = home[vertex], weights[vertex].copy()
            links[vertex] = 0.0
            volume[own] -= degree[vertex]
            gains = np.bincount(home, weights=links, minlength=n) - resolution * degree[vertex] * volume / total
            best = n - 1 - int(gains[::-1].argmax())
            if gains[best] <= gains[own] + 1e-12:
                best = own
            volume[best] += degree[vertex]
            moved |= best != own
            home[vertex] = best
    return relabel(home)


def farthest_first(points, k):
    """All distances to all chosen centres in each round."""
    centre = points.mean(axis=0)
    chosen = [int(np.argmin([np.sum((p - centre) ** 2) for p in points]))]
    for _ in range(k - 1):
        nearest = [min(np.linalg.norm(p - points[c]) for c in chosen) for p in points]
        chosen.append(int(np.argmax(nearest)))
    return points[chosen]


def label_propagation(adjacency, order, sweeps=30):
    """Votes counted in a dictionary over the neighbours."""
    labels = list(range(len(adjacency)))
    for _ in range(sweeps):
        before = list(labels)
        for vertex in order:
            votes = {}
            for other in np.flatnonzero(adjacency[vertex]):
                votes[labels[other]] = votes.get(labels[other], 0.0) + adjacency[vertex, other]
            if votes:
                most = max(votes.values())
                if votes.get(labels[vertex], 0.0) < most:
                    labels[vertex] = min(label for label, count in votes.items() if count == most)
        if labels == before:
            break
    return relabel(np.array(labels))


def conductances(adjacency, order):
    """Each prefix by itself."""
    values = []
    for size in range(1, len(order) + 1):
        inside = np.zeros(len(adjacency), dtype=bool)
        inside[order[:size]] = True
        cut = adjacency[inside][:, ~inside].sum()
        smaller = min(adjacency[inside].sum(), adjacency[~inside].sum())
        values.append(cut / smaller if smaller > 0 else 1.0)
    return np.array(values)


def adjusted_rand(a, b):
    """Counting pairs of vertices."""
    together_a = (a[:, None] == a)[np.triu_indices(len(a), 1)]
    together_b = (b[:, None] == b)[np.triu_indices(len(b), 1)]
    pairs = len(together_a)
    both, in_a, in_b = (together_a & together_b).sum(), together_a.sum(), together_b.sum()
    expected = in_a * in_b / pairs
    largest = (in_a + in_b) / 2
    return 1.0 if largest == expected else float((both - expected) / (largest - expected))
