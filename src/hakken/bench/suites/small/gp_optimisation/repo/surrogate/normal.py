"""The standard normal distribution."""

from __future__ import annotations

from math import erf

import numpy as np

from surrogate.types import Array

_erf = np.vectorize(erf)


def normal_distribution(z: Array) -> tuple[Array, Array]:
    """Density and distribution function of the standard normal at z, any shape."""
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi), 0.5 * (1.0 + _erf(z / np.sqrt(2.0)))
