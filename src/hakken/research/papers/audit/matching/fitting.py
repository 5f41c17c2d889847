"""Whether a printed number and a candidate agree: in value, within the printed rounding, and in what they are about."""

from __future__ import annotations

from dataclasses import replace

from hakken.research.papers.audit.language.bounds import holds
from hakken.research.papers.audit.language.numbers import Number
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.scope import Scope
from hakken.research.papers.audit.matching.candidates import Candidate

_THRESHOLDS = {0.1, 0.05, 0.01, 0.005, 0.001, 0.0005, 0.0001}
"""Bounds that a p is printed against; any other is an odd way to say a p."""


def rescaled(candidate: Candidate, unit: str) -> Candidate:
    """A cost in the unit that is printed."""
    factor = {"ms": 1000.0, "min": 1 / 60, "h": 1 / 3600, "GB": 1 / 1024}[unit]
    return replace(candidate, value=candidate.value * factor)


def fits(number: Number, candidate: Candidate, role: Role) -> bool:
    """Within printed rounding; a change told by a verb may lack its sign, a bound must hold."""
    value = candidate.value
    half = number.step / 2 * (1 + 1e-6) + 1e-9 * abs(value)
    if role is Role.P and number.relation and number.value not in _THRESHOLDS:
        return False
    if role is Role.P and number.relation:
        below = number.relation in ("<", "<=")
        return value - candidate.slack <= number.value if below else value + candidate.slack >= number.value
    if candidate.role is Role.RELATIVE and number.unit != "%":
        return False
    if candidate.role is Role.COST_RATIO and number.unit == "%":
        value = 100 * value if abs(number.value) > 50 else 100 * (value - 1)
    if (
        candidate.role in (Role.LEVEL, Role.DIFFERENCE)
        and number.unit == "%"
        and not candidate.unit
        and role is not Role.DIFFERENCE
    ):
        value = 100 * value if 0 <= value <= 1 and candidate.role is Role.LEVEL else value
    unsigned = role is Role.CHANGE and not number.sign
    if number.relation:
        return holds(number, abs(value) if unsigned else value, half + candidate.slack)
    if abs(value - number.value) <= half + candidate.slack:
        return True
    return unsigned and abs(abs(value) - number.value) <= half


def in_scope(candidate: Candidate, scope: Scope, baseline: str | None) -> bool:
    """Whether a candidate is about what the words around the number name."""
    if scope.metrics and candidate.metric and candidate.metric not in scope.metrics:
        return False
    if scope.splits and candidate.split and candidate.split not in scope.splits:
        return False
    if scope.seeds and candidate.seed is not None and candidate.seed not in scope.seeds:
        return False
    if candidate.role is Role.COST_RATIO and scope.treated:
        return candidate.variant in scope.treated and (not candidate.against or candidate.against in scope.against)
    if candidate.against:
        allowed = scope.against | {baseline}
        return candidate.against in allowed and (not scope.treated or candidate.variant in scope.treated)
    return not scope.subjects or not candidate.variant or candidate.variant in scope.subjects


def nearest(number: Number, pool: list[Candidate]) -> str:
    """What the record says in place of an unsupported number."""
    if not pool:
        return "nothing of the kind is recorded"
    best = min(pool, key=lambda c: abs(c.value - number.value))
    return f"the {best.about} is {best.value:.6g}"


def chance(number: Number, pool: list[Candidate]) -> float:
    """Share of the numbers of this precision and size that would match something too."""
    step, size = number.step, abs(number.value)
    low, high = size / 2, max(size * 2, step)
    cells = max(1.0, (high - low) / step + 1)
    covered = {round(abs(c.value) / step) for c in pool if low <= abs(c.value) <= high}
    return len(covered) / cells
