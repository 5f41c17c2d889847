"""Statistics that can support a claim: paired differences, permutation tests, a measured noise floor.

A verdict needs three things at once: the interval of the difference excludes zero, the permutation p is below
``1 - level``, and the difference is larger than the noise floor where that is known. The interval and the test say that
the difference is not chance on these seeds; the floor says that it is larger than what two sets of seeds of the
unchanged baseline differ by. Secondary comparisons need the same of their adjusted p (``holm_adjusted``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hakken.core.errors import UsageError
from hakken.core.permutations import EXACT_LIMIT, MONTE_CARLO
from hakken.core.types import Comparison, MetricSpec
from hakken.research.experiments.effects import detectable_difference, equivalence_p
from hakken.research.experiments.jackknife import effect_interval

Values: TypeAlias = Mapping[int, float]
"""A metric by seed (or by number of the repeat, where there are no seeds)."""

NOISE_DRAWS = 4_000
Array: TypeAlias = NDArray[np.float64]


def compare(
    spec: MetricSpec,
    baseline: Values,
    variant: Values,
    *,
    variant_id: str,
    baseline_id: str,
    noise_floor: float | None = None,
    margin: float | None = None,
    level: float = 0.95,
    paired: bool = True,
    rng_seed: int = 0,
) -> Comparison:
    """Compare a variant with a baseline on one metric.

    Where the seed changes neither side, the repeats are one measurement told ``n`` times: p is 1 and the verdict
    ``inconclusive``, whatever the difference.

    Args:
        spec: The metric, and which way it is better.
        baseline: Values of the node ``baseline_id``.
        variant: Values of the node ``variant_id``.
        variant_id: For the record.
        baseline_id: For the record.
        noise_floor: What the difference must exceed, in the metric's unit (``noise_floor``); None where it is unknown.
        margin: What equivalence is tested against, in the metric's unit; None takes the noise floor.
        level: Of the interval; the tests are at ``1 - level``.
        paired: Over the seeds that both have, paired-t interval and sign-flip permutation test. Otherwise (repeats
            without seeds) Welch's interval and a relabelling permutation test; ``n`` is then the smaller side, and
            ``wins`` counts values better than the baseline's median.
        rng_seed: Of permutations that are sampled and not enumerated.

    Raises:
        UsageError: fewer than two seeds to compare on.
    """
    x, y = _samples(spec, baseline, variant, paired)
    t = _paired(y - x) if paired else _welch(x, y)
    low, high = t.interval(level)
    fixed = _is_constant(x) and _is_constant(y)
    p = 1.0 if fixed else sign_flip_p(y - x, rng_seed) if paired else relabel_p(x, y, rng_seed)
    gain = spec.gain(t.difference, 0.0)
    sure = (low > 0 or high < 0) and p < 1 - level and (noise_floor is None or abs(t.difference) > noise_floor)
    return Comparison(
        metric=spec.key,
        variant_id=variant_id,
        baseline_id=baseline_id,
        difference=t.difference,
        gain=gain,
        level=level,
        low=low,
        high=high,
        p=p,
        paired=paired,
        noise_floor=noise_floor,
        wins=_wins(spec, x, y, paired),
        verdict="inconclusive" if not sure else "better" if gain > 0 else "worse",
        **_sides(x, y, t.difference, paired),
        **_effect(t, effect_interval(x, y, paired, level)),
        **_sizes(t, level, noise_floor, None if fixed else noise_floor if margin is None else margin),
    )


def _wins(spec: MetricSpec, x: Array, y: Array, paired: bool) -> int:
    """Values of the variant that are better than their partner's, or than the baseline's median."""
    rivals = x if paired else np.full_like(y, np.median(x))
    return sum(spec.gain(float(own), float(rival)) > 0 for own, rival in zip(y, rivals, strict=True))


def _sides(x: Array, y: Array, difference: float, paired: bool) -> dict[str, Any]:
    """Size, means and standard deviations of baseline and variant, and the difference relative to the baseline."""
    mean = float(x.mean())
    return {
        "n": min(len(x), len(y)),
        "baseline_mean": mean,
        "baseline_sd": float(x.std(ddof=1)),
        "variant_mean": float(y.mean()),
        "variant_sd": float(y.std(ddof=1)),
        "sd_difference": float((y - x).std(ddof=1)) if paired else None,
        "relative": difference / abs(mean) if mean else None,
    }


def _effect(t: _Student, ends: tuple[float, float] | None) -> dict[str, float | None]:
    """The effect size with its interval; there is none without spread."""
    if t.error == 0:
        return {}
    low, high = ends or (None, None)
    return {"effect_size": t.difference / t.error * t.scale, "effect_low": low, "effect_high": high}


def _sizes(t: _Student, level: float, floor: float | None, margin: float | None) -> dict[str, float | None]:
    """Power and equivalence of a comparison.

    Without a margin, and where the seed changes neither side, there is no test of equivalence: one measurement told n
    times shows nothing about others.
    """
    found: dict[str, float | None] = {"margin": margin or None}
    if t.error > 0:
        found["detectable"] = detectable_difference(t.error, t.freedom, 1 - level, floor=floor or 0.0)
    if margin:
        found["inner_low"], found["inner_high"] = t.interval(2 * level - 1)
        found["p_equivalence"] = equivalence_p(t.difference, t.error, t.freedom, margin)
    return found


def _samples(spec: MetricSpec, baseline: Values, variant: Values, paired: bool) -> tuple[Array, Array]:
    """Both sides as arrays, aligned by seed where they are paired."""
    seeds = sorted(set(baseline) & set(variant))
    left, right = (seeds, seeds) if paired else (sorted(baseline), sorted(variant))
    if min(len(left), len(right)) < 2:
        raise UsageError(
            f"A comparison on {spec.key} needs at least two trials on each side, and there are "
            f"{len(left)} and {len(right)}{' with seeds in common' if paired else ''}.",
            "Run more seeds, or look at why the trials failed.",
        )
    return np.array([baseline[s] for s in left], float), np.array([variant[s] for s in right], float)


def _is_constant(values: Array) -> bool:
    """All values are equal, up to rounding."""
    return bool(np.ptp(values) <= 1e-12 * np.max(np.abs(values)))


@dataclass(frozen=True)
class _Student:
    """A difference of means with what a t distribution needs."""

    difference: float
    error: float
    """Standard error; 0 without spread."""
    freedom: float
    scale: float
    """Turns the t statistic into the standardised effect size."""

    def interval(self, level: float) -> tuple[float, float]:
        """Interval of the difference."""
        half = float(stats.t.ppf((1 + level) / 2, self.freedom)) * self.error
        return self.difference - half, self.difference + half


def _paired(d: Array) -> _Student:
    """Paired t; the effect size is Cohen's d_z, the mean difference over the deviation of the differences.

    Args:
        d: Differences of the pairs, shape (n,).
    """
    n = len(d)
    error = 0.0 if _is_constant(d) else float(d.std(ddof=1)) / math.sqrt(n)
    return _Student(float(d.mean()), error, n - 1, 1 / math.sqrt(n))


def _welch(x: Array, y: Array) -> _Student:
    """Welch's t, with the degrees of freedom of Welch and Satterthwaite.

    The effect size is the difference over the root of the mean of the two variances.

    Args:
        x: The baseline's values, shape (n_x,).
        y: The variant's, shape (n_y,).
    """
    difference = float(y.mean() - x.mean())
    if _is_constant(x) and _is_constant(y):
        return _Student(difference, 0.0, len(x) + len(y) - 2, 0.0)
    vx, vy = float(x.var(ddof=1)) / len(x), float(y.var(ddof=1)) / len(y)
    freedom = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
    error = math.sqrt(vx + vy)
    pooled = math.sqrt((float(x.var(ddof=1)) + float(y.var(ddof=1))) / 2)
    return _Student(difference, error, freedom, error / pooled)


def sign_flip_p(differences: Array | Sequence[float], rng_seed: int = 0) -> float:
    """Two-sided p of the mean difference under random signs: exact up to 2^16 patterns, sampled beyond.

    The smallest value that n pairs can reach is ``2 / 2**n``: five pairs can never reach 0.05. Sampled, the observed
    pattern counts as one of those drawn, so that p is never 0 and the test stays valid (Phipson and Smyth 2010).

    Args:
        differences: One a pair, shape (n,).
        rng_seed: Of the patterns drawn.
    """
    d = np.asarray(differences, float)
    n = len(d)
    threshold = abs(float(d.sum())) - 1e-12 * float(np.abs(d).sum())
    if 2**n <= EXACT_LIMIT:
        # A pattern and its mirror image have sums of equal size: half of the patterns is enough.
        codes = np.arange(2 ** (n - 1))[:, None]
        signs = 1 - 2 * ((codes >> np.arange(n)) & 1)
        return float(np.mean(np.abs(signs @ d) >= threshold))
    drawn = np.random.default_rng(rng_seed).bytes((MONTE_CARLO * n + 7) // 8)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8))[: MONTE_CARLO * n].reshape(MONTE_CARLO, n)
    # Where a bit is set the sign is turned, which takes twice the difference from the sum.
    sums = float(d.sum()) - 2.0 * (bits.astype(float) @ d)
    return float((1 + np.sum(np.abs(sums) >= threshold)) / (1 + MONTE_CARLO))


def relabel_p(x: Array | Sequence[float], y: Array | Sequence[float], rng_seed: int = 0) -> float:
    """Two-sided p of the difference of means when the labels of the trials are exchanged.

    It counts the arrangements whose difference is at least as large, in either direction; exact up to 2^16 of them,
    sampled beyond as in ``sign_flip_p``.

    Args:
        x: The baseline's values, shape (n_x,).
        y: The variant's, shape (n_y,).
        rng_seed: Of the arrangements drawn.
    """
    pooled = np.concatenate([np.asarray(x, float), np.asarray(y, float)])
    # An arrangement and its mirror image differ in the last digits of the values, which their mean is rounded to.
    slack = 1e-12 * float(np.abs(pooled).sum())
    pooled = pooled - pooled.mean()
    n, k = len(pooled), len(x)
    # With the mean at zero the difference of means is proportional to the sum of one side.
    threshold = abs(float(pooled[:k].sum())) - slack
    if math.comb(n, k) <= EXACT_LIMIT:
        chosen = np.array(list(combinations(range(n), k)))
        return float(np.mean(np.abs(pooled[chosen].sum(axis=1)) >= threshold))
    rng = np.random.default_rng(rng_seed)
    sums = rng.permuted(np.broadcast_to(pooled, (MONTE_CARLO, n)), axis=1)[:, :k].sum(axis=1)
    return float((1 + np.sum(np.abs(sums) >= threshold)) / (1 + MONTE_CARLO))


def noise_floor(values: Values, size: int, rng_seed: int = 0) -> float | None:
    """How much two sets of ``size`` baseline seeds differ: the 95th percentile of the absolute difference (A/A).

    Random disjoint pairs of sets are drawn from the baseline's values. Where there are fewer than ``2 * size`` values,
    halves of what is there are compared and the result is scaled by ``sqrt(half / size)``, as the deviation of a mean
    scales. None with fewer than four values, from which no floor can be told.
    """
    pool = np.array([values[s] for s in sorted(values)], float)
    if len(pool) < 4:
        return None
    half = min(size, len(pool) // 2)
    rng = np.random.default_rng(rng_seed)
    order = np.argsort(rng.random((NOISE_DRAWS, len(pool))), axis=1)
    drawn = pool[order[:, : 2 * half]]
    gaps = np.abs(drawn[:, :half].mean(axis=1) - drawn[:, half:].mean(axis=1))
    return float(np.quantile(gaps, 0.95)) * math.sqrt(half / size)


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p values by Holm's step-down method (1979), in the order given.

    The chance of any false rejection in the family is bounded, whatever the tests' dependence.
    """
    adjusted = [0.0] * len(ps)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        running = max(running, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    return adjusted


def holm_adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """One family of secondary comparisons: p adjusted by Holm's method, and verdicts that the adjusted p carries."""
    adjusted = holm([c.p for c in comparisons])
    return [
        c.model_copy(update={"p_adjusted": p, "verdict": c.verdict if p < 1 - c.level else "inconclusive"})
        for c, p in zip(comparisons, adjusted, strict=True)
    ]
