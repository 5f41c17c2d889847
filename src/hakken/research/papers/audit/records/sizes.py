"""Effect sizes, power and equivalence of the primary comparison, recomputed by formulas that nothing else uses.

The interval of the effect size comes from pseudo-values, one seed left out after the other, the smallest detectable
difference from an integral over the sample deviation. Where nothing pairs the trials, the recorded values stand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit
from scipy.stats import chi

from hakken.core.types import Comparison, Split
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.records.derive import Contrast
from hakken.research.papers.audit.records.evidence import Evidence

POWER = 0.8


@dataclass(frozen=True)
class Size:
    """One value that a paper may print."""

    role: Role
    value: float | None
    what: str
    variant: str
    against: str
    split: str
    metric: str
    word: str = ""
    """Only texts with this word call for it (``matching._WORDED``)."""


def sizes(evidence: Evidence) -> Iterator[Size]:
    """Sizes of the primary comparison, adjusted p of the matched baseline, levels on the seeds that two sides share."""
    for c in evidence.matched:
        yield Size(Role.P, c.p_adjusted, "adjusted p", c.variant_id, c.baseline_id, Split.REPORT.value, c.metric)
    yield from _shared(evidence)
    chosen, base, split = evidence.chosen, evidence.baseline, Split.REPORT.value
    if chosen is None or base is None:
        return
    for spec in evidence.metrics:
        noted = evidence.recorded.get((chosen, split, spec.key))
        own = evidence.contrasts.get((chosen, base, split, spec.key))
        if noted is None or own is None:
            continue
        if noted.paired and own.sd > 0:
            sides = [evidence.values[name, split, spec.key] for name in (chosen, base)]
            values = _recomputed(own, noted, [v - sides[1][seed] for seed, v in sides[0].items() if seed in sides[1]])
        else:
            values = _recorded(noted)
        for role, value, what, word in values:
            yield Size(role, value, what, chosen, base, split, spec.key, word)


def _shared(evidence: Evidence) -> Iterator[Size]:
    """Where one side lacks seeds, mean and deviation of either side over the seeds that both have."""
    for (variant, split, metric), c in evidence.recorded.items():
        sides = [evidence.values.get((name, split, metric), {}) for name in (variant, c.baseline_id)]
        seeds = sorted(set(sides[0]) & set(sides[1]))
        if not evidence.seeded or len(seeds) < 2:
            continue
        for name, values in zip((variant, c.baseline_id), sides, strict=True):
            if len(values) > len(seeds):
                found = np.array([values[s] for s in seeds], float)
                yield Size(Role.LEVEL, float(found.mean()), "mean over shared seeds", name, "", split, metric)
                yield Size(Role.SD, float(found.std(ddof=1)), "deviation over shared seeds", name, "", split, metric)


def _recorded(c: Comparison) -> list[tuple[Role, float | None, str, str]]:
    return [
        (Role.LOW, c.effect_low, "lower end of the effect size", "effect"),
        (Role.HIGH, c.effect_high, "upper end of the effect size", "effect"),
        (Role.LOW, c.inner_low, "lower end of the equivalence interval", "equivalence"),
        (Role.HIGH, c.inner_high, "upper end of the equivalence interval", "equivalence"),
        (Role.P, c.p_equivalence, "p of two one-sided tests", "equivalence"),
        (Role.FLOOR, c.margin, "equivalence margin", "equivalence"),
        (Role.DETECTABLE, c.detectable, "smallest detectable difference", ""),
    ]


def _recomputed(
    own: Contrast, noted: Comparison, differences: Sequence[float]
) -> list[tuple[Role, float | None, str, str]]:
    freedom, error, alpha = own.n - 1, own.sd / math.sqrt(own.n), 1 - noted.level
    ends = _pseudo(differences, alpha)
    half = float(stdtrit(freedom, 1 - alpha)) * error
    margin = noted.margin
    p = None if margin is None else 1 - float(stdtr(freedom, (margin - abs(own.difference)) / error))
    return [
        (Role.LOW, ends[0], "lower end of the effect size", "effect"),
        (Role.HIGH, ends[1], "upper end of the effect size", "effect"),
        (Role.LOW, own.difference - half, "lower end of the equivalence interval", "equivalence"),
        (Role.HIGH, own.difference + half, "upper end of the equivalence interval", "equivalence"),
        (Role.P, p, "p of two one-sided tests", "equivalence"),
        (Role.FLOOR, margin, "equivalence margin", "equivalence"),
        (Role.DETECTABLE, _detectable(error, freedom, alpha, noted.noise_floor or 0.0), "detectable difference", ""),
    ]


def _pseudo(differences: Sequence[float], alpha: float) -> tuple[float | None, float | None]:
    """Ends of the jackknife's interval of the mean over the deviation: a t interval of the pseudo-values (Tukey)."""
    n = len(differences)
    parts = [[*differences[:i], *differences[i + 1 :]] for i in range(n)]
    spreads = [stdev(part) if n > 2 else 0.0 for part in parts]
    if min(spreads) == 0:
        return None, None
    whole = fmean(differences) / stdev(differences)
    values = [n * whole - (n - 1) * fmean(part) / spread for part, spread in zip(parts, spreads, strict=True)]
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * stdev(values) / math.sqrt(n)
    return fmean(values) - half, fmean(values) + half


def _detectable(error: float, freedom: int, alpha: float, floor: float) -> float:
    """Smallest true difference found with 80 % power, by bisection of an integral over the sample deviation."""
    low, high = chi.ppf([1e-9, 1 - 1e-9], freedom) / math.sqrt(freedom)
    grid = np.linspace(low, high, 4001)
    weights = chi.pdf(grid * math.sqrt(freedom), freedom)
    weights /= weights.sum()
    needed = np.maximum(float(stdtrit(freedom, 1 - alpha / 2)) * grid, floor / error)
    below, above = 0.0, float(needed.max()) + 10
    for _ in range(60):
        middle = (below + above) / 2
        power = float((weights * (ndtr(middle - needed) + ndtr(-middle - needed))).sum())
        below, above = (middle, above) if power < POWER else (below, middle)
    return above * error
