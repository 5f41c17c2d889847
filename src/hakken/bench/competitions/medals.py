"""Medals by the rules of MLE-bench: thresholds are scores that stand at certain places of a leaderboard.

The leaderboard is taken in the order that it has; the direction of the metric follows from its first and last score.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pydantic import PositiveInt

from hakken.core.types import Record


class Thresholds(Record):
    """Scores that must be reached for a medal, and the median that must be beaten."""

    gold: float
    silver: float
    bronze: float
    median: float


class Ranking(Record):
    """What a score is worth on a leaderboard. The best medal only is given."""

    gold_medal: bool = False
    silver_medal: bool = False
    bronze_medal: bool = False
    above_median: bool = False

    @property
    def any_medal(self) -> bool:
        """One of the three."""
        return self.gold_medal or self.silver_medal or self.bronze_medal

    @property
    def medal(self) -> str:
        """gold, silver, bronze or none."""
        medals = {"gold": self.gold_medal, "silver": self.silver_medal, "bronze": self.bronze_medal}
        return next((name for name, given in medals.items() if given), "none")


def places(teams: int) -> tuple[PositiveInt, PositiveInt, PositiveInt]:
    """Places, counted from 1, whose scores are the thresholds of gold, silver and bronze.

    Raises:
        ValueError: there are no teams.
    """
    if teams < 1:
        raise ValueError("a leaderboard needs at least one team")
    if teams < 100:
        found = int(teams * 0.1), int(teams * 0.2), int(teams * 0.4)
    elif teams < 250:
        found = 10, int(teams * 0.2), int(teams * 0.4)
    elif teams < 1000:
        found = 10 + int(teams * 0.002), 50, 100
    else:
        found = 10 + int(teams * 0.002), int(teams * 0.05), int(teams * 0.1)
    gold, silver, bronze = (max(1, place) for place in found)
    return gold, silver, bronze


def is_lower_better(scores: Sequence[float]) -> bool:
    """The best score stands first: lower is better where it is below the last one."""
    return scores[0] < scores[-1]


def thresholds(scores: Sequence[float]) -> Thresholds:
    """Thresholds of a leaderboard, best score first.

    Raises:
        ValueError: it is empty.
    """
    gold, silver, bronze = (float(scores[place - 1]) for place in places(len(scores)))
    return Thresholds(gold=gold, silver=silver, bronze=bronze, median=float(median(scores)))


def rank(score: float | None, scores: Sequence[float]) -> Ranking:
    """What a score is worth; an invalid submission has none, and gets nothing.

    Raises:
        ValueError: the leaderboard is empty.
    """
    limits, lower = thresholds(scores), is_lower_better(scores)
    if score is None:
        return Ranking()

    def reaches(limit: float) -> bool:
        return score <= limit if lower else score >= limit

    gold = reaches(limits.gold)
    silver = not gold and reaches(limits.silver)
    bronze = not gold and not silver and reaches(limits.bronze)
    above = score < limits.median if lower else score > limits.median
    return Ranking(gold_medal=gold, silver_medal=silver, bronze_medal=bronze, above_median=above)


def place_of(score: float, scores: Sequence[float]) -> int:
    """Place that a score would take among the others, ties counted in its favour."""
    lower = is_lower_better(scores)
    return 1 + sum(other < score if lower else other > score for other in scores)
