"""How much two short texts say the same: the Jaccard index of their content words."""

from __future__ import annotations

import re

_COMMON_WORDS = (
    "a an and are as at be by can for from in into is it its of on or our so that the their then this to use used "
    "using we will with model code function change new each when which more than should"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def words(text: str) -> frozenset[str]:
    """Content words, crudely stemmed."""
    found = re.findall(r"[a-z]+", text.lower())
    return frozenset(re.sub(r"(?:ing|ed|es|s|ations?|ions?)$", "", word) for word in found if word not in _COMMON)


def similarity(one: str, other: str) -> float:
    """Share of content words in common, from 0 (none) to 1 (all)."""
    a, b = words(one), words(other)
    return len(a & b) / len(a | b) if a | b else 1.0
