"""Differences between two sides on the tasks that both tried, and their correction for having looked often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from hakken.analysis.resampling import Cluster, free_interval, mean_interval
from hakken.bench.reports.measures import USES
from hakken.bench.reports.metrics import Average, Estimate
from hakken.bench.reports.records import Pair, TaskRow
from hakken.bench.reports.wording import Difference, sentence
from hakken.research.experiments.statistics import holm, sign_flip_p


def difference(
    measure: str, one: str, other: str, left: Sequence[TaskRow], right: Sequence[TaskRow]
) -> Difference | None:
    """One measure of two sides, task by task; None where they share no task.

    Whether a difference is chance is asked of whole groups of tasks that share a function, directly or by way of
    others: under the hypothesis that the sides do not differ, the sign of each group's difference is a coin. Two tasks
    that both lack the same function fail together, so that their signs would not be two coins.
    """
    theirs = {row.key: row for row in right}
    pairs = [(row, theirs[row.key]) for row in left if row.key in theirs]
    if not pairs:
        return None
    values = [a.mean(measure) - b.mean(measure) for a, b in pairs]
    clusters = [a.cluster for a, _ in pairs]
    found = free_interval(values, clusters) if measure in USES else mean_interval(values, clusters, (-1.0, 1.0))
    low, high = found or (None, None)
    groups: dict[Cluster, float] = {}
    for value, group in zip(values, connected(clusters), strict=True):
        groups[group] = groups.get(group, 0.0) + value
    return Difference(
        measure=measure,
        one=one,
        other=other,
        value_one=math.fsum(a.mean(measure) for a, _ in pairs) / len(pairs),
        value_other=math.fsum(b.mean(measure) for _, b in pairs) / len(pairs),
        estimate=Average(
            value=float(np.mean(values)),
            low=low,
            high=high,
            tasks=len(pairs),
            attempts=sum(a.tries + b.tries for a, b in pairs),
        ),
        groups=len(groups),
        p=sign_flip_p(list(groups.values())),
    )


def connected(clusters: Sequence[Cluster]) -> list[Cluster]:
    """For each cluster the first one that it hangs together with: clusters of a repository that share a function."""
    firsts: dict[tuple[str, str], int] = {}
    parent = list(range(len(clusters)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    for place, (source, functions) in enumerate(clusters):
        for function in functions.split(","):
            other = root(firsts.setdefault((source, function), place))
            own = root(place)
            parent[max(own, other)] = min(own, other)
    return [clusters[root(place)] for place in range(len(clusters))]


def corrected(found: Sequence[Difference]) -> list[Difference]:
    """One family of differences, p adjusted by Holm's method."""
    adjusted = holm([d.p for d in found])
    return [d.model_copy(update={"p_adjusted": p, "family": len(found)}) for d, p in zip(found, adjusted, strict=True)]


def pairs_of(rows: Sequence[TaskRow]) -> tuple[Pair, ...]:
    """Every two agents on the tasks that both tried, by pass@1."""
    agents: dict[str, list[TaskRow]] = {}
    for row in rows:
        agents.setdefault(row.agent, []).append(row)
    found = [
        d
        for one, other in combinations(agents, 2)
        if (d := difference("passed", one, other, agents[one], agents[other])) is not None
    ]
    return tuple(
        Pair(
            one=d.one,
            other=d.other,
            difference=Estimate.model_validate(d.estimate.model_dump()),  # a share always has an interval
            p=d.p,
            p_adjusted=d.p_adjusted,
            sentence=sentence(d),
        )
        for d in corrected(found)
    )
