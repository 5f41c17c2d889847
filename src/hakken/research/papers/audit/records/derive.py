"""Independent statistics: what a paper may say about the trials, recomputed by code that nothing else uses."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from hakken.core.types import Direction

Array = NDArray[np.float64]
_FEW = 6
"""Up to so many differences every pattern of signs is tried."""
Verdict = Literal["better", "worse", "inconclusive"]
_CELLS = 20_000
"""Resolution of the sign-flip distribution where the values have no printed grid of their own."""
_RECORDED_DRAWS = 20_000
"""Patterns of signs, or of labels, that a sampled p of a record rests on."""
_OWN_DRAWS = 10_000
_FLOOR_DRAWS = 4_000
"""Pairs of sets that a recorded noise floor rests on."""
_EXACT = 2**16
"""Up to so many patterns of signs a record tries every one."""
_STRAY = 4.0
"""Standard errors that a sampled value may stray by."""
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Summary:
    """One metric of one variant on one split."""

    n: int
    mean: float
    sd: float | None
    se: float | None
    median: float
    low: float
    high: float
    half: float | None
    """Half the width of the 95 % t interval of the mean."""


@dataclass(frozen=True)
class Contrast:
    """A variant against another on one metric and split, recomputed from the trials."""

    n: int
    base: float
    mean: float
    difference: float
    low: float
    high: float
    sd: float
    """Standard deviation of the paired differences (of the pooled values where nothing pairs them)."""
    p_low: float
    """The exact p lies between the two; equal up to the resolution of the computation."""
    p_high: float
    wins: int
    ties: int
    gain: float
    verdict: Verdict
    p_stray: float = 0.0
    """By how much a p that was sampled from the same values may differ."""
    borderline: bool = False
    """Inconclusive by its p alone, and a sampled p may well lie below the level."""


def summarise(values: Array) -> Summary:
    """Mean, spread and interval of at least one value."""
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else None
    se = sd / math.sqrt(n) if sd is not None else None
    half = float(stdtrit(n - 1, 0.975)) * se if se is not None else None
    return Summary(
        n=n,
        mean=float(values.mean()),
        sd=sd,
        se=se,
        median=float(np.median(values)),
        low=float(values.min()),
        high=float(values.max()),
        half=half,
    )


def contrast(
    base: Mapping[int, float],
    other: Mapping[int, float],
    direction: Direction,
    *,
    paired: bool = True,
    level: float = 0.95,
    floor: float | None = None,
    constant_once: bool = False,
) -> Contrast | None:
    """Recompute a comparison; None where fewer than two trials stand on a side.

    With ``constant_once``, values that no seed changes are one measurement, told many times: they decide nothing.
    """
    seeds = sorted(set(base) & set(other)) if paired else []
    x = np.array([base[s] for s in seeds] if paired else list(base.values()), float)
    y = np.array([other[s] for s in seeds] if paired else list(other.values()), float)
    if min(len(x), len(y)) < 2:
        return None
    sense = -1.0 if direction is Direction.MIN else 1.0
    difference = float(y.mean() - x.mean())
    if paired:
        d = y - x
        sd = float(d.std(ddof=1))
        se, freedom = sd / math.sqrt(len(d)), float(len(d) - 1)
        p_low, p_high = _sign_flip(d)
        better = sense * d
    else:
        se, freedom = _welch(x, y)
        sd = math.sqrt((float(x.var(ddof=1)) + float(y.var(ddof=1))) / 2)
        p_low = p_high = _relabel(x, y)
        better = sense * (y - np.median(x))
    if constant_once and _constant(x) and _constant(y):
        p_low = p_high = 1.0
    half = float(stdtrit(freedom, (1 + level) / 2)) * se
    low, high = difference - half, difference + half
    gain = sense * difference
    apart = (low > 0 or high < 0) and (floor is None or abs(difference) > floor)
    sure, stray = apart and p_low < 1 - level, _stray(p_low, len(x), paired=paired)
    verdict: Verdict = "inconclusive" if not sure else "better" if gain > 0 else "worse"
    return Contrast(
        n=min(len(x), len(y)),
        base=float(x.mean()),
        mean=float(y.mean()),
        difference=difference,
        low=low,
        high=high,
        sd=sd,
        p_low=p_low,
        p_high=p_high,
        wins=int((better > 0).sum()),
        ties=int((better == 0).sum()),
        gain=gain,
        verdict=verdict,
        p_stray=stray,
        borderline=apart and not sure and p_low - stray < 1 - level,
    )


def _welch(x: Array, y: Array) -> tuple[float, float]:
    """Standard error of the difference of two means, and its degrees of freedom."""
    vx, vy = float(x.var(ddof=1)) / len(x), float(y.var(ddof=1)) / len(y)
    freedom = (vx + vy) ** 2 / ((vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1)) or 1.0) or 1.0
    return math.sqrt(vx + vy), freedom


def _constant(values: Array) -> bool:
    """Whether all values are equal, up to rounding."""
    return bool(np.ptp(values) <= 1e-12 * np.max(np.abs(values)))


def _stray(p: float, n: int, *, paired: bool) -> float:
    """How far the p of a record and the one computed here may lie apart, since either may be sampled."""
    exact = paired and 2**n <= _EXACT
    variance = 0.0 if exact else p * (1 - p) * (1 / _RECORDED_DRAWS + (0.0 if paired else 1 / _OWN_DRAWS))
    return _STRAY * math.sqrt(variance) + 1e-3


def stepped_down(ps: Mapping[_Key, float]) -> dict[_Key, float]:
    """Holm's adjusted p of each member of a family."""
    least_first = sorted(ps, key=lambda key: ps[key])
    scaled = (min(1.0, (len(ps) - rank) * ps[key]) for rank, key in enumerate(least_first))
    return dict(zip(least_first, accumulate(scaled, max), strict=True))


@lru_cache(maxsize=256)
def noise_band(values: tuple[float, ...], size: int) -> tuple[float, float] | None:
    """What a sampled noise floor for sets of ``size`` seeds may be; None where the values are too few for one.

    The floor is the 95th percentile of the absolute difference between two disjoint sets. Its band are the percentiles
    that 95 may become by sampling, so that it holds however the values are distributed.
    """
    pool = np.array(values, float)
    if len(pool) < 4 or size < 1:
        return None
    half = min(size, len(pool) // 2)
    order = np.argsort(np.random.default_rng(20_240).random((_OWN_DRAWS, len(pool))), axis=1)
    drawn = pool[order[:, : 2 * half]]
    gaps = np.abs(drawn[:, :half].mean(axis=1) - drawn[:, half:].mean(axis=1)) * math.sqrt(half / size)
    strays = _STRAY * math.sqrt(0.95 * 0.05 * (1 / _FLOOR_DRAWS + 1 / _OWN_DRAWS))
    low, high = np.quantile(gaps, [0.95 - strays, 0.95 + strays])
    return float(low), float(high)


def _sign_flip(d: Array) -> tuple[float, float]:
    """Bounds of the exact two-sided sign-flip p, from the whole distribution of signed sums on a fine grid.

    Rounding each difference to the grid moves a sum by at most half a cell per difference; the two bounds count the
    sums that surely and that possibly reach the observed one.
    """
    sizes = np.abs(d)
    total = float(sizes.sum())
    if total == 0:
        return 1.0, 1.0
    if len(d) <= _FEW:
        return _every_sign(d)
    cell, exact = _grid(sizes, total)
    steps = np.rint(sizes / cell).astype(int)
    reach = int(steps.sum())
    mass = np.zeros(2 * reach + 1)
    mass[reach] = 1.0
    for step in steps:
        mass = (np.roll(mass, step) + np.roll(mass, -step)) / 2
    sums = np.abs(np.arange(-reach, reach + 1)) * cell
    observed = abs(float(d.sum()))
    slack = -cell / 2 if exact else cell * len(d) / 2 + 1e-12 * total
    if exact:
        reached = float(mass[sums >= observed + slack].sum())
        return reached, reached
    # The observed signs and their mirror image always count, wherever the grid puts them.
    surely = max(float(mass[sums >= observed + slack].sum()), min(1.0, 2.0 ** (1 - len(d))))
    return surely, max(surely, min(1.0, float(mass[sums >= observed - slack].sum())))


def _every_sign(d: Array) -> tuple[float, float]:
    """The same for a few differences, by trying every sign."""
    sums = np.abs(np.array(list(product((-1.0, 1.0), repeat=len(d)))) @ np.abs(d))
    p = float((sums >= abs(float(d.sum())) - 1e-12 * float(np.abs(d).sum())).mean())
    return p, p


def _grid(sizes: Array, total: float) -> tuple[float, bool]:
    """Cell size, and whether every difference is a multiple of it (values are often rounded to a few decimals)."""
    for decimals in range(5):
        scaled = sizes * 10**decimals
        near = 1e-6 * min(1.0, float(scaled.max()))  # differences in the last digits of floats are no whole cells
        if total * 10**decimals <= 10 * _CELLS and np.all(np.abs(scaled - np.rint(scaled)) < near):
            return 10.0**-decimals, True
    return total / _CELLS, False


def _relabel(x: Array, y: Array) -> float:
    """Two-sided permutation p of the difference of means, sampled with a seed of the audit's own."""
    pooled = np.concatenate([x, y])
    rng = np.random.default_rng(20_240)
    order = np.argsort(rng.random((_OWN_DRAWS, len(pooled))), axis=1)
    drawn = pooled[order]
    gaps = np.abs(drawn[:, : len(x)].mean(axis=1) - drawn[:, len(x) :].mean(axis=1))
    # Sums of the same values in another order differ in the last digits of the values, not of their differences.
    slack = 1e-12 * float(np.abs(pooled).sum()) * (1 / len(x) + 1 / len(y))
    return float((1 + (gaps >= abs(float(x.mean() - y.mean())) - slack).sum()) / (1 + _OWN_DRAWS))
