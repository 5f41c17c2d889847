"""Spectral methods."""

from __future__ import annotations

import numpy as np

from blocks.types import Array


def normalized_adjacency(adjacency: Array, tau: float = 0.0) -> Array:
    """Regularised symmetric normalisation D^-1/2 A D^-1/2 where D holds the degrees plus tau.

    Args:
        adjacency: A, shape (n, n).
        tau: added to every degree; rows without any degree stay zero.

    Returns:
        Shape (n, n).
    """
    degrees = adjacency.sum(axis=1) + tau
    scale = np.divide(1.0, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    return scale[:, None] * adjacency * scale


def bethe_hessian(adjacency: Array) -> Array:
    """The Bethe Hessian (r^2 - 1) I - r A + D with r the square root of the mean excess degree.

    r^2 = sum d_i^2 / sum d_i - 1, D the diagonal matrix of the degrees d.

    Args:
        adjacency: A, shape (n, n).

    Returns:
        Shape (n, n); communities are in the eigenvectors of its smallest eigenvalues.
    """
    degrees = adjacency.sum(axis=1)
    r = np.sqrt((degrees**2).sum() / degrees.sum() - 1.0)
    return np.diag(r**2 - 1.0 + degrees) - r * adjacency


def embedding(matrix: Array, dimensions: int, largest: bool) -> Array:
    """Eigenvectors of a symmetric matrix, of its largest or its smallest eigenvalues.

    Args:
        matrix: shape (n, n).
        dimensions: how many.
        largest: from the upper end of the spectrum if true, else from the lower.

    Returns:
        Unit eigenvectors as columns, outermost first, shape (n, dimensions).
    """
    _, vectors = np.linalg.eigh(matrix)
    return vectors[:, ::-1][:, :dimensions] if largest else vectors[:, :dimensions]


def unit_rows(points: Array) -> Array:
    """Rows scaled to length one; those shorter than 1e-12, which rounding alone made, become zero. (n, d) -> (n, d)."""
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.divide(points, norms, out=np.zeros_like(points), where=norms > 1e-12)


def farthest_first(points: Array, k: int) -> Array:
    """Initial centres: the point nearest to the mean, then repeatedly the one whose nearest chosen centre is farthest.

    The first of equal points is taken.

    Args:
        points: shape (n, d).
        k: number of centres.

    Returns:
        Centres, shape (k, d).
    """
    distances = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    chosen = [int(distances.argmin())]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < k:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def kmeans(points: Array, k: int, iterations: int = 50) -> Array:
    """Lloyd's algorithm from the farthest-first centres.

    Stops when the assignment no longer changes; an empty cluster keeps its centre.

    Args:
        points: shape (n, d).
        k: number of clusters.
        iterations: at most so many.

    Returns:
        Cluster of each point, shape (n,).
    """
    centres = farthest_first(points, k)
    labels = np.full(len(points), -1)
    for _ in range(iterations):
        distances = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        updated = distances.argmin(axis=1)
        if np.array_equal(updated, labels):
            break
        labels = updated
        for cluster in range(k):
            if np.any(labels == cluster):
                centres[cluster] = points[labels == cluster].mean(axis=0)
    return labels


def spectral_communities(adjacency: Array, k: int, method: str) -> Array:
    """Cluster the vertices by k-means in a spectral embedding.

    "adjacency": k eigenvectors of A of the largest eigenvalues. "normalized": the same of the normalised adjacency
    without regularisation. "regularized": the same with tau the mean degree, rows scaled to unit length.
    "bethe": k eigenvectors of the Bethe Hessian of the smallest eigenvalues.

    Args:
        adjacency: shape (n, n).
        k: number of communities.
        method: one of the four names.

    Returns:
        Community of each vertex, shape (n,).
    """
    if method == "bethe":
        points = embedding(bethe_hessian(adjacency), k, largest=False)
    elif method == "regularized":
        matrix = normalized_adjacency(adjacency, adjacency.sum(axis=1).mean())
        points = unit_rows(embedding(matrix, k, largest=True))
    elif method == "normalized":
        points = embedding(normalized_adjacency(adjacency), k, largest=True)
    else:
        points = embedding(adjacency, k, largest=True)
    return kmeans(points, k)
