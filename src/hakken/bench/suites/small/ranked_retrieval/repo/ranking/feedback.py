"""Pseudo-relevance feedback and fusion of rankings."""

from __future__ import annotations

import numpy as np

from ranking.ranks import rank_documents
from ranking.types import Array


def top_terms(weights: Array, count: int) -> Array:
    """Weights with all but the `count` largest of each row set to zero, ties to the smaller index.

    Args:
        weights: shape (q, v).
        count: how many to keep.

    Returns:
        Shape (q, v).
    """
    kept = np.argsort(-weights, axis=1, kind="stable")[:, :count]
    result = np.zeros_like(weights)
    np.put_along_axis(result, kept, np.take_along_axis(weights, kept, axis=1), axis=1)
    return result


def rocchio(queries: Array, weights: Array, scores: Array, depth: int, terms: int, beta: float) -> Array:
    """Rocchio expansion: query plus beta times the top `terms` terms of the centroid of the first `depth` documents.

    Args:
        queries: unit tf-idf vectors, shape (q, v).
        weights: unit tf-idf vectors of the documents, shape (n, v).
        scores: first-pass scores, shape (q, n).
        depth: number of documents taken as relevant.
        terms: number of terms kept of the centroid.
        beta: weight of the centroid.

    Returns:
        Expanded queries, shape (q, v).
    """
    centroids = weights[rank_documents(scores)[:, :depth]].mean(axis=1)
    return queries + beta * top_terms(centroids, terms)


def relevance_model(queries: Array, documents: Array, scores: Array, depth: int, terms: int, share: float) -> Array:
    """RM3: the query's language model mixed with the relevance model of its first documents.

    Each of the first `depth` documents has a weight proportional to exp(score), normalised over them; the relevance
    model is the weighted mean of their relative term frequencies, cut to its `terms` top terms and renormalised. The
    result is share * query / length of the query + (1 - share) * relevance model.

    Args:
        queries: counts, shape (q, v).
        documents: counts, shape (n, v).
        scores: query log-likelihoods, shape (q, n).
        depth: number of feedback documents.
        terms: number of expansion terms.
        share: weight of the original query.

    Returns:
        Term distributions, shape (q, v).
    """
    best = rank_documents(scores)[:, :depth]
    logs = np.take_along_axis(scores, best, axis=1)
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    models = documents / documents.sum(axis=1, keepdims=True)
    expansion = top_terms(np.einsum("qd,qdv->qv", posterior, models[best]), terms)
    expansion /= expansion.sum(axis=1, keepdims=True)
    return share * queries / queries.sum(axis=1, keepdims=True) + (1.0 - share) * expansion


def reciprocal_rank_fusion(runs: list[Array], k: float) -> Array:
    """Fused scores: the sum over runs of 1 / (k + rank), ranks from 1.

    Args:
        runs: scores of shape (q, n) each.
        k: constant.

    Returns:
        Shape (q, n).
    """
    fused = np.zeros_like(runs[0])
    for scores in runs:
        ranks = np.argsort(rank_documents(scores), axis=1) + 1
        fused += 1.0 / (k + ranks)
    return fused


def comb_sum(runs: list[Array]) -> Array:
    """Fused scores: the sum of the runs after scaling each query's scores to [0, 1] by their minimum and maximum."""
    scaled = []
    for scores in runs:
        low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
        scaled.append((scores - low) / np.maximum(high - low, 1e-12))
    return np.sum(scaled, axis=0)
