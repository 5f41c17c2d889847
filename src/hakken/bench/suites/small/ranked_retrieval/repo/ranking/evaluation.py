"""Effectiveness of rankings and tests of differences."""

from __future__ import annotations

import numpy as np

from ranking.ranks import rank_documents
from ranking.types import Array


def ranked_grades(scores: Array, relevance: Array) -> Array:
    """Grades in the order of the ranking: scores and relevance (q, n) -> (q, n)."""
    return np.take_along_axis(relevance, rank_documents(scores), axis=1)


def discounted_gain(grades: Array, depth: int) -> Array:
    """DCG at a depth: sum over ranks i = 1 .. depth of (2^grade - 1) / log2(i + 1).

    Args:
        grades: in ranked order, shape (q, n).
        depth: cut-off.

    Returns:
        Shape (q,).
    """
    top = grades[:, :depth]
    return ((2.0**top - 1.0) / np.log2(np.arange(2, top.shape[1] + 2))).sum(axis=1)


def ndcg(scores: Array, relevance: Array, depth: int) -> Array:
    """DCG over the DCG of the ideal ranking, 0 without relevant documents.

    Args:
        scores: shape (q, n).
        relevance: grades, shape (q, n).
        depth: cut-off.

    Returns:
        One value for each query, shape (q,).
    """
    gain = discounted_gain(ranked_grades(scores, relevance), depth)
    ideal = discounted_gain(-np.sort(-relevance, axis=1), depth)
    return np.divide(gain, ideal, out=np.zeros_like(gain), where=ideal > 0)


def average_precision(scores: Array, relevance: Array) -> Array:
    """Mean of the precision at the ranks of the relevant documents (grade above 0), 0 without any.

    Args:
        scores: shape (q, n).
        relevance: grades, shape (q, n).

    Returns:
        Shape (q,).
    """
    hits = ranked_grades(scores, relevance) > 0
    precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
    return (precision * hits).sum(axis=1) / np.maximum(hits.sum(axis=1), 1)


def reciprocal_rank(scores: Array, relevance: Array) -> Array:
    """One over the rank of the first document of grade 2, 0 without any: (q, n) twice -> (q,)."""
    hits = ranked_grades(scores, relevance) >= 2
    return np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1.0), 0.0)


def separation(scores: Array, relevance: Array) -> Array:
    """How far the mean score of the relevant documents (grade above 0) is above that of the others.

    The difference of the means of a query divided by the standard deviation (ddof 0) of its scores over all documents.

    Args:
        scores: shape (q, n).
        relevance: grades, shape (q, n); each query has relevant and other documents.

    Returns:
        Shape (q,).
    """
    relevant = relevance > 0
    inside = (scores * relevant).sum(axis=1) / relevant.sum(axis=1)
    outside = (scores * ~relevant).sum(axis=1) / (~relevant).sum(axis=1)
    return (inside - outside) / scores.std(axis=1)


def randomization_test(a: Array, b: Array, signs: Array) -> float:
    """Two-sided p value of the mean difference of paired values under random exchange of the pairs.

    (1 + #{|mean(sign * (a - b))| >= |mean(a - b)|}) / (1 + rounds), with a slack of 1e-12.

    Args:
        a: values by query, shape (q,).
        b: values by query, shape (q,).
        signs: +1 or -1, shape (rounds, q).
    """
    difference = a - b
    null = np.abs((signs * difference).mean(axis=1))
    return float((1 + (null >= abs(difference.mean()) - 1e-12).sum()) / (1 + len(signs)))
