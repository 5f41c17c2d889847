"""Summaries of repeated simulations."""

from __future__ import annotations

import numpy as np

from resample.intervals import (
    Interval,
    basic_interval,
    bca_interval,
    normal_interval,
    percentile_interval,
    resample,
    studentized_interval,
)
from resample.statistics import Statistic
from resample.types import Array


def all_intervals(
    sample: Array, statistic: Statistic, level: float, replicates: int, rng: np.random.Generator
) -> dict[str, Interval]:
    """The five intervals of one sample (n, k) from the same resamples."""
    resamples = resample(sample, replicates, rng)
    values, estimate = statistic(resamples), float(statistic(sample))
    return {
        "percentile": percentile_interval(values, level),
        "basic": basic_interval(values, estimate, level),
        "normal": normal_interval(values, estimate, level),
        "bca": bca_interval(sample, statistic, values, estimate, level),
        "studentized": studentized_interval(sample, resamples, statistic, values, estimate, level),
    }


def coverage_summary(intervals: Array, truth: float) -> dict[str, float]:
    """How often intervals cover the truth, how they miss, and how long they are.

    Args:
        intervals: lower and upper ends, shape (repetitions, 2).
        truth: the parameter.

    Returns:
        "coverage" (both ends count as covered), "above" (share of intervals entirely above the truth), "below"
        (entirely below) and "length" (median length).
    """
    low, high = intervals[:, 0], intervals[:, 1]
    return {
        "coverage": float(np.mean((low <= truth) & (truth <= high))),
        "above": float(np.mean(low > truth)),
        "below": float(np.mean(high < truth)),
        "length": float(np.median(high - low)),
    }


def rejection_summary(rejected: Array, false_nulls: Array) -> dict[str, float]:
    """Error rates of a multiple test over repetitions.

    Args:
        rejected: decisions, shape (repetitions, m), boolean.
        false_nulls: which of the m hypotheses are truly false, shape (m,), boolean.

    Returns:
        "fwer" (share of repetitions with a wrong rejection), "fdr" (mean share of wrong ones among the rejections, 0
        without any) and "power" (mean share of the false nulls that are rejected).
    """
    wrong = (rejected & ~false_nulls).sum(axis=1)
    total = rejected.sum(axis=1)
    return {
        "fwer": float(np.mean(wrong > 0)),
        "fdr": float(np.mean(wrong / np.maximum(total, 1))),
        "power": float(np.mean(rejected[:, false_nulls])),
    }
