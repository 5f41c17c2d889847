"""Retrieval models. Each scores all documents for all queries: (q, v) and (n, v) counts to (q, n) scores."""

from __future__ import annotations

import numpy as np

from ranking.types import Array


def inverse_frequency(counts: Array) -> Array:
    """Smoothed idf log((1 + n) / (1 + df)) + 1 of each term.

    Args:
        counts: document term counts, shape (n, v).

    Returns:
        Shape (v,); df is the number of documents that contain the term.
    """
    df = (counts > 0).sum(axis=0)
    return np.log((1.0 + len(counts)) / (1.0 + df)) + 1.0


def unit_rows(matrix: Array) -> Array:
    """Rows scaled to Euclidean length one; zero rows stay zero. Shape (n, d) -> (n, d)."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)


def tfidf_weights(counts: Array, idf: Array) -> Array:
    """Unit rows of (1 + log count) * idf, zero where the count is zero.

    Args:
        counts: shape (n, v).
        idf: shape (v,).

    Returns:
        Shape (n, v).
    """
    logs = 1.0 + np.log(np.maximum(counts, 1.0))
    return unit_rows(np.where(counts > 0, logs, 0.0) * idf)


def tfidf_scores(queries: Array, documents: Array) -> Array:
    """Cosine of tf-idf vectors; the idf is that of the documents.

    Args:
        queries: counts, shape (q, v).
        documents: counts, shape (n, v).

    Returns:
        Shape (q, n).
    """
    idf = inverse_frequency(documents)
    return tfidf_weights(queries, idf) @ tfidf_weights(documents, idf).T


def bm25_weights(documents: Array, k1: float, b: float) -> Array:
    """BM25 weight of every term in every document.

    idf * f (k1 + 1) / (f + k1 (1 - b + b * length / mean length)) with idf = log(1 + (n - df + 0.5) / (df + 0.5)).

    Args:
        documents: counts f, shape (n, v).
        k1: saturation.
        b: length normalisation, between 0 and 1.

    Returns:
        Shape (n, v).
    """
    df = (documents > 0).sum(axis=0)
    idf = np.log1p((len(documents) - df + 0.5) / (df + 0.5))
    lengths = documents.sum(axis=1, keepdims=True)
    saturation = documents + k1 * (1.0 - b + b * lengths / lengths.mean())
    return idf * documents * (k1 + 1.0) / saturation


def bm25_scores(queries: Array, documents: Array, k1: float = 1.2, b: float = 0.75) -> Array:
    """BM25: sum over query terms of count in the query times weight in the document. Shape (q, n)."""
    return queries @ bm25_weights(documents, k1, b).T


def dirichlet_scores(queries: Array, documents: Array, mu: float) -> Array:
    """Log-likelihood of each query under each document's language model with Dirichlet smoothing.

    p(t | d) = (f + mu p(t)) / (length + mu), p(t) the share of t in the whole collection; the score is the sum over
    query terms of count * log p(t | d).

    Args:
        queries: counts, shape (q, v); terms that no document has must be absent.
        documents: counts f, shape (n, v), every term in at least one document.
        mu: weight of the collection.

    Returns:
        Shape (q, n).
    """
    collection = documents.sum(axis=0) / documents.sum()
    lengths = documents.sum(axis=1, keepdims=True)
    return queries @ np.log((documents + mu * collection) / (lengths + mu)).T


def lsi_scores(queries: Array, documents: Array, rank: int) -> Array:
    """Latent semantic indexing: cosine after projection on the leading right singular vectors of the tf-idf matrix.

    With W = U S V' of the documents, both W and the queries' tf-idf vectors are multiplied by the first `rank` columns
    of V before the cosine.

    Args:
        queries: counts, shape (q, v).
        documents: counts, shape (n, v).
        rank: dimensions kept.

    Returns:
        Shape (q, n).
    """
    idf = inverse_frequency(documents)
    weights = tfidf_weights(documents, idf)
    _, _, vectors = np.linalg.svd(weights, full_matrices=False)
    basis = vectors[:rank].T
    return unit_rows(tfidf_weights(queries, idf) @ basis) @ unit_rows(weights @ basis).T
