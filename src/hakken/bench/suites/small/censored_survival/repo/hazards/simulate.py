"""Simulated right-censored data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hazards.types import Array


@dataclass(frozen=True)
class Sample:
    """Follow-up times (n,), events (n,) with 1 for a death and 0 for censoring, and covariates (n, p)."""

    time: Array
    event: Array
    covariates: Array


def weibull_sample(
    covariates: Array, coefficients: Array, shape: float, censoring: float, digits: int | None, rng: np.random.Generator
) -> Sample:
    """Draw from a Weibull proportional hazards model, cumulative hazard t^shape exp(x'beta).

    Censoring times are exponential with mean `censoring`, cut at the administrative end 3. With `digits`, times are
    rounded up to so many decimals, which makes ties.
    """
    n = len(covariates)
    hazard = np.exp(covariates @ coefficients)
    death = (rng.exponential(size=n) / hazard) ** (1.0 / shape)
    censor = np.minimum(rng.exponential(censoring, n), 3.0)
    time = np.minimum(death, censor)
    if digits is not None:
        time = np.ceil(time * 10**digits) / 10**digits
    return Sample(time, (death <= censor).astype(float), covariates)


def delayed_sample(n: int, effect: float, late: float, censoring: float, rng: np.random.Generator) -> Sample:
    """Draw two arms; the hazard of arm 1 is 1 until `late` and exp(effect) afterwards, that of arm 0 always 1."""
    arm = np.repeat([0.0, 1.0], n // 2)
    need = rng.exponential(size=len(arm))
    slow = late + (need - late) / np.where(arm == 1, np.exp(effect), 1.0)
    death = np.where(need <= late, need, slow)
    censor = np.minimum(rng.exponential(censoring, len(arm)), 3.0)
    return Sample(np.minimum(death, censor), (death <= censor).astype(float), arm[:, None])
