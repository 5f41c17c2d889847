"""From text to a matrix of term counts."""

from __future__ import annotations

import re

import numpy as np

from ranking.types import Array


def stem(word: str) -> str:
    """Strip one suffix: the first of "ings", "ing", "ed", "s" at the end that leaves at least three letters.

    Args:
        word: lower-case letters.

    Returns:
        The stem.
    """
    for suffix in ("ings", "ing", "ed", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def tokenize(text: str, stemming: bool) -> list[str]:
    """Lower-case runs of the letters a to z, stemmed if asked, in the order of the text."""
    words = re.findall(r"[a-z]+", text.lower())
    return [stem(word) for word in words] if stemming else words


def build_vocabulary(documents: list[list[str]]) -> dict[str, int]:
    """Numbers 0, 1, ... of all terms of the tokenised documents, in alphabetical order."""
    return {term: i for i, term in enumerate(sorted({term for document in documents for term in document}))}


def count_terms(documents: list[list[str]], vocabulary: dict[str, int]) -> Array:
    """Term counts; terms outside the vocabulary are ignored.

    Args:
        documents: tokenised texts, n of them.
        vocabulary: number of each term.

    Returns:
        Counts, shape (n, len(vocabulary)).
    """
    counts = np.zeros((len(documents), len(vocabulary)))
    for row, document in enumerate(documents):
        for term in document:
            if term in vocabulary:
                counts[row, vocabulary[term]] += 1
    return counts
