"""One idea on the smallest template."""

from __future__ import annotations

from pathlib import Path

from hakken.core.types import Idea, Target

TINY = Path(__file__).parents[1] / "research" / "data" / "tiny"
IDEA = Idea(
    id="i1",
    name="median",
    title="Median of readings",
    hypothesis="Outliers count less.",
    plan='Return the middle reading, not """the mean""".',
    interestingness=5,
    feasibility=5,
    novelty=5,
    target=Target(file="experiment.py", function="combine"),
)
