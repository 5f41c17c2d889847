"""Which functions are masked together: the combination rule of AutoExperiment, with a seeded sample.

For each repository all sets of ``n`` functions in their order; where there are more than ``limit``, a sample without
replacement. An experiment belongs to a task when it depends on any of the masked functions; at ``n`` = 0 all do.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Mapping, Sequence

from hakken.bench.types import FunctionRef
from hakken.core.types import content_hash

LIMIT = 100


def combinations(count: int, n: int, *, seed: int = 0, limit: int = LIMIT, salt: str = "") -> list[tuple[int, ...]]:
    """Sets of ``n`` indices out of ``count``, in lexical order: all, or ``limit`` of them.

    Args:
        count: Functions there are.
        n: Functions in a set.
        seed: Of the sample.
        limit: Most sets.
        salt: Something that tells one repository from another, so that they are sampled apart.
    """
    total = math.comb(count, n)
    if total <= limit:
        return list(itertools.combinations(range(count), n))
    random_source = random.Random(content_hash({"seed": seed, "n": n, "salt": salt}))
    return [_unranked(rank, count, n) for rank in sorted(random_source.sample(range(total), limit))]


def relevant(
    functions: Sequence[FunctionRef], experiments: Iterable[str], needs: Mapping[str, Iterable[str]]
) -> tuple[str, ...]:
    """Experiments that depend on any of the functions; all of them when no function is masked.

    Args:
        functions: The masked ones.
        experiments: Names in their order.
        needs: By experiment, the functions (``file:name``) without which it fails or changes.
    """
    masked = {str(function) for function in functions}
    return tuple(name for name in experiments if not masked or masked & set(needs.get(name, ())))


def _unranked(rank: int, count: int, n: int) -> tuple[int, ...]:
    """The combination at a place in lexical order, without listing those before it."""
    chosen: list[int] = []
    item = 0
    while len(chosen) < n:
        after = math.comb(count - item - 1, n - len(chosen) - 1)
        if rank < after:
            chosen.append(item)
        else:
            rank -= after
        item += 1
    return tuple(chosen)
