"""From measured numbers with names to evidence: what every reader of a foreign record shares."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from hakken.core.directions import direction_of, split_words
from hakken.core.types import Direction, MetricSpec
from hakken.research.papers.audit.records.derive import contrast
from hakken.research.papers.audit.records.evidence import NO_DATASET, RESULTS, Evidence, Kind, Setting, Spread, Variant
from hakken.research.papers.audit.records.words import dataset_names, metric_names, slug, unit_of

BASELINE = re.compile(r"\bbaseline\b|\bvanilla\b|\bcontrol\b|\breference\b|\bunmodified\b|^(?:run ?0|original)$", re.I)
ABLATED = re.compile(r"\bablat|^(?:no|without|w/o|minus)\b|\bwithout\b|\bw/o\b", re.I)
_REMOVED = re.compile(r"^(?:no|without|w/o|minus)\s+(?:the\s+|an?\s+)?(\S.*)$", re.I)
_MANY = 12
"""Above so many variants only the comparisons with the baseline are computed."""


@dataclass
class _Named:
    title: str
    names: list[str]
    baseline: bool | None
    ablation: bool
    source_hash: str


@dataclass
class Builder:
    """Collects what a reader finds; ``evidence`` turns it into the form that the checks know."""

    kind: Kind
    place: str
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    pristine: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    _variants: dict[str, _Named] = field(default_factory=dict)
    _values: dict[tuple[str, str, str], dict[int, float]] = field(default_factory=dict)
    _stated: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _spreads: dict[tuple[str, str, str], list[Spread]] = field(default_factory=dict)
    _sizes: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _declared: dict[tuple[str, str], Direction] = field(default_factory=dict)
    _seeds: dict[str, int] = field(default_factory=dict)

    def variant(
        self,
        key: str,
        title: str = "",
        names: Iterable[str] = (),
        *,
        baseline: bool | None = None,
        ablation: bool = False,
        source: str = "",
    ) -> None:
        """Name a variant; a later call adds names."""
        known = self._variants.setdefault(key, _Named(title or key, [], baseline, ablation, ""))
        known.title = title or known.title
        known.names += [key, known.title, *names]
        known.baseline = known.baseline if baseline is None else baseline
        known.ablation = known.ablation or ablation
        known.source_hash = sha256(source.encode()).hexdigest() if source else known.source_hash

    def value(self, variant: str, dataset: str, metric: str, value: float, seed: int | str | None = None) -> None:
        """One measured value; without a seed the next free replicate."""
        if not math.isfinite(value):
            return
        values = self._values.setdefault((variant, dataset, metric), {})
        values[len(values) if seed is None else self._seed(seed)] = float(value)

    def _seed(self, seed: int | str) -> int:
        text = str(seed)
        if re.fullmatch(r"-?\d{1,9}", text):
            return int(text)
        digits = re.search(r"(\d{1,9})$", text)
        return int(digits.group(1)) if digits else self._seeds.setdefault(text, 1_000_000 + len(self._seeds))

    def stated(self, variant: str, dataset: str, metric: str, mean: float) -> None:
        """The mean as the record states it; it stands for the values where none are listed."""
        if math.isfinite(mean):
            self._stated[variant, dataset, metric] = float(mean)

    def spread(self, variant: str, dataset: str, metric: str, kind: str, value: float) -> None:
        """A recorded spread: ``sd``, ``se``, ``half`` or empty."""
        if math.isfinite(value):
            names = {"sd": "standard deviation", "se": "standard error", "half": "half width of an interval"}
            about = f"{names.get(kind, 'spread')} of {metric} of {variant} as recorded"
            self._spreads.setdefault((variant, dataset, metric), []).append(Spread(kind, float(value), about))

    def size(self, variant: str, dataset: str, metric: str, count: int) -> None:
        """How many replicates a number stands for."""
        self._sizes[variant, dataset, metric] = count

    def declare(self, dataset: str, metric: str, direction: Direction) -> None:
        """A direction that the record states."""
        self._declared[dataset, metric] = direction

    @property
    def empty(self) -> bool:
        """Whether nothing was measured."""
        return not self._values and not self._stated

    def evidence(self) -> Evidence:
        """Everything that was collected."""
        keys = dict.fromkeys((d, m) for _, d, m in (*self._values, *self._stated))
        specs = {pair: self._spec(*pair) for pair in keys}
        variants = {key: self._variant(key) for key in dict.fromkeys(v for v, _, _ in (*self._values, *self._stated))}
        for key in self._variants:
            variants.setdefault(key, self._variant(key, done=False))
        baselines = [v.id for v in variants.values() if v.baseline and v.done]
        evidence = Evidence(
            metrics=tuple(specs.values()),
            variants=variants,
            baseline=baselines[0] if len(baselines) == 1 else None,
            chosen=None,
            values=self._all_values(specs),
            costs={},
            counts={},
            settings=list(self.settings),
            versions=dict(self.versions),
            hardware="",
            quoted=[t for t in dict.fromkeys(self.quoted) if t],
            sources=self.sources,
            pristine=self.pristine,
            hashes="",
            failed=self.failed,
            kind=self.kind,
            place=self.place,
            undirected=frozenset(
                specs[d, m].key for d, m in keys if (d, m) not in self._declared and direction_of(m) is None
            ),
            metric_names={spec.key: self._metric_names(metric) for (_, metric), spec in specs.items()},
            dataset_names={spec.dataset: dataset_names(d) if d else () for (d, _), spec in specs.items()},
            notes=[n for n in self.notes if n],
        )
        evidence.stated = {(v, RESULTS, specs[d, m].key): x for (v, d, m), x in self._stated.items()}
        evidence.spreads = {
            (v, RESULTS, specs[d, m].key): tuple(s) for (v, d, m), s in self._spreads.items() if (d, m) in specs
        }
        evidence.sizes = {(v, RESULTS, specs[d, m].key): n for (v, d, m), n in self._sizes.items() if (d, m) in specs}
        evidence.all_seeds = {s for v in evidence.values.values() if len(v) > 1 for s in v}
        evidence.trials = {(v, s, seed) for (v, s, _), values in evidence.values.items() for seed in values}
        evidence.counts = _counts(evidence)
        _contrast_all(evidence)
        return evidence

    def _all_values(self, specs: dict[tuple[str, str], MetricSpec]) -> dict[tuple[str, str, str], dict[int, float]]:
        found = {(v, RESULTS, specs[d, m].key): dict(x) for (v, d, m), x in self._values.items()}
        for (v, d, m), mean in self._stated.items():
            found.setdefault((v, RESULTS, specs[d, m].key), {0: mean})
        return found

    def _spec(self, dataset: str, metric: str) -> MetricSpec:
        return MetricSpec(
            name=slug(metric),
            dataset=slug(dataset, dots=True) if dataset else NO_DATASET,
            direction=self._declared.get((dataset, metric)) or direction_of(metric) or Direction.MIN,
            unit=unit_of(metric),
            title=" ".join(metric.replace("_", " ").split()),
            self_reported=True,
        )

    def _metric_names(self, metric: str) -> tuple[str, ...]:
        """Its names; words that tell it from another metric are kept in each."""
        own = set(split_words(metric))
        others = [set(split_words(m)) for _, _, m in (*self._values, *self._stated) if m != metric]
        needed = frozenset(next(iter(own - other)) for other in others if len(own - other) == 1 and other < own)
        return metric_names(metric, needed)

    def _variant(self, key: str, *, done: bool = True) -> Variant:
        known = self._variants.get(key) or _Named(key, [key], None, False, "")
        plain = " ".join(split_words(known.title))
        names = dict.fromkeys(n for name in known.names for n in (name, " ".join(split_words(name))) if len(n) > 1)
        names |= dict.fromkeys(n for name in known.names if (part := _REMOVED.match(name)) for n in _without(part[1]))
        baseline = known.baseline
        if baseline is None:
            baseline = BASELINE.search(plain) is not None and not ABLATED.search(plain)
        if baseline:
            names |= dict.fromkeys(["baseline"])
        ablation = known.ablation or ABLATED.search(known.title) is not None
        return Variant(key, known.title, tuple(names), baseline, ablation, done, known.source_hash)


def _without(part: str) -> Iterator[str]:
    """Other names of the variant that lacks a part."""
    for word in ("no", "without", "without the", "w/o"):
        yield f"{word} {part}"


def _counts(evidence: Evidence) -> dict[tuple[str, str], dict[int, str]]:
    """What can be counted in any record: runs, seeds, data sets, metrics."""
    done = [v for v in evidence.variants.values() if v.done]
    others = len([v for v in done if not v.baseline])
    sizes = Counter(evidence.replicates(*key) for key in evidence.values if evidence.replicates(*key) > 0)
    measured = len({(v, seed) for (v, _, _), values in evidence.values.items() for seed in values})
    names = len({m.name for m in evidence.metrics})
    datasets = len(evidence.datasets) if evidence.dataset_names.get(evidence.datasets[0]) else 0
    return {
        ("node", ""): {len(done): "variants recorded", others: "variants recorded, the baseline aside"},
        ("trial", ""): {len(done): "runs recorded", others: "runs, the baseline's aside", measured: "trials recorded"},
        ("ablation", ""): {sum(v.ablation for v in done): "ablations recorded"},
        ("seed", ""): {n: f"replicates of {count} recorded values" for n, count in sizes.items()},
        ("metric", ""): {names: "metrics recorded"},
        ("dataset", ""): {datasets: "data sets recorded"},
    }


def _contrast_all(evidence: Evidence) -> None:
    """Recompute the comparisons of everything that was measured more than once."""
    by_metric: dict[str, list[str]] = {}
    for variant, _, key in evidence.values:
        if len(evidence.values[variant, RESULTS, key]) > 1:
            by_metric.setdefault(key, []).append(variant)
    for key, here in by_metric.items():
        spec = evidence.metric(key)
        for against in here:
            if len(here) > _MANY and against != evidence.baseline:
                continue
            for variant in here:
                if variant == against:
                    continue
                mine, theirs = evidence.values[variant, RESULTS, key], evidence.values[against, RESULTS, key]
                result = contrast(theirs, mine, spec.direction, paired=set(mine) == set(theirs))
                if result is not None:
                    evidence.contrasts[variant, against, RESULTS, key] = result
