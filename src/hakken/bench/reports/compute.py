"""Success against test-time compute: more attempts of one agent, and agents that use more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from hakken.analysis.resampling import ROUNDING, Array, cluster_draws, weighted_means
from hakken.analysis.scaling import LogFit, NoFit, fit_log
from hakken.bench.agents import Null, Oracle
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.measures import USES, depth_of
from hakken.bench.reports.metrics import by_task, cluster_of, estimate, items, pass_at_k
from hakken.bench.reports.records import ComputePoint, Scaling, WithinPoint

CONTROLS = (Null.name, Oracle.name)
"""Agents that no compute makes better: no line is drawn through them, and they choose no unit."""
_MOST_WITHIN = 200
"""Points of a curve that are kept."""


def unit_of(attempts: Sequence[Attempt]) -> str:
    """One unit for all agents: tokens where every one that solves tasks itself has some, else seconds."""
    used: dict[str, float] = {}
    for attempt in (attempt for attempt in attempts if not is_control(attempt.agent)):
        used[attempt.agent] = used.get(attempt.agent, 0.0) + USES["tokens"](attempt)
    return "tokens" if used and all(used.values()) else "seconds"


def is_control(agent: str) -> bool:
    """Whether an agent is one of the ends of the scale, its limits behind its name or not."""
    return agent.partition(" [")[0] in CONTROLS


def scaling_of(agent: str, attempts: Sequence[Attempt], unit: str) -> Scaling:
    """What more attempts of one agent bring, and how much compute its solutions took."""
    depth = depth_of(attempts)
    deep = [group for group in by_task(attempts).values() if len(group) >= depth]
    chosen = [attempt for group in deep for attempt in group]
    compute = _mean(deep, unit)
    points, draws = [], []
    weights = cluster_draws([cluster_of(group[0]) for group in deep])
    for k in range(1, depth + 1):
        found = estimate(items(chosen), k)
        if found is None:
            continue
        points.append(ComputePoint(attempts=k, compute=k * compute, value=found.value, low=found.low, high=found.high))
        values = [pass_at_k(len(group), sum(a.passed for a in group), k) for group in deep]
        draws.append(weighted_means(values, weights))
    fit = _line([p.compute for p in points], [p.value for p in points], np.stack(draws, axis=1))
    return Scaling(agent=agent, unit=unit, points=tuple(points), within=_within(attempts, unit), fit=fit)


def across(agents: Mapping[str, Sequence[Attempt]], unit: str) -> LogFit | NoFit:
    """A line through the agents' own points, on common draws of the tasks; the ends of the scale are left out."""
    agents = {agent: attempts for agent, attempts in agents.items() if not is_control(agent)}
    if len(agents) < 2:
        return NoFit(reason="One agent has one amount of compute: a line across agents takes several.")
    everything = [attempt for attempts in agents.values() for attempt in attempts]
    tasks = {key: place for place, key in enumerate(sorted(by_task(everything)))}
    clusters = {key: cluster_of(group[0]) for key, group in by_task(everything).items()}
    weights = cluster_draws([clusters[key] for key in tasks])
    x, y, columns = [], [], []
    for attempts in agents.values():
        groups = by_task(attempts)
        shares = np.zeros(len(tasks))
        held = np.zeros(len(tasks))
        for key, group in groups.items():
            shares[tasks[key]] = sum(a.passed for a in group) / len(group)
            held[tasks[key]] = 1.0
        x.append(_mean(list(groups.values()), unit))
        y.append(float(shares.sum() / held.sum()))
        columns.append(_ratio(weights @ shares, weights @ held))
    draws = np.stack(columns, axis=1)
    return _line(x, y, draws[~np.isnan(draws).any(axis=1)])


def _line(x: Sequence[float], y: Sequence[float], draws: Array) -> LogFit | NoFit:
    """A line, where there is a share to explain: draws of equal shares would give a slope of zero without any doubt."""
    if not any(y):
        return NoFit(reason="Nothing was solved, which says nothing about a slope.")
    if all(value == 1.0 for value in y):
        return NoFit(reason="Everything was solved, which says nothing about a slope.")
    found = fit_log(x, y, draws)
    if isinstance(found, LogFit) and found.high - found.low <= ROUNDING:
        return NoFit(reason="All draws of the tasks give one slope, which says nothing about its interval.")
    return found


def _ratio(above: Array, below: Array) -> Array:
    """Quotients; NaN for a draw without any task of the agent."""
    return np.divide(above, below, out=np.full_like(above, math.nan), where=below > 0)


def _mean(groups: Sequence[Sequence[Attempt]], unit: str) -> float:
    """Compute of one attempt; every task counts the same."""
    use = USES[unit]
    return math.fsum(math.fsum(map(use, group)) / len(group) for group in groups) / len(groups)


def _within(attempts: Sequence[Attempt], unit: str) -> tuple[WithinPoint, ...]:
    used = sorted(USES[unit](a) for a in attempts if a.passed)
    curve = [WithinPoint(compute=u, value=(i + 1) / len(attempts)) for i, u in enumerate(used)]
    step = max(1, math.ceil(len(curve) / _MOST_WITHIN))
    return tuple(point for i, point in enumerate(curve) if i % step == 0 or i == len(curve) - 1)
