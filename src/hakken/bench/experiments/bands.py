"""How far a value may be from the measured one: a share of it, or the 95 % prediction interval of repeated runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from scipy import stats

from hakken.bench.types import Band, MetricRule, Value, Values

UNSTABLE = 0.25
"""A metric whose prediction interval is wider than this share of its value is no result to reproduce."""


def band(values: Sequence[Value], rule: MetricRule) -> Band | None:
    """The band of repeated runs, or None where they do not agree enough to be reproduced.

    The half-width is ``t(0.975, m-1) * s * sqrt(1 + 1/m)`` over ``m`` runs, the interval in which one more run lies.
    """
    rows = [as_tuple(value) for value in values]
    if len({len(row) for row in rows}) != 1 or len({isinstance(value, tuple) for value in values}) != 1:
        return None
    columns = list(zip(*rows, strict=True))
    means = tuple(math.fsum(column) / len(column) for column in columns)
    widths = tuple(_half_width(column) for column in columns)
    for mean, width in zip(means, widths, strict=True):
        if not math.isfinite(mean) or width > max(UNSTABLE * abs(mean), rule.absolute):
            return None
    listed = isinstance(values[0], tuple)
    return Band(
        value=means if listed else means[0], half_width=widths if listed else widths[0], runs=len(values), rule=rule
    )


def as_tuple(value: Value) -> tuple[float, ...]:
    """A number as a list of one."""
    return value if isinstance(value, tuple) else (value,)


def widest(found: Band) -> float:
    """The largest half-width of a band as a share of its value; 0 where it is within the absolute tolerance."""
    pairs = zip(as_tuple(found.value), as_tuple(found.half_width), strict=True)
    return max((width / abs(value) for value, width in pairs if value and width > found.rule.absolute), default=0.0)


def wrong(name: str, value: Value | None, expected: Band) -> str:
    """What is wrong with a value, in words that do not give the measured one away; empty when it is right."""
    if value is None:
        return f"{name} is missing"
    listed = isinstance(expected.value, tuple)
    if isinstance(value, tuple) != listed:
        return f"{name} is {'a number' if listed else 'a list'} and must be {'a list' if listed else 'a number'}"
    given, golds, widths = as_tuple(value), as_tuple(expected.value), as_tuple(expected.half_width)
    if len(given) != len(golds):
        return f"{name} has {len(given)} entries and must have {len(golds)}"
    for index, (number, gold, width) in enumerate(zip(given, golds, widths, strict=True)):
        allowed = max(expected.rule.relative * abs(gold), expected.rule.absolute, width)
        if not math.isfinite(number) or not abs(number - gold) <= allowed:
            return f"{name}{f' (entry {index + 1})' if listed else ''} is not right"
    return ""


def first_wrong(values: Mapping[str, Value], expected: Mapping[str, Band]) -> str:
    """The first metric that is missing or not right; others than the expected ones are left alone."""
    return next((problem for name, gold in expected.items() if (problem := wrong(name, values.get(name), gold))), "")


def reproduces(claimed: Values, found: Mapping[str, Value], rules: Mapping[str, Band]) -> bool:
    """Whether a run gave the values that somebody claims, within the tolerance around the run's own value.

    A metric that is graded tighter than others is not held tighter here: who rounds a number has not made it up.
    """
    usual = MetricRule()
    for name, value in claimed.items():
        if name not in found:
            return False
        rule = rules[name].rule if name in rules else usual
        rule = rule.model_copy(update={"relative": max(rule.relative, usual.relative)})
        width = as_tuple(rules[name].half_width) if name in rules else (0.0,)
        own = as_tuple(found[name])
        widths = width if len(width) == len(own) else (0.0,) * len(own)
        listed = isinstance(found[name], tuple)
        seen = Band(value=found[name], half_width=widths if listed else widths[0], runs=1, rule=rule)
        if wrong(name, value, seen):
            return False
    return True


def _half_width(column: Sequence[float]) -> float:
    runs = len(column)
    if runs < 2 or len(set(column)) == 1:
        return 0.0
    return float(stats.t.ppf(0.975, runs - 1) * statistics.stdev(column) * math.sqrt(1 + 1 / runs))
