"""Fair comparison: what a version used beside what the baseline used, where the two differ, and how to make up for it.

The one computation that the search (is a compute-matched baseline due?) and the paper (what is disclosed?) share.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from hakken.core.types import Record, Trial

TOLERANCE = 0.10
"""A relative difference above this must be disclosed."""
QUANTITIES = {
    "cpu_seconds": ("CPU time", "s"),
    "steps": ("steps", ""),
    "parameters": ("parameters", ""),
    "examples": ("examples seen", ""),
}
"""Field of ``TrialCost`` to its label and unit."""


class ParityRow(Record):
    """One quantity: medians over the trials. None where some trial does not know it."""

    quantity: str
    label: str
    unit: str = ""
    baseline: float | None
    variant: float | None
    ratio: float | None
    """Variant over baseline; None where one is unknown or the baseline's is zero."""
    different: bool
    """Over 10 % apart."""

    @property
    def known(self) -> bool:
        """Both sides recorded it in every trial."""
        return self.baseline is not None and self.variant is not None


def parity_table(baseline: Sequence[Trial], variant: Sequence[Trial]) -> tuple[ParityRow, ...]:
    """One row for each quantity, over the successful trials of both sides, which should be on the same seeds."""
    return tuple(_row(name, baseline, variant) for name in QUANTITIES)


def matched_steps(short: Sequence[Trial], baseline: Sequence[Trial], variant: Sequence[Trial]) -> int | None:
    """Steps with which the baseline takes the variant's CPU time; None where times or steps are unknown.

    Before its first step a trial starts the interpreter, imports and reads, and that is not paid again by more steps.
    So the steps lie on the line through short and whole trials of the baseline. Without short ones, or where these
    took no less, all of the time is taken for steps: then the baseline gets too few of them.

    Args:
        short: Trials of the baseline with few steps.
        baseline: Its whole trials.
        variant: The trials whose time it is to be given.
    """
    steps, seconds = _median(baseline, "steps"), _median(baseline, "cpu_seconds")
    wanted = _median(variant, "cpu_seconds")
    if steps is None or wanted is None or not seconds:
        return None
    few, least = _median(short, "steps"), _median(short, "cpu_seconds")
    if few is not None and least is not None and few < steps and least < seconds:
        return round(steps + (wanted - seconds) * (steps - few) / (seconds - least))
    return round(steps * wanted / seconds)


def _row(name: str, baseline: Sequence[Trial], variant: Sequence[Trial]) -> ParityRow:
    label, unit = QUANTITIES[name]
    base, other = _median(baseline, name), _median(variant, name)
    known = base is not None and other is not None
    ratio = other / base if base is not None and other is not None and base > 0 else None
    different = known and (abs(ratio - 1) > TOLERANCE if ratio is not None else base != other)
    return ParityRow(
        quantity=name, label=label, unit=unit, baseline=base, variant=other, ratio=ratio, different=different
    )


def _median(trials: Sequence[Trial], name: str) -> float | None:
    values = [getattr(t.cost, name) for t in trials if t.failure is None and t.cost is not None]
    if not values or any(v is None for v in values):
        return None
    return float(median(values))
