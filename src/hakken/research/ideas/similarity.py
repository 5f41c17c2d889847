"""When two ideas are the same one in other words."""

from __future__ import annotations

from collections.abc import Sequence

from hakken.core.similarity import similarity
from hakken.core.types import Idea

TITLE_LIMIT = 0.8
PLAN_LIMIT = 0.55
"""Share of content words in common above which two ideas for one place are one; a fifth more for different places."""


def twin(title: str, plan: str, target: str | None, ideas: Sequence[Idea]) -> Idea | None:
    """An idea that this one repeats: near-equal title, or near-equal plan at the same place."""
    for idea in ideas:
        same_place = target is not None and str(idea.target) == target
        if similarity(title, idea.title) > TITLE_LIMIT:
            return idea
        limit = PLAN_LIMIT if same_place else PLAN_LIMIT + 0.2
        if similarity(f"{title} {plan}", f"{idea.title} {idea.plan}") > limit:
            return idea
    return None
