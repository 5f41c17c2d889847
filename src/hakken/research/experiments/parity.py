"""Fair comparison: what a variant used beside what the baseline used, and where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from hakken.core.types import Record, Trial

TOLERANCE = 0.10
"""A relative difference above this must be disclosed."""
QUANTITIES = {"cpu_seconds": "CPU seconds", "steps": "steps", "parameters": "parameters", "examples": "examples"}


class ParityRow(Record):
    """One quantity: medians over the trials. None where some trial does not know it."""

    quantity: str
    label: str
    baseline: float | None
    variant: float | None
    ratio: float | None
    """Variant over baseline; None where one is unknown or the baseline's is zero."""
    different: bool
    """Over 10 % apart."""


def parity_table(baseline: Sequence[Trial], variant: Sequence[Trial]) -> tuple[ParityRow, ...]:
    """Rows for the successful trials of both sides, which should be on the same seeds."""
    return tuple(_row(name, label, baseline, variant) for name, label in QUANTITIES.items())


def _row(name: str, label: str, baseline: Sequence[Trial], variant: Sequence[Trial]) -> ParityRow:
    base, other = _median(baseline, name), _median(variant, name)
    known = base is not None and other is not None
    ratio = other / base if base is not None and other is not None and base > 0 else None
    different = known and (abs(ratio - 1) > TOLERANCE if ratio is not None else base != other)
    return ParityRow(quantity=name, label=label, baseline=base, variant=other, ratio=ratio, different=different)


def _median(trials: Sequence[Trial], name: str) -> float | None:
    values = [getattr(t.cost, name) for t in trials if t.failure is None and t.cost is not None]
    if not values or any(v is None for v in values):
        return None
    return float(median(values))
