"""What a record says, in one neutral form that any kind of results folder can be turned into."""

from __future__ import annotations

from dataclasses import dataclass, field

from hakken.core.types import ClaimStatus, Comparison, MetricSpec, TrialCost
from hakken.research.papers.audit.derive import Contrast


@dataclass(frozen=True)
class Variant:
    """Something that was run (or tried), with the names that a text may give it."""

    id: str
    title: str
    names: tuple[str, ...]
    baseline: bool = False
    ablation: bool = False
    done: bool = True
    source_hash: str = ""


@dataclass(frozen=True)
class Setting:
    """One recorded number of the set-up, with words that tell a sentence about it."""

    value: float
    unit: str
    words: frozenset[str]
    about: str


@dataclass(frozen=True)
class Statement:
    """The primary claim, recomputed."""

    text: str
    variant: str | None
    metric: str
    status: ClaimStatus
    """As recorded."""
    derived: ClaimStatus | None
    """As recomputed from the trials; None where there are none."""


@dataclass
class Evidence:
    """Everything that a paper about one record can be checked against."""

    metrics: tuple[MetricSpec, ...]
    variants: dict[str, Variant]
    baseline: str | None
    chosen: str | None
    """The variant that the primary claim is about."""
    values: dict[tuple[str, str, str], dict[int, float]]
    """(variant, split, metric key) -> seed -> value."""
    costs: dict[tuple[str, str], list[tuple[int, TrialCost]]]
    """(variant, split) -> (seed, cost) of each trial."""
    counts: dict[tuple[str, str], dict[int, str]]
    """(noun, qualifier) -> value -> what it counts."""
    settings: list[Setting]
    versions: dict[str, str]
    hardware: str
    """Everything that the record says about machine and platform."""
    quoted: list[str]
    """Sentences of the record that a paper may print as they are."""
    sources: dict[str, dict[str, str]]
    pristine: dict[str, str]
    hashes: str
    statements: list[Statement] = field(default_factory=list)
    recorded: dict[tuple[str, str, str], Comparison] = field(default_factory=dict)
    """(variant, split, metric) -> the comparison with the baseline that the record holds."""
    decisions: list[str] = field(default_factory=list)
    """What people decided."""
    failed: int = 0
    seeded: bool = True
    all_seeds: set[int] = field(default_factory=set)
    """Seeds of every trial, failed ones too, and of the plan."""
    trials: set[tuple[str, str, int]] = field(default_factory=set)
    """(variant, split, seed) of every trial, failed ones too."""
    contrasts: dict[tuple[str, str, str, str], Contrast] = field(default_factory=dict)
    """(variant, against, split, metric) -> recomputed comparison."""

    def metric(self, key: str) -> MetricSpec:
        """The spec with this key."""
        return next(m for m in self.metrics if m.key == key)

    @property
    def primary(self) -> MetricSpec:
        """The metric that matters when a text names none."""
        return next((m for m in self.metrics if m.primary), self.metrics[0])

    def seeds_of(self, split: str) -> set[int]:
        """Seeds of a split that have values."""
        return {s for (_, where, _), v in self.values.items() if where == split for s in v}

    @property
    def splits(self) -> list[str]:
        """Splits with values, in order of their first trial."""
        return list(dict.fromkeys(split for _, split, _ in self.values))

    def verdict(self, variant: str, against: str, split: str, metric: str) -> str | None:
        """Better, worse or inconclusive; None where it cannot be told.

        The record may be more cautious than the interval alone (noise floor, adjusted p), never bolder.
        """
        own = self.contrasts.get((variant, against, split, metric))
        recorded = self.recorded.get((variant, split, metric)) if against == self.baseline else None
        if own is None:
            return None
        if recorded is None:
            return own.verdict
        if own.low <= 0 <= own.high:
            return "inconclusive"
        if recorded.verdict != "inconclusive" and (recorded.verdict == "better") != (own.gain > 0):
            return own.verdict
        return recorded.verdict
