"""Everything that can be derived from a foreign record: means, spreads, averages, differences, relative changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations
from statistics import fmean, pstdev

import numpy as np

from hakken.core.types import Direction
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.records.derive import summarise
from hakken.research.papers.audit.records.evidence import RESULTS, Evidence

ACROSS = "*"
"""Stands for the data set where values of all of them are averaged."""
_PAIRS = 14
"""Above so many variants only comparisons with the baseline are derived."""


@dataclass(frozen=True)
class Pair:
    """Two means that a change may be computed from."""

    variant: str
    against: str
    key: str
    mean: float
    base: float


class Pool:
    """Derived values of one record, by role and metric."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.means: dict[tuple[str, str], float] = {}
        """(variant, metric key or ``*/name``) -> mean."""
        for variant, split, key in evidence.values:
            mean = evidence.mean(variant, split, key)
            if mean is not None:
                self.means[variant, key] = mean
        self._average()
        self.pairs = list(self._all_pairs())
        self.by_role: dict[tuple[Role, str], list[Candidate]] = {}
        for candidate in (*self._levels(), *self._averages(), *self._changes(), *self._tests()):
            self.by_role.setdefault((candidate.role, candidate.metric), []).append(candidate)
        self.fractions = {
            spec.key
            for spec in evidence.metrics
            if all(-1.0 <= m <= 1.0 for (_, key), m in self.means.items() if key == spec.key)
        }
        self.percentages = {
            spec.key
            for spec in evidence.metrics
            if evidence.direction(spec.key) is Direction.MAX
            and all(1.0 < m <= 100.0 for (_, key), m in self.means.items() if key == spec.key)
        }
        self.fractions |= {f"{ACROSS}/{evidence.metric(k).name}" for k in self.fractions}

    def of(self, roles: Iterable[Role], keys: Iterable[str]) -> list[Candidate]:
        """Candidates of any of the roles about any of the metrics."""
        wanted = list(keys)
        return [c for role in roles for key in wanted for c in self.by_role.get((role, key), ())]

    @property
    def keys(self) -> list[str]:
        """Every metric key, averages over data sets among them."""
        return list(dict.fromkeys(key for _, key in self.means))

    def title(self, variant: str) -> str:
        """A variant as findings name it: its title and, where that differs, its folder."""
        known = self.evidence.variants.get(variant)
        if known is None:
            return variant or "all variants"
        return known.title if known.title.lower() == variant.lower() else f"{known.title} ({variant})"

    def where(self, key: str) -> str:
        """A metric and its data set as findings name them."""
        dataset, _, name = key.partition("/")
        if dataset == ACROSS:
            return f"average of {name} over the data sets"
        named = self.evidence.dataset_names.get(dataset)
        return f"{self.evidence.metric(key).label} on {dataset}" if named else self.evidence.metric(key).label

    def _average(self) -> None:
        """Averages over the data sets, of variants that were measured on all of them."""
        names = dict.fromkeys(m.name for m in self.evidence.metrics)
        for name in names:
            keys = [m.key for m in self.evidence.metrics if m.name == name]
            for variant in self.evidence.variants if len(keys) > 1 else ():
                values = [self.means[variant, key] for key in keys if (variant, key) in self.means]
                if len(values) == len(keys):
                    self.means[variant, f"{ACROSS}/{name}"] = fmean(values)

    def _all_pairs(self) -> Iterator[Pair]:
        by_key: dict[str, list[tuple[str, float]]] = {}
        for (variant, key), mean in self.means.items():
            by_key.setdefault(key, []).append((variant, mean))
        base = self.evidence.baseline
        for key, entries in by_key.items():
            many = len(entries) > _PAIRS
            for (variant, mean), (against, other) in permutations(entries, 2):
                if not many or base in (variant, against):
                    yield Pair(variant, against, key, mean, other)

    def _levels(self) -> Iterator[Candidate]:
        for (variant, key), mean in self.means.items():
            about = f"{self.where(key)} of {self.title(variant)}"
            yield Candidate(Role.LEVEL, mean, about, variant, metric=key)
            values = self.evidence.values.get((variant, RESULTS, key), {})
            for spread in self.evidence.spreads.get((variant, RESULTS, key), ()):
                role = {"sd": Role.SD, "se": Role.SE, "half": Role.HALF}.get(spread.kind, Role.SD)
                yield Candidate(role, spread.value, f"recorded {role.value} of {about}", variant, metric=key)
            if len(values) > 1:
                yield from self._of_replicates(variant, key, values, about)

    def _of_replicates(self, variant: str, key: str, values: dict[int, float], about: str) -> Iterator[Candidate]:
        s = summarise(np.array(list(values.values()), float))
        half = s.half or 0.0
        for role, value, what in (
            (Role.LEVEL, s.mean, "mean"),
            (Role.MEDIAN, s.median, "median"),
            (Role.MINIMUM, s.low, "minimum over the seeds"),
            (Role.MAXIMUM, s.high, "maximum over the seeds"),
            (Role.SD, s.sd or 0.0, "standard deviation"),
            (Role.SD, pstdev(values.values()), "population standard deviation"),
            (Role.SE, s.se or 0.0, "standard error"),
            (Role.HALF, half, "half width of the 95 % interval"),
            (Role.LOW, s.mean - half, "lower end of the 95 % interval"),
            (Role.HIGH, s.mean + half, "upper end of the 95 % interval"),
        ):
            noun = "population" if what.startswith("population") else ""
            yield Candidate(role, value, f"{what} of {about} (n = {s.n})", variant, metric=key, noun=noun)
        for seed, value in values.items():
            yield Candidate(Role.VALUE, value, f"{about}, seed {seed}", variant, metric=key, seed=seed)

    def _averages(self) -> Iterator[Candidate]:
        """Averages over the variants, the baseline aside."""
        for key in self.keys:
            values = [m for (v, k), m in self.means.items() if k == key and v != self.evidence.baseline]
            if len(values) > 1:
                about = f"{self.where(key)}, averaged over {len(values)} variants"
                yield Candidate(Role.LEVEL, fmean(values), about, ACROSS, metric=key)

    def _changes(self) -> Iterator[Candidate]:
        relative: dict[tuple[str, str, str], list[float]] = {}
        for p in self.pairs:
            where = f"{self.where(p.key)}: {self.title(p.variant)} {p.mean:.6g}, {self.title(p.against)} {p.base:.6g}"
            common = (p.variant, p.against)
            yield Candidate(Role.DIFFERENCE, p.mean - p.base, f"difference in {where}", *common, metric=p.key)
            if not p.base:
                continue
            change = 100 * (p.mean - p.base) / abs(p.base)
            yield Candidate(Role.RELATIVE, change, f"relative change in {where}", *common, metric=p.key)
            yield Candidate(Role.RATIO, p.mean / p.base, f"ratio in {where}", *common, metric=p.key)
            if not p.key.startswith(ACROSS):
                relative.setdefault((*common, self.evidence.metric(p.key).name), []).append(change)
        for (variant, against, name), changes in relative.items():
            if len(changes) > 1:
                about = f"relative change in {name}, averaged over the data sets, {self.title(variant)}"
                about += f" against {self.title(against)}"
                yield Candidate(Role.RELATIVE, fmean(changes), about, variant, against, metric=f"{ACROSS}/{name}")

    def _tests(self) -> Iterator[Candidate]:
        for (variant, against, _, key), c in self.evidence.contrasts.items():
            where = f"{self.where(key)}, {self.title(variant)} against {self.title(against)} (n = {c.n})"
            p = (c.p_low + c.p_high) / 2
            slack = (c.p_high - c.p_low) / 2 + 1e-3
            yield Candidate(Role.P, p, f"permutation p: {where}", variant, against, metric=key, slack=slack)
            yield Candidate(Role.LOW, c.low, f"lower end of the interval: {where}", variant, against, metric=key)
            yield Candidate(Role.HIGH, c.high, f"upper end of the interval: {where}", variant, against, metric=key)
            yield Candidate(Role.WINS, c.wins, f"seeds won: {where}", variant, against, metric=key)
            if c.sd:
                yield Candidate(Role.EFFECT, c.difference / c.sd, f"effect size: {where}", variant, against, metric=key)
