"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranking.corpus import make_collection
from ranking.evaluation import average_precision, ndcg, randomization_test, reciprocal_rank, separation
from ranking.feedback import comb_sum, reciprocal_rank_fusion, relevance_model, rocchio
from ranking.models import (
    bm25_scores,
    dirichlet_scores,
    inverse_frequency,
    lsi_scores,
    tfidf_scores,
    tfidf_weights,
)
from ranking.text import build_vocabulary, count_terms, tokenize
from ranking.types import Array


def load(config: dict[str, Any], stemming: bool = True) -> tuple[Array, Array, Array]:
    """Counts of queries (q, v) and documents (n, v), and relevance (q, n)."""
    collection = make_collection(rng=np.random.default_rng(config["seed"]), **config["collection"])
    documents = [tokenize(text, stemming) for text in collection.documents]
    vocabulary = build_vocabulary(documents)
    queries = count_terms([tokenize(text, stemming) for text in collection.queries], vocabulary)
    return queries, count_terms(documents, vocabulary), collection.relevance


def mean_precision(scores: Array, relevance: Array) -> float:
    """Mean average precision."""
    return float(average_precision(scores, relevance).mean())


def summary(runs: dict[str, Array], relevance: Array, depth: int) -> dict[str, list[float]]:
    """Mean nDCG, average precision, reciprocal rank and separation: lists over the runs."""
    return {
        "ndcg": [float(ndcg(scores, relevance, depth).mean()) for scores in runs.values()],
        "map": [mean_precision(scores, relevance) for scores in runs.values()],
        "mrr": [float(reciprocal_rank(scores, relevance).mean()) for scores in runs.values()],
        "gap": [float(separation(scores, relevance).mean()) for scores in runs.values()],
    }


def models(config: dict[str, Any]) -> dict[str, Any]:
    """Retrieval models with and without stemming."""
    results: dict[str, Any] = {}
    for label, stemming in (("raw", False), ("stem", True)):
        queries, documents, relevance = load(config, stemming)
        runs = {
            "tfidf": tfidf_scores(queries, documents),
            "bm25": bm25_scores(queries, documents),
            "dirichlet": dirichlet_scores(queries, documents, config["mu"]),
        }
        values = summary(runs, relevance, config["depth"])
        results |= {f"{name}_{label}": value for name, value in values.items()}
        results.setdefault("terms", []).append(float(documents.shape[1]))
    return results


def tuning(config: dict[str, Any]) -> dict[str, Any]:
    """BM25 over its two parameters, query likelihood over mu."""
    queries, documents, relevance = load(config)
    results: dict[str, Any] = {}
    for k1 in config["k1"]:
        for b in config["b"]:
            scores = bm25_scores(queries, documents, k1, b)
            results.setdefault(f"map_bm25_{k1:g}", []).append(mean_precision(scores, relevance))
            results.setdefault(f"gap_bm25_{k1:g}", []).append(float(separation(scores, relevance).mean()))
    for mu in config["mu"]:
        scores = dirichlet_scores(queries, documents, mu)
        results.setdefault("map_dirichlet", []).append(mean_precision(scores, relevance))
        results.setdefault("gap_dirichlet", []).append(float(separation(scores, relevance).mean()))
    return results


def expansion(config: dict[str, Any]) -> dict[str, Any]:
    """Feedback and latent dimensions against their first pass."""
    queries, documents, relevance = load(config)
    idf = inverse_frequency(documents)
    query_weights, weights = tfidf_weights(queries, idf), tfidf_weights(documents, idf)
    cosine = tfidf_scores(queries, documents)
    likelihood = dirichlet_scores(queries, documents, config["mu"])
    results: dict[str, Any] = {
        "tfidf": mean_precision(cosine, relevance),
        "dirichlet": mean_precision(likelihood, relevance),
    }
    for terms in config["terms"]:
        expanded = rocchio(query_weights, weights, cosine, config["feedback"], terms, config["beta"])
        results.setdefault("rocchio", []).append(mean_precision(expanded @ weights.T, relevance))
        expanded = relevance_model(queries, documents, likelihood, config["feedback"], terms, config["share"])
        scores = dirichlet_scores(expanded, documents, config["mu"])
        results.setdefault("rm3", []).append(mean_precision(scores, relevance))
    for rank in config["ranks"]:
        scores = lsi_scores(queries, documents, rank)
        results.setdefault("lsi", []).append(mean_precision(scores, relevance))
    return results


def fusion(config: dict[str, Any]) -> dict[str, Any]:
    """Fusion of three models, and paired tests against BM25."""
    queries, documents, relevance = load(config)
    runs = {
        "bm25": bm25_scores(queries, documents),
        "dirichlet": dirichlet_scores(queries, documents, config["mu"]),
        "lsi": lsi_scores(queries, documents, config["rank"]),
    }
    fused = {
        "rrf": reciprocal_rank_fusion(list(runs.values()), config["constant"]),
        "sum": comb_sum(list(runs.values())),
    }
    rng = np.random.default_rng(config["seed"] + 1)
    signs = rng.choice([-1.0, 1.0], (config["rounds"], len(queries)))
    results: dict[str, Any] = dict(summary(runs | fused, relevance, config["depth"]))
    base = ndcg(runs["bm25"], relevance, config["depth"])
    for name in ("dirichlet", "lsi", "rrf", "sum"):
        values = ndcg((runs | fused)[name], relevance, config["depth"])
        results.setdefault("p", []).append(randomization_test(values, base, signs))
    return results


EXPERIMENTS = {"models": models, "tuning": tuning, "expansion": expansion, "fusion": fusion}
