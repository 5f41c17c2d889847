"""Statistics that can support a claim: paired differences, permutation tests, a measured noise floor.

A verdict needs three things at once: the interval of the difference excludes zero, the permutation p is below
``1 - level``, and the difference is larger than the noise floor where that is known. The interval and the test say that
the difference is not chance on these seeds; the floor says that it is larger than what two sets of seeds of the
unchanged baseline differ by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from hakken.core.errors import UsageError
from hakken.core.types import Comparison, MetricSpec

Values: TypeAlias = Mapping[int, float]
"""A metric by seed (or by number of the repeat, where there are no seeds)."""

EXACT_LIMIT = 2**16
"""Permutation tests enumerate up to this many arrangements, and sample beyond."""
MONTE_CARLO = 20_000
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
    level: float = 0.95,
    paired: bool = True,
    rng_seed: int = 0,
) -> Comparison:
    """Compare a variant with a baseline on one metric.

    Paired: over the seeds that both have, paired-t interval and sign-flip permutation test. Unpaired (repeats without
    seeds): Welch's interval and a relabelling permutation test; ``n`` is the smaller side, and ``wins`` counts values
    better than the baseline's median.

    Where the seed changes neither side, the repeats are one measurement told ``n`` times: p is 1 and the verdict
    ``inconclusive``, whatever the difference.

    Raises:
        UsageError: fewer than two seeds to compare on.
    """
    x, y = _samples(spec, baseline, variant, paired)
    n = min(len(x), len(y))
    difference = float(y.mean() - x.mean())
    low, high, effect = _paired_interval(y - x, level) if paired else _welch_interval(x, y, level)
    p = sign_flip_p(y - x, rng_seed) if paired else relabel_p(x, y, rng_seed)
    if _is_constant(x) and _is_constant(y):
        p = 1.0
    better = y - x if paired else y - np.median(x)
    wins = int(np.sum(better < 0 if spec.gain(0.0, 1.0) > 0 else better > 0))
    gain = spec.gain(difference, 0.0)
    sure = (low > 0 or high < 0) and p < 1 - level and (noise_floor is None or abs(difference) > noise_floor)
    base_mean = float(x.mean())
    return Comparison(
        metric=spec.key,
        variant_id=variant_id,
        baseline_id=baseline_id,
        n=n,
        baseline_mean=base_mean,
        baseline_sd=float(x.std(ddof=1)),
        variant_mean=float(y.mean()),
        variant_sd=float(y.std(ddof=1)),
        difference=difference,
        gain=gain,
        relative=difference / abs(base_mean) if base_mean else None,
        level=level,
        low=low,
        high=high,
        p=p,
        paired=paired,
        noise_floor=noise_floor,
        effect_size=effect,
        wins=wins,
        verdict="inconclusive" if not sure else "better" if gain > 0 else "worse",
    )


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


def _paired_interval(d: Array, level: float) -> tuple[float, float, float | None]:
    """Paired-t interval of the mean difference, and Cohen's d_z (None without spread)."""
    mean = float(d.mean())
    if _is_constant(d):
        return mean, mean, None
    sd = float(d.std(ddof=1))
    half = float(stats.t.ppf((1 + level) / 2, len(d) - 1)) * sd / math.sqrt(len(d))
    return mean - half, mean + half, mean / sd


def _welch_interval(x: Array, y: Array, level: float) -> tuple[float, float, float | None]:
    """Welch's interval of the difference of means, and the difference over the pooled deviation."""
    mean = float(y.mean() - x.mean())
    if _is_constant(x) and _is_constant(y):
        return mean, mean, None
    vx, vy = float(x.var(ddof=1)) / len(x), float(y.var(ddof=1)) / len(y)
    freedom = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * math.sqrt(vx + vy)
    pooled = math.sqrt((float(x.var(ddof=1)) + float(y.var(ddof=1))) / 2)
    return mean - half, mean + half, mean / pooled


def sign_flip_p(differences: Array | Sequence[float], rng_seed: int = 0) -> float:
    """Two-sided p of the mean difference under random signs: exact up to 2^16 patterns, sampled beyond.

    The smallest value that n pairs can reach is ``2 / 2**n``: five pairs can never reach 0.05.
    """
    d = np.asarray(differences, float)
    n = len(d)
    threshold = abs(float(d.sum())) - 1e-12 * float(np.abs(d).sum())
    if 2**n <= EXACT_LIMIT:
        # A pattern and its mirror image have sums of equal size: half of the patterns is enough.
        codes = np.arange(2 ** (n - 1))[:, None]
        signs = 1 - 2 * ((codes >> np.arange(n)) & 1)
        return float(np.mean(np.abs(signs @ d) >= threshold))
    signs = np.random.default_rng(rng_seed).choice((-1.0, 1.0), size=(MONTE_CARLO, n))
    return float((1 + np.sum(np.abs(signs @ d) >= threshold)) / (1 + MONTE_CARLO))


def relabel_p(x: Array | Sequence[float], y: Array | Sequence[float], rng_seed: int = 0) -> float:
    """Two-sided p of the difference of means when the labels of the trials are exchanged."""
    pooled = np.concatenate([np.asarray(x, float), np.asarray(y, float)])
    pooled = pooled - pooled.mean()
    n, k = len(pooled), len(x)
    # With the mean at zero the difference of means is proportional to the sum of one side.
    threshold = abs(float(pooled[:k].sum())) - 1e-12 * float(np.abs(pooled).sum())
    if math.comb(n, k) <= EXACT_LIMIT:
        chosen = np.array(list(combinations(range(n), k)))
        return float(np.mean(np.abs(pooled[chosen].sum(axis=1)) >= threshold))
    rng = np.random.default_rng(rng_seed)
    sums = np.array([rng.permutation(pooled)[:k].sum() for _ in range(MONTE_CARLO)])
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
    """Holm-adjusted p values, in the order given."""
    adjusted = [0.0] * len(ps)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        running = max(running, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    return adjusted


def detectable_effect(sd_difference: float, n: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest true mean difference that a two-sided paired t test of n pairs finds with this power.

    Args:
        sd_difference: Standard deviation of the paired differences (``difference_sd``).
        n: Pairs, at least two.
        alpha: Level of the test.
        power: Probability of finding the effect.
    """
    critical = float(stats.t.ppf(1 - alpha / 2, n - 1))
    # The power is an average of normal tails over the sample deviation; scipy's noncentral t gives NaN far out.
    quantiles = (np.arange(4000) + 0.5) / 4000
    deviation = np.sqrt(stats.chi2.ppf(quantiles, n - 1) / (n - 1))

    def shortfall(shift: float) -> float:
        tails = stats.norm.sf(critical * deviation - shift) + stats.norm.cdf(-critical * deviation - shift)
        return float(np.mean(tails)) - power

    return float(optimize.brentq(shortfall, 0.0, 3 * critical + 40)) * sd_difference / math.sqrt(n)


def difference_sd(baseline: Values, variant: Values) -> float:
    """Standard deviation of the paired differences over the seeds that both have."""
    seeds = sorted(set(baseline) & set(variant))
    return float(np.std([variant[s] - baseline[s] for s in seeds], ddof=1)) if len(seeds) > 1 else 0.0
