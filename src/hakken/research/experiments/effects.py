"""How large an effect could have been found, and whether two sides are as good as equal.

Everything here follows from a difference, its standard error and the degrees of freedom, so that paired and unpaired
comparisons take one path. The noncentral t distribution is written as an average of normal tails over the sample
deviation (Gauss-Legendre in its probability): SciPy's own gives NaN far out.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import ndtr

Array: TypeAlias = NDArray[np.float64]
POWER = 0.8
"""Probability of finding an effect at which a detectable one is told, as is usual (Cohen 1988)."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(128)
_QUANTILES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2


@lru_cache(maxsize=64)
def _deviations(freedom: float) -> Array:
    """Sample deviations at the nodes, in units of the true one."""
    found: Array = np.sqrt(stats.chi2.ppf(_QUANTILES, freedom) / freedom)
    return found


def detectable_difference(
    error: float, freedom: float, alpha: float = 0.05, power: float = POWER, floor: float = 0.0
) -> float:
    """Smallest true difference that a two-sided t test finds with this power.

    Args:
        error: Standard error of the difference.
        freedom: Degrees of freedom of the test.
        alpha: Level of the test.
        power: Probability of finding the difference.
        floor: Noise floor, which the observed difference must exceed as well.
    """
    if error == 0:
        return floor
    critical = float(stats.t.ppf(1 - alpha / 2, freedom))
    threshold = np.maximum(critical * _deviations(freedom), floor / error)

    def shortfall(shift: float) -> float:
        return float(_WEIGHTS @ (ndtr(shift - threshold) + ndtr(-threshold - shift))) - power

    return float(optimize.brentq(shortfall, 0.0, float(threshold.max()) + 40)) * error


def detectable_effect(
    sd_difference: float, n: int, alpha: float = 0.05, power: float = POWER, floor: float = 0.0
) -> float:
    """Smallest true mean difference that ``n`` pairs find with this power (see ``detectable_difference``).

    Args:
        sd_difference: Standard deviation of the paired differences.
        n: Pairs, at least two.
        alpha: Level of the test.
        power: Probability of finding the effect.
        floor: Noise floor, which the observed difference must exceed as well.
    """
    return detectable_difference(sd_difference / math.sqrt(n), n - 1, alpha, power, floor)


def equivalence_p(difference: float, error: float, freedom: float, margin: float) -> float:
    """Two one-sided t tests that the true difference lies within the margin (Schuirmann 1987): the larger p of the two.

    Args:
        difference: Observed.
        error: Its standard error.
        freedom: Degrees of freedom of the tests.
        margin: Largest difference that does not matter, above 0 and in the same unit.
    """
    if error == 0:
        return 0.0 if abs(difference) < margin else 1.0
    return float(stats.t.sf((margin - abs(difference)) / error, freedom))
