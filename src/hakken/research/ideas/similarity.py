"""When two ideas are the same one in other words."""

from __future__ import annotations

import re

from hakken.core.types import Idea

_COMMON_WORDS = (
    "a an and are as at be by can for from in into is it its of on or our so that the their then this to use used using "
    "we will with model code function change new each when which more than should"
)
_COMMON = frozenset(_COMMON_WORDS.split())

LIMIT = 0.55
"""Share of content words in common above which two ideas are one."""


def words(text: str) -> frozenset[str]:
    """Content words, crudely stemmed."""
    found = re.findall(r"[a-z]+", text.lower())
    return frozenset(re.sub(r"(ing|ed|es|s|ation|ions?)$", "", word) for word in found if word not in _COMMON)


def similarity(one: str, other: str) -> float:
    """Jaccard index of the content words, from 0 (nothing in common) to 1."""
    a, b = words(one), words(other)
    return len(a & b) / len(a | b) if a | b else 1.0


def twin(title: str, plan: str, target: str | None, ideas: list[Idea]) -> Idea | None:
    """An idea that this one repeats: near-equal title, or near-equal plan at the same place."""
    for idea in ideas:
        same_place = target is not None and str(idea.target) == target
        if similarity(title, idea.title) > 0.8:
            return idea
        if similarity(f"{title} {plan}", f"{idea.title} {idea.plan}") > (LIMIT if same_place else LIMIT + 0.2):
            return idea
    return None
