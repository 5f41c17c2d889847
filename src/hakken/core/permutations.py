"""How far permutation tests go, and the least p that one can give: for whoever tests and for whoever tells of it."""

from __future__ import annotations

EXACT_LIMIT = 2**16
"""Up to so many arrangements all are tried."""
MONTE_CARLO = 20_000
"""Arrangements that are drawn where there are more."""


def least_sign_flip_p(pairs: int) -> float:
    """The smallest two-sided p of a sign-flip test: that of a difference of one sign in every pair.

    All patterns are tried where they are few; drawn, the observed one counts as one of them (Phipson and Smyth 2010).
    """
    return 2.0 ** (1 - pairs) if 2**pairs <= EXACT_LIMIT else 1 / (1 + MONTE_CARLO)
