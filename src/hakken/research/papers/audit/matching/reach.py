"""Whether a number printed about a foreign record agrees with a derived value, in its unit and within its rounding."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.bounds import holds
from hakken.research.papers.audit.language.numbers import Number, find_numbers
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.units import MEASURES, measured_in
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.matching.fitting import chance
from hakken.research.papers.audit.matching.pool import Pair, Pool

_LEVELS = frozenset(
    [Role.LEVEL, Role.VALUE, Role.MEDIAN, Role.MINIMUM, Role.MAXIMUM, Role.SD, Role.SE, Role.HALF, Role.LOW, Role.HIGH]
)


def in_scale(number: Number, unit: Unit, keys: Collection[str], pool: Pool) -> Number:
    """A fraction printed as a percentage without its sign, and a percentage printed as a fraction."""
    if number.unit or not keys:
        return number
    mean = number if number.form != "spread" or number.partner is None else find_numbers(unit.text)[number.partner]
    if set(keys) <= pool.fractions and 1 < abs(mean.value) <= 100:
        return replace(number, unit="%")
    if set(keys) <= pool.percentages and abs(mean.value) <= 1 and mean.step < 0.1:
        return replace(number, value=100 * number.value, step=100 * number.step)
    return number


def in_units(number: Number, candidate: Candidate, pool: Pool) -> Candidate:
    """The candidate in the unit that is printed: percent of a fraction, minutes of seconds."""
    value = candidate.value
    if number.unit == "%" and candidate.role in _LEVELS and candidate.metric in pool.fractions:
        value *= 100
    points = candidate.role is Role.DIFFERENCE and number.unit in ("%", "points")
    points = points or (candidate.role in (Role.SD, Role.SE, Role.HALF) and number.unit == "points")
    if points and candidate.metric in pool.fractions:
        value *= 100
    if number.unit in MEASURES and candidate.role in (*_LEVELS, Role.DIFFERENCE) and candidate.metric:
        name = candidate.metric.partition("/")[2]
        own = next((m.unit for m in pool.evidence.metrics if m.name == name), "")
        if measured_in(own) == measured_in(number.unit):
            value *= MEASURES[own][1] / MEASURES[number.unit][1]
    return replace(candidate, value=value) if value != candidate.value else candidate


def reaches(number: Number, candidate: Candidate, pool: Pool, *, unsigned: bool = False) -> bool:
    """Within printed rounding; a change told by a verb may lack its sign, and a bound must hold."""
    if candidate.role is Role.RELATIVE and number.unit != "%":
        return False
    if candidate.role is Role.DIFFERENCE and number.unit == "%" and candidate.metric not in pool.fractions:
        return False
    value = in_units(number, candidate, pool).value
    half = number.step / 2 * (1 + 1e-6) + 1e-9 * abs(value) + candidate.slack
    value = abs(value) if number.relation and unsigned else value
    if number.relation:
        return holds(number, value, half)
    if candidate.role is Role.RATIO and number.unit == "x" and unsigned and 0 < value < 1:
        return abs(1 / value - number.value) <= half or abs(value - number.value) <= half
    return abs(value - number.value) <= half or (unsigned and abs(abs(value) - abs(number.value)) <= half)


def luck(number: Number, candidates: list[Candidate], pool: Pool) -> float:
    """The chance that a random number of this size and precision would agree with something too."""
    usable = [c for c in candidates if c.role is not Role.RELATIVE or number.unit == "%"]
    usable = [c for c in usable if c.role is not Role.DIFFERENCE or number.unit != "%" or c.metric in pool.fractions]
    return chance(number, [in_units(number, c, pool) for c in usable])


def from_rounded(number: Number, pair: Pair) -> bool:
    """Whether a relative change follows from two means that were rounded before."""
    for decimals in (1, 2, 3, 4):
        mean, base = round(pair.mean, decimals), round(pair.base, decimals)
        if base and mean != base and abs(abs(100 * (mean - base) / base) - abs(number.value)) <= number.step / 2 + 1e-9:
            return True
    return False


def follows(number: Number, first: Number, second: Number) -> bool:
    """Whether a change follows from two numbers that are printed beside it."""
    a, b = (n.value * MEASURES.get(n.unit, ("", 1.0))[1] for n in (first, second))
    half = number.step / 2 + 1e-9
    if number.unit == "%" and first.unit == second.unit == "%":
        return abs(abs(a - b) - abs(number.value)) <= half or _relative(number, a, b, half)
    if number.unit == "%":
        return _relative(number, a, b, half)
    if number.unit == "x":
        slack = max(abs(n.step / n.value) for n in (first, second) if n.value) / 2 if a and b else 0.0
        half += slack * abs(number.value)
        return any(d and abs(n / d - number.value) <= half for n, d in ((a, b), (b, a)))
    return abs(abs(a - b) - abs(number.value)) <= half


def _relative(number: Number, a: float, b: float, half: float) -> bool:
    return any(d and abs(100 * abs(a - b) / abs(d) - abs(number.value)) <= half for d in (a, b))
