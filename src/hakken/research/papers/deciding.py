"""What the seeds of a record could decide: a sign-flip p has a least value, and Holm's method multiplies it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from hakken.core.permutations import least_sign_flip_p
from hakken.core.types import Comparison, Snapshot, Split


def least_p(c: Comparison) -> float:
    """The smallest p that a test on so many pairs can give; 0, a bound that says nothing, where nothing pairs them."""
    return least_sign_flip_p(c.n) if c.paired else 0.0


def undecidable(snapshot: Snapshot) -> Callable[[Comparison], bool]:
    """Tells comparisons that could have had no verdict, whatever their trials had given.

    Holm's method multiplies a p by the number of those in its family that are not smaller. Comparisons on as few pairs
    or fewer can have no smaller one than the least that this comparison could have had.
    """
    rows = (c for _, c in (*snapshot.comparisons, *snapshot.matched) if c.p_adjusted is not None)
    family = sorted(least_p(c) for c in rows)

    def judge(c: Comparison) -> bool:
        least = least_p(c)
        rivals = 1 if c.p_adjusted is None else len(family) - bisect_left(family, least)
        return rivals * least >= 1 - c.level

    return judge


def too_few(snapshot: Snapshot, split: Split) -> bool:
    """Whether there are secondary comparisons on these seeds, and none of them could have had a verdict."""
    judge = undecidable(snapshot)
    rows = [c for where, c in (*snapshot.comparisons, *snapshot.matched) if where is split]
    secondary = [c for c in rows if c.p_adjusted is not None]
    return bool(secondary) and all(judge(c) for c in secondary)


def floor_known(snapshot: Snapshot) -> bool:
    """Whether differences in the primary metric must exceed a noise floor: one is known, or none is compared yet."""
    key = snapshot.template.primary.key
    rows = [c for _, c in (*snapshot.comparisons, *snapshot.matched) if c.metric == key]
    return not rows or any(c.noise_floor is not None for c in rows)
