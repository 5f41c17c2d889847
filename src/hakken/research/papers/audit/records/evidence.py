"""What a record says, in one neutral form that any kind of results folder can be turned into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean

from hakken.core.types import ClaimStatus, Comparison, Direction, MetricSpec, TrialCost
from hakken.research.papers.audit.records.derive import Contrast

RESULTS = "results"
"""The one split of a record that knows no splits."""
NO_DATASET = "all"
"""Data set of the metrics of a record that names none."""


class Kind(StrEnum):
    """Kinds of results folders."""

    HAKKEN = "hakken"
    """A run folder of Hakken."""
    SCIENTIST_V1 = "scientist_v1"
    """``run_*/final_info.json`` of The AI Scientist."""
    SCIENTIST_V2 = "scientist_v2"
    """``logs/<n>-run`` of its second version."""
    FILES = "files"
    """Any folder of JSON, JSONL, CSV or TSV files."""


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
    parent: str | None = None
    """The version that it was made from: what is run without it, where the record tells."""


@dataclass(frozen=True)
class Spread:
    """A spread that a record holds as a number, beside or in place of the values of single trials."""

    kind: str
    """``sd``, ``se``, ``half`` (of an interval) or empty where the record does not say."""
    value: float
    about: str


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
    """(variant, split) -> (seed, cost) of each successful trial."""
    counts: dict[tuple[str, str], dict[int, str]]
    """(noun, qualifier) -> value -> what it counts."""
    settings: list[Setting]
    versions: dict[str, str]
    hardware: str
    """Everything that the record says about machine and platform."""
    quoted: list[str]
    """Sentences of the record that a paper may print as they are: code or a person fixed them."""
    sources: dict[str, dict[str, str]]
    pristine: dict[str, str]
    hashes: str
    statements: list[Statement] = field(default_factory=list)
    recorded: dict[tuple[str, str, str], Comparison] = field(default_factory=dict)
    """(variant, split, metric) -> the comparison with the baseline that the record holds."""
    matched: list[Comparison] = field(default_factory=list)
    """Comparisons with the compute-matched baseline."""
    decisions: list[str] = field(default_factory=list)
    """What people decided."""
    failed: int = 0
    failed_costs: list[tuple[str, str, int, TrialCost]] = field(default_factory=list)
    """(variant, split, seed, cost) of each failed trial."""
    seeded: bool = True
    bare: bool = False
    """Some trial ran without isolation: on the rung that stops neither the network nor a look at hidden data."""
    all_seeds: set[int] = field(default_factory=set)
    """Seeds of every trial, failed ones too, and of the plan."""
    trials: set[tuple[str, str, int]] = field(default_factory=set)
    """(variant, split, seed) of every trial, failed ones too."""
    contrasts: dict[tuple[str, str, str, str], Contrast] = field(default_factory=dict)
    """(variant, against, split, metric) -> recomputed comparison."""
    kind: Kind = Kind.HAKKEN
    place: str = ""
    """The folder, as findings name it."""
    undirected: frozenset[str] = frozenset()
    """Keys of metrics of which neither the record nor the name says which way is better (their spec says ``min``)."""
    metric_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Metric key -> further names that a text may give the metric."""
    dataset_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Data set, as the specs spell it -> the names that a text may give it; empty where the record names none."""
    spreads: dict[tuple[str, str, str], tuple[Spread, ...]] = field(default_factory=dict)
    """(variant, split, metric key) -> spreads that the record holds as numbers."""
    sizes: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """(variant, split, metric key) -> number of replicates, where the record says it without listing them."""
    stated: dict[tuple[str, str, str], float] = field(default_factory=dict)
    """(variant, split, metric key) -> the mean as the record states it; differs from that of the values at most by
    an error of the record."""
    titles: list[str] = field(default_factory=list)
    """Names of ideas and versions: a paper may print them anywhere, and they state nothing."""
    told: list[str] = field(default_factory=list)
    """What models, and programs under test, said: a quotation or a table may repeat it, and it proves nothing."""
    notes: list[str] = field(default_factory=list)
    """Texts of the record that somebody typed (notes, plans, ideas): they give names and intentions, never values."""

    @property
    def foreign(self) -> bool:
        """Whether the record is not one of Hakken's runs."""
        return self.kind is not Kind.HAKKEN

    @property
    def has_code(self) -> bool:
        """Whether the record holds any source code."""
        return bool(self.pristine) or any(self.sources.values())

    @property
    def datasets(self) -> tuple[str, ...]:
        """Data sets of the metrics, in order."""
        return tuple(dict.fromkeys(m.dataset for m in self.metrics))

    def direction(self, key: str) -> Direction | None:
        """Which way a metric is better; None where nobody said."""
        return None if key in self.undirected else self.metric(key).direction

    def direction_of(self, key: str) -> Direction | None:
        """Which way a metric is better, also where its data set is left open (``*/name``)."""
        name = key.partition("/")[2]
        return next((self.direction(m.key) for m in self.metrics if m.key == key or m.name == name), None)

    def mean(self, variant: str, split: str, key: str) -> float | None:
        """The mean of a variant's values, as the record states it where it does; None where it has none."""
        values = self.values.get((variant, split, key))
        if not values:
            return None
        return self.stated.get((variant, split, key), fmean(values.values()))

    def replicates(self, variant: str, split: str, key: str) -> int:
        """How many times something was measured; 1 where there is a single number, 0 where there is none."""
        values = self.values.get((variant, split, key), {})
        return max(len(values), self.sizes.get((variant, split, key), 0))

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

        The record may be more cautious than what is recomputed (adjusted p), never bolder.
        """
        own = self.contrasts.get((variant, against, split, metric))
        recorded = self.recorded.get((variant, split, metric)) if against == self.baseline else None
        if own is None:
            return None
        if recorded is None:
            return own.verdict
        if own.verdict == "inconclusive" and not own.borderline:
            return "inconclusive"
        if recorded.verdict != "inconclusive" and (recorded.verdict == "better") != (own.gain > 0):
            return own.verdict
        return recorded.verdict

    def apart(self, variant: str, against: str, split: str, metric: str, *, adjusted: bool = False) -> bool:
        """Whether interval and p tell a difference from chance, however small it is against the noise floor.

        Args:
            variant: One side.
            against: The other; either may be the baseline.
            split: Where both were measured.
            metric: Its key.
            adjusted: Take the recorded adjusted p, where there is one, in place of the recomputed p.
        """
        own = self.contrasts.get((variant, against, split, metric))
        if own is None or own.low <= 0 <= own.high:
            return False
        other = against if variant == self.baseline else variant
        recorded = self.recorded.get((other, split, metric)) if self.baseline in (variant, against) else None
        p, level = own.p_high, recorded.level if recorded else 0.95
        if adjusted and recorded is not None and recorded.p_adjusted is not None:
            p = recorded.p_adjusted
        return p < 1 - level
