"""Second implementations for ranked_retrieval, written from docstrings and paper."""

import numpy as np
from ranking.ranks import rank_documents


def dirichlet_scores(queries, documents, mu):
    """Term by term, as a difference of logarithms."""
    share, lengths = documents.sum(axis=0) / documents.sum(), documents.sum(axis=1)
    scores = np.zeros((len(queries), len(documents)))
    for i, query in enumerate(queries):
        for term in np.flatnonzero(query)[::-1]:
            scores[i] += query[term] * (np.log(documents[:, term] + mu * share[term]) - np.log(lengths + mu))
    return scores


def top_terms(weights, count):
    """Row by row with a sort of pairs."""
    result = np.zeros_like(weights)
    for row, values in enumerate(weights):
        for index in sorted(range(len(values)), key=lambda i: (-values[i], i))[:count]:
            result[row, index] = values[index]
    return result


def average_precision(scores, relevance):
    """Walking down each ranking."""
    values = []
    for ranking, grades in zip(rank_documents(scores), relevance, strict=True):
        found, total = 0, 0.0
        for rank, document in enumerate(ranking, start=1):
            if grades[document] > 0:
                found += 1
                total += found / rank
        values.append(total / found if found else 0.0)
    return np.array(values)


def inverse_frequency(counts):
    """As a difference of logarithms."""
    return np.log(1.0 + counts.shape[0]) - np.log(1.0 + np.count_nonzero(counts, axis=0)) + 1.0


def comb_sum(runs):
    """Query by query."""
    fused = np.zeros_like(runs[0])
    for scores in runs:
        for q, row in enumerate(scores):
            fused[q] += (row - min(row)) / (max(row) - min(row))
    return fused
