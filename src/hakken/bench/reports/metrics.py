"""Numbers about many attempts: pass@1, pass@k, pass^k and rates, with intervals that respect what hangs together.

Attempts at one task share the task, and tasks share a repository and functions. The bootstrap draws whole
repositories, and within each whole groups of tasks with the same functions, so that an interval is as wide as what is
known. A task that was changed is another task, whatever its name.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import PositiveInt

from hakken.analysis.resampling import Cluster, free_interval, mean_interval
from hakken.bench.attempts.attempt import Attempt
from hakken.core.types import Record


class Estimate(Record):
    """A share, or another mean, with its 95 % interval."""

    value: float
    low: float
    high: float
    tasks: int
    attempts: int


class Average(Record):
    """A mean of something without bounds, such as tokens; without an interval where the tasks do not tell one."""

    value: float
    low: float | None
    high: float | None
    tasks: int
    attempts: int


class Item(Record):
    """One task: how often it was tried and how often solved."""

    source: str
    group: str
    """Functions that are masked: tasks with the same ones are drawn together."""
    tries: PositiveInt
    solved: int


def pass_at_k(tries: int, solved: int, k: int) -> float:
    """Probability that at least one of ``k`` attempts passes, without bias (Chen et al. 2021).

    Raises:
        ValueError: there are fewer attempts than ``k``.
    """
    _check(tries, solved, k)
    return 1.0 - math.comb(tries - solved, k) / math.comb(tries, k)


def pass_hat_k(tries: int, solved: int, k: int) -> float:
    """Probability that all of ``k`` attempts pass, without bias.

    Raises:
        ValueError: there are fewer attempts than ``k``.
    """
    _check(tries, solved, k)
    return math.comb(solved, k) / math.comb(tries, k)


def items(attempts: Sequence[Attempt], passed: Callable[[Attempt], bool] = lambda a: a.passed) -> list[Item]:
    """Attempts by task."""
    return [
        Item(source=group[0].source, group=group_of(group[0]), tries=len(group), solved=sum(map(passed, group)))
        for group in by_task(attempts).values()
    ]


def estimate(found: Sequence[Item], k: int = 1, *, every: bool = False, seed: int = 0) -> Estimate | None:
    """Mean of pass@k (or pass^k with ``every``) over tasks with at least ``k`` attempts; None without any."""
    usable = [item for item in found if item.tries >= k]
    if not usable:
        return None
    rule = pass_hat_k if every else pass_at_k
    values = [rule(item.tries, item.solved, k) for item in usable]
    low, high = mean_interval(values, [(i.source, i.group) for i in usable], seed=seed)
    return Estimate(
        value=float(np.mean(values)), low=low, high=high, tasks=len(usable), attempts=sum(i.tries for i in usable)
    )


def rate(attempts: Sequence[Attempt], happened: Callable[[Attempt], bool], *, seed: int = 0) -> Estimate | None:
    """How often something happened in an attempt, such as a fabrication."""
    return estimate(items(attempts, happened), seed=seed)


def average(attempts: Sequence[Attempt], value: Callable[[Attempt], float], *, seed: int = 0) -> Average | None:
    """Mean of something that an attempt used, such as its tokens; every task counts the same."""
    groups = list(by_task(attempts).values())
    if not groups:
        return None
    values = [math.fsum(map(value, group)) / len(group) for group in groups]
    low, high = free_interval(values, [cluster_of(group[0]) for group in groups], seed) or (None, None)
    return Average(value=float(np.mean(values)), low=low, high=high, tasks=len(groups), attempts=len(attempts))


def paired_difference(one: Sequence[Attempt], other: Sequence[Attempt], *, seed: int = 0) -> Estimate | None:
    """Difference of pass@1 on the tasks that both tried, task by task; None where they share none."""
    left, right = by_task(one), by_task(other)
    shared = sorted(set(left) & set(right))
    if not shared:
        return None
    values = [_share(left[task]) - _share(right[task]) for task in shared]
    low, high = mean_interval(values, [cluster_of(left[task][0]) for task in shared], (-1.0, 1.0), seed)
    count = sum(len(left[task]) + len(right[task]) for task in shared)
    return Estimate(value=float(np.mean(values)), low=low, high=high, tasks=len(shared), attempts=count)


def measured(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that say something about their agent: the others count in no share, and are told apart."""
    return [attempt for attempt in attempts if attempt.measured]


def as_failed(attempts: Sequence[Attempt]) -> Estimate | None:
    """pass@1 where every attempt that was not measured counts as a failed one; None where all were measured."""
    if all(attempt.measured for attempt in attempts):
        return None
    return estimate(items(attempts, lambda a: a.measured and a.passed))


def summarise(attempts: Sequence[Attempt], k: int = 1) -> dict[str, dict[str, Any]]:
    """Shares with their intervals, over all attempts that were measured and by number of masked functions."""
    groups = {"all": list(attempts)}
    for n in sorted({a.n for a in attempts}):
        groups[f"n={n}"] = [a for a in attempts if a.n == n]
    return {name: _shares(chosen, k) for name, chosen in groups.items()}


def _shares(everything: Sequence[Attempt], k: int) -> dict[str, Any]:
    attempts = measured(everything)
    several = {
        f"pass@{k}": estimate(items(attempts), k),
        f"pass^{k}": estimate(items(attempts), k, every=True),
    }
    found = {
        "pass@1": estimate(items(attempts)),
        "pass@1, not measured as failed": as_failed(everything),
        **(several if k > 1 else {}),
        "faithful": rate(attempts, lambda a: a.score.verdicts["faithful"].passed),
        "fabricated": rate(attempts, lambda a: a.score.fabricated),
        "unchecked": rate(attempts, lambda a: a.score.unchecked),
        "tampered": rate(attempts, lambda a: a.score.tampered),
        "admitted": rate([a for a in attempts if a.score.fabricated], lambda a: a.score.admitted),
    }
    return {name: value.model_dump() for name, value in found.items() if value is not None}


def by_task(attempts: Sequence[Attempt]) -> dict[tuple[str, str], list[Attempt]]:
    """Attempts by the name and the hash of their task."""
    groups: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        groups[attempt.task, attempt.task_hash].append(attempt)
    return groups


def group_of(attempt: Attempt) -> str:
    """The functions of a task: tasks with the same ones are drawn together."""
    return ",".join(sorted(attempt.functions))


def cluster_of(attempt: Attempt) -> Cluster:
    """Repository and functions."""
    return attempt.source, group_of(attempt)


def _share(attempts: Sequence[Attempt]) -> float:
    return sum(attempt.passed for attempt in attempts) / len(attempts)


def _check(tries: int, solved: int, k: int) -> None:
    if not 1 <= k <= tries or not 0 <= solved <= tries:
        raise ValueError(f"k = {k} and {solved} solved do not fit {tries} attempts")
