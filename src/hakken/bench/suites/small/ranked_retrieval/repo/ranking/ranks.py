"""The order of documents."""

from __future__ import annotations

import numpy as np

from ranking.types import Array


def rank_documents(scores: Array) -> Array:
    """Document numbers in decreasing order of score, ties by number: shape (q, n) -> (q, n)."""
    return np.argsort(-scores, axis=1, kind="stable")
