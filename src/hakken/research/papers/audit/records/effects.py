"""What the record says of one variant against another on one metric, with replicates or without."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from scipy.special import stdtrit

from hakken.core.types import Direction, Split
from hakken.research.papers.audit.records.evidence import Evidence

LEVEL = 0.95
_COST = re.compile(
    r"\b(?:(?:training|train|inference|infer|wall|cpu|gpu|run|total|elapsed|sampling|compute|epoch|eval(?:uation)?) ?)*"
    r"(?:times?|runtime|latency|duration|seconds|secs?|ms|memory|flops|params?|parameters|energy|throughput|fps"
    r"|(?:tokens|samples|steps|iterations|images) per sec(?:ond)?)\b",
    re.I,
)
_TRAINING = re.compile(r"^(?:final |best |last |avg |mean )?train(?:ing)? (?:loss|acc|accuracy|error)", re.I)


class Standing(StrEnum):
    """How a difference stands."""

    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    """Its interval contains zero, or it is smaller than the noise floor."""
    SINGLE = "single"
    """One of the two was measured once: nothing tells the difference from noise."""
    EQUAL = "equal"


@dataclass(frozen=True)
class Effect:
    """A variant against another."""

    variant: str
    against: str
    metric: str
    base: float
    mean: float
    gain: float | None
    """Positive where the variant is better; None where no direction is known."""
    n: int
    """Replicates of the side that has fewer."""
    standing: Standing

    @property
    def difference(self) -> float:
        """The variant's mean minus the other's."""
        return self.mean - self.base

    @property
    def relative(self) -> float:
        """The gain as a share of the other's mean; zero where that is zero or no direction is known."""
        return (self.gain or 0.0) / abs(self.base) if self.base else 0.0


class Effects:
    """Every comparison of a record."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.baseline = evidence.baseline
        self.seen: dict[tuple[str, str, str], Effect | None] = {}

    @cached_property
    def treated(self) -> tuple[str, ...]:
        """Variants that were measured, the baseline aside, in order of the record."""
        measured = {v for v, _, _ in self.evidence.values}
        return tuple(v for v in self.evidence.variants if v in measured and v != self.baseline)

    @cached_property
    def costs(self) -> frozenset[str]:
        """Keys of metrics that are a cost, no result."""
        return frozenset(m.key for m in self.evidence.metrics if _COST.search(_spaced(m.name)))

    @cached_property
    def results(self) -> frozenset[str]:
        """Keys of metrics that a paper claims gains on: no costs, and no training losses where held-out ones exist."""
        found = {m.key: _spaced(m.name) for m in self.evidence.metrics if m.key not in self.costs}
        held_out = {k for k, name in found.items() if not _TRAINING.match(name)}
        return frozenset(k for k in held_out or set(found) if self.evidence.direction(k) is not None)

    @cached_property
    def replicated(self) -> bool:
        """Whether anything was measured more than once."""
        return any(self.evidence.replicates(*key) > 1 for key in self.evidence.values)

    def name(self, key: str) -> str:
        """The metric's name without its data set."""
        return self.evidence.metric(key).name

    def same_metric(self, key: str) -> tuple[str, ...]:
        """The keys of a metric on every data set."""
        name = self.name(key)
        return tuple(m.key for m in self.evidence.metrics if m.name == name)

    def of(self, variant: str, key: str, against: str | None = None) -> Effect | None:
        """The comparison; None where one side was not measured, or is the other."""
        against = against or self.baseline
        if against is None or variant == against:
            return None
        name = (variant, against, key)
        if name not in self.seen:
            self.seen[name] = self._compute(*name)
        return self.seen[name]

    def every(self, variants: Iterable[str], keys: Iterable[str], against: str | None = None) -> list[Effect]:
        """All comparisons that exist."""
        keys = list(keys)
        return [e for v in variants for k in keys if (e := self.of(v, k, against)) is not None]

    def split(self, variant: str, against: str, key: str) -> str | None:
        """Where both were measured; fresh seeds before those that chose."""
        both = [
            s
            for v, s, k in self.evidence.values
            if (v, k) == (variant, key) and (against, s, key) in self.evidence.values
        ]
        order = [Split.REPORT.value, Split.EXPLORE.value, *both]
        return next((s for s in order if s in both), None)

    def _compute(self, variant: str, against: str, key: str) -> Effect | None:
        split = self.split(variant, against, key)
        if split is None:
            return None
        mean, base = self.evidence.mean(variant, split, key), self.evidence.mean(against, split, key)
        if mean is None or base is None:
            return None
        direction = self.evidence.direction(key)
        sense = {Direction.MIN: -1.0, Direction.MAX: 1.0}.get(direction) if direction else None
        gain = None if sense is None else sense * (mean - base)
        n = min(self.evidence.replicates(v, split, key) for v in (variant, against))
        standing = self._standing(variant, against, split, key, mean - base, gain, n)
        return Effect(variant, against, key, base, mean, gain, n, standing)

    def _standing(
        self, variant: str, against: str, split: str, key: str, difference: float, gain: float | None, n: int
    ) -> Standing:
        if difference == 0:
            return Standing.EQUAL
        if n < 2:
            return Standing.SINGLE
        own = self.evidence.contrasts.get((variant, against, split, key))
        if own is not None and not self.evidence.foreign:
            return Standing(self.evidence.verdict(variant, against, split, key) or "inconclusive")
        low, high = (own.low, own.high) if own is not None else self._interval(variant, against, split, key, difference)
        if low <= 0 <= high or gain is None:
            return Standing.INCONCLUSIVE
        return Standing.BETTER if gain > 0 else Standing.WORSE

    def _interval(self, variant: str, against: str, split: str, key: str, difference: float) -> tuple[float, float]:
        """The interval from recorded spreads; endless where a side has none."""
        variances, freedom = [], 0.0
        for side in (variant, against):
            n = self.evidence.replicates(side, split, key)
            spread = next(
                (s for s in self.evidence.spreads.get((side, split, key), ()) if s.kind in ("sd", "se")), None
            )
            if spread is None:
                return -math.inf, math.inf
            variances.append(spread.value**2 / (n if spread.kind == "sd" else 1))
            freedom += n - 1
        half = float(stdtrit(freedom, (1 + LEVEL) / 2)) * math.sqrt(sum(variances))
        return difference - half, difference + half


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split())
