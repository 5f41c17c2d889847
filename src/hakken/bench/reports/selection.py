"""One of several attempts, chosen as a user could choose it: by what their own runs show, without any expected value.

An attempt counts for more the more experiments it reports numbers for that its own workspace gives, and then the more
other attempts report the same numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hakken.bench.attempts.attempt import Attempt
from hakken.bench.experiments.reading import Numbers
from hakken.bench.grading.strict import claims

_SAME = 0.05
"""Relative distance up to which two attempts report the same number."""


def select(attempts: Sequence[Attempt]) -> Attempt:
    """The attempt at one task that execution and agreement speak for; the first one where they do not choose."""
    claimed = [_claims(attempt) for attempt in attempts]
    support = [
        (len(own), sum(_agree(own, other) for j, other in enumerate(claimed) if j != i))
        for i, own in enumerate(claimed)
    ]
    best = max(range(len(attempts)), key=lambda i: (*support[i], -attempts[i].seed))
    return attempts[best]


def _claims(attempt: Attempt) -> dict[str, Numbers]:
    """Reported numbers by experiment, none where the agent's own workspace does not give them."""
    if not attempt.score.reported or attempt.score.fabricated or attempt.score.unchecked:
        return {}
    try:
        answer: Any = json.loads(attempt.answer or "null")
    except ValueError:
        return {}  # cut off when it was kept, for its length
    return claims(answer)


def _agree(one: Mapping[str, Numbers], other: Mapping[str, Numbers]) -> bool:
    if not one or set(one) != set(other):
        return False
    return all(_same(one[name].values, other[name].values) for name in one)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if set(one) != set(other):
        return False
    for name, value in one.items():
        mine = value if isinstance(value, tuple) else (value,)
        theirs = other[name] if isinstance(other[name], tuple) else (other[name],)
        if len(mine) != len(theirs):
            return False
        if not all(math.isclose(a, b, rel_tol=_SAME, abs_tol=1e-9) for a, b in zip(mine, theirs, strict=True)):
            return False
    return True
