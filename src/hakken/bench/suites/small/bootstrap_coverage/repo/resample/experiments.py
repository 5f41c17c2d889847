"""The four simulation studies of the paper."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from resample.permutation import benjamini_hochberg, holm, max_t, null_statistics, permutation_p, shuffles
from resample.statistics import Statistic, correlation, mean, trimmed_mean, welch_t
from resample.study import all_intervals, coverage_summary, rejection_summary
from resample.types import Array

METHODS = ("percentile", "basic", "normal", "bca", "studentized")


def coverage_study(samples: Array, statistic: Statistic, truth: float, config: dict[str, Any]) -> dict[str, Any]:
    """Coverage, misses and length of all intervals over samples (repetitions, n, k): lists over `METHODS`."""
    rng = np.random.default_rng(config["seed"] + 1)
    rows = [all_intervals(sample, statistic, config["level"], config["replicates"], rng) for sample in samples]
    summaries = [coverage_summary(np.array([row[method] for row in rows]), truth) for method in METHODS]
    return {name: [summary[name] for summary in summaries] for name in ("coverage", "above", "below", "length")}


def skewed_mean(config: dict[str, Any]) -> dict[str, Any]:
    """Intervals for the mean of a log-normal variable."""
    rng = np.random.default_rng(config["seed"])
    samples = rng.lognormal(0.0, config["sigma"], size=(config["repetitions"], config["n"], 1))
    return coverage_study(samples, mean, float(np.exp(config["sigma"] ** 2 / 2)), config)


def dependence(config: dict[str, Any]) -> dict[str, Any]:
    """Intervals for the correlation of a bivariate normal."""
    rng = np.random.default_rng(config["seed"])
    noise = rng.standard_normal((config["repetitions"], config["n"], 2))
    rho = config["rho"]
    noise[..., 1] = rho * noise[..., 0] + np.sqrt(1 - rho**2) * noise[..., 1]
    return coverage_study(noise, correlation, rho, config)


def two_samples(config: dict[str, Any]) -> dict[str, Any]:
    """Size and power of permutation tests with unequal variances, and a trimmed comparison."""
    rng = np.random.default_rng(config["seed"])
    nx, ny, ratio = config["nx"], config["ny"], config["ratio"]
    orders = shuffles(nx + ny, config["permutations"], rng)
    results: dict[str, Any] = {}
    for label, shift in (("size", 0.0), ("power", config["shift"])):
        rejections = dict.fromkeys(("difference", "studentized", "normal"), 0.0)
        gaps = []
        for _ in range(config["repetitions"]):
            x = shift + ratio * rng.standard_t(config["freedom"], nx)
            y = rng.standard_t(config["freedom"], ny)
            difference = float(x.mean() - y.mean())
            t = float(welch_t(x, y))
            p = {
                "difference": permutation_p(difference, null_statistics(x, y, orders, False)),
                "studentized": permutation_p(t, null_statistics(x, y, orders, True)),
                "normal": 2 * NormalDist().cdf(-abs(t)),
            }
            for name in rejections:
                rejections[name] += (p[name] <= config["alpha"]) / config["repetitions"]
            gaps.append(trimmed_mean(x[:, None], config["trim"]) - trimmed_mean(y[:, None], config["trim"]))
        results[label] = list(rejections.values())
        results.setdefault("trimmed_sd", []).append(float(np.std(gaps, ddof=1)))
    return results


def multiplicity(config: dict[str, Any]) -> dict[str, Any]:
    """Adjustments for many correlated comparisons."""
    rng = np.random.default_rng(config["seed"])
    n, m, effects = config["n"], config["hypotheses"], config["effects"]
    false_nulls = np.arange(m) < effects
    orders = shuffles(2 * n, config["permutations"], rng)
    rejected: dict[str, list[Array]] = {name: [] for name in ("unadjusted", "holm", "bh", "max_t")}
    for _ in range(config["repetitions"]):
        common = rng.standard_normal(2 * n)
        noise = rng.standard_normal((m, 2 * n))
        data = np.sqrt(config["rho"]) * common + np.sqrt(1 - config["rho"]) * noise
        data[:effects, :n] += config["shift"]
        x, y = data[:, :n], data[:, n:]
        observed, null = welch_t(x, y), null_statistics(x, y, orders, True)
        p = np.array([permutation_p(float(t), row) for t, row in zip(observed, null, strict=True)])
        adjusted = {"unadjusted": p, "holm": holm(p), "bh": benjamini_hochberg(p), "max_t": max_t(observed, null)}
        for name, values in adjusted.items():
            rejected[name].append(values <= config["alpha"])
    summaries = [rejection_summary(np.array(rows), false_nulls) for rows in rejected.values()]
    return {name: [summary[name] for summary in summaries] for name in ("fwer", "fdr", "power")}


EXPERIMENTS = {
    "skewed_mean": skewed_mean,
    "dependence": dependence,
    "two_samples": two_samples,
    "multiplicity": multiplicity,
}
