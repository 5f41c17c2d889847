"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from surrogate.acquisition import next_point
from surrogate.calibration import crps, interval_coverage, log_density
from surrogate.objectives import OBJECTIVES, latin_hypercube
from surrogate.process import fit_posterior, leave_one_out, log_likelihood, predict
from surrogate.tuning import tune
from surrogate.types import Array


def column_means(values: list[float], columns: int) -> list[float]:
    """Means of every column of values listed row by row."""
    return np.reshape(values, (-1, columns)).mean(axis=0).tolist()


def regression(config: dict[str, Any]) -> dict[str, Any]:
    """Errors and calibration of four covariance functions on three objectives."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for name in config["objectives"]:
        function, dimension = OBJECTIVES[name]
        scores: dict[str, list[float]] = {}
        for _ in range(config["repeats"]):
            x, points = latin_hypercube(config["n"], dimension, rng), rng.random((config["points"], dimension))
            y = function(x) + config["noise"] * rng.standard_normal(len(x))
            truth = function(points)
            for kernel in config["kernels"]:
                mean, deviation = predict(tune(x, y, kernel, config["noise"] ** 2), points)
                scores.setdefault(f"rmse_{name}", []).append(float(np.sqrt(np.mean((mean - truth) ** 2))))
                scores.setdefault(f"crps_{name}", []).append(crps(mean, deviation, truth))
                scores.setdefault(f"coverage_{name}", []).append(
                    interval_coverage(mean, deviation, truth, config["level"])
                )
        results |= {key: column_means(values, len(config["kernels"])) for key, values in scores.items()}
    return results


def relevance(config: dict[str, Any]) -> dict[str, Any]:
    """One length scale against one for each coordinate when some coordinates do nothing."""
    rng = np.random.default_rng(config["seed"])
    function, dimension = OBJECTIVES[config["objective"]]
    results: dict[str, Any] = {}
    for extra in config["extra"]:
        rows = []
        for _ in range(config["repeats"]):
            x = latin_hypercube(config["n"], dimension + extra, rng)
            points = rng.random((config["points"], dimension + extra))
            y = function(x[:, :dimension]) + config["noise"] * rng.standard_normal(len(x))
            truth = function(points[:, :dimension])
            row: list[float] = []
            for isotropic in (True, False):
                posterior = tune(x, y, config["kernel"], config["noise"] ** 2, isotropic)
                mean, _ = predict(posterior, points)
                held_mean, held_deviation = leave_one_out(posterior, y)
                row += [
                    float(np.sqrt(np.mean((mean - truth) ** 2))),
                    log_likelihood(posterior, y),
                    log_density(held_mean, held_deviation, y),
                ]
            rows.append(row)
        means = np.mean(rows, axis=0)
        for i, label in enumerate(("isotropic", "separate")):
            for j, name in enumerate(("rmse", "evidence", "loo")):
                results.setdefault(f"{name}_{label}", []).append(float(means[3 * i + j]))
    return results


def noise_level(config: dict[str, Any]) -> dict[str, Any]:
    """What happens when the assumed noise is wrong by a factor."""
    rng = np.random.default_rng(config["seed"])
    function, dimension = OBJECTIVES[config["objective"]]
    scores: dict[str, list[float]] = {}
    for _ in range(config["repeats"]):
        x, points = latin_hypercube(config["n"], dimension, rng), rng.random((config["points"], dimension))
        y = function(x) + config["noise"] * rng.standard_normal(len(x))
        truth = function(points)
        for factor in config["factors"]:
            posterior = tune(x, y, config["kernel"], (factor * config["noise"]) ** 2)
            mean, deviation = predict(posterior, points)
            held_mean, held_deviation = leave_one_out(posterior, y)
            values = {
                "rmse": float(np.sqrt(np.mean((mean - truth) ** 2))),
                "coverage": interval_coverage(mean, deviation, truth, config["level"]),
                "loo_crps": crps(held_mean, held_deviation, y),
            }
            for label, value in values.items():
                scores.setdefault(label, []).append(value)
    return {key: column_means(values, len(config["factors"])) for key, values in scores.items()}


def minimise(name: str, rule: str, config: dict[str, Any], rng: np.random.Generator) -> Array:
    """Best value after each evaluation beyond the initial design, over a fixed set of candidates."""
    function, dimension = OBJECTIVES[name]
    x = latin_hypercube(config["initial"], dimension, rng)
    candidates = rng.random((config["candidates"], dimension))
    lengths, noise = np.full(dimension, config["length"]), 1e-6
    y, best = function(x), []
    for step in range(config["steps"]):
        if rule == "random":
            chosen = step
        else:
            if step % config["refit"] == 0:
                lengths = tune(x, y, "matern52", noise).lengths
            variance = float(y.var() + 1e-6)
            mean, deviation = predict(fit_posterior(x, y, "matern52", lengths, variance, noise), candidates)
            chosen = next_point(mean, deviation, float(y.min()), rule, config["parameters"].get(rule, 0.0))
        x = np.vstack([x, candidates[chosen]])
        y = np.append(y, function(candidates[chosen : chosen + 1]))
        best.append(y.min())
    return np.array(best) - function(candidates).min()


def optimisation(config: dict[str, Any]) -> dict[str, Any]:
    """Regret of acquisition rules, half-way and averaged over all steps, with the same designs for all rules."""
    results: dict[str, Any] = {}
    for name in config["objectives"]:
        for rule in config["rules"]:
            curves = [
                minimise(name, rule, config, np.random.default_rng([config["seed"], repeat]))
                for repeat in range(config["repeats"])
            ]
            mean = np.mean(curves, axis=0)
            results.setdefault(f"half_{name}", []).append(float(mean[config["steps"] // 2 - 1]))
            results.setdefault(f"mean_{name}", []).append(float(mean.mean()))
    return results


EXPERIMENTS = {
    "regression": regression,
    "relevance": relevance,
    "noise_level": noise_level,
    "optimisation": optimisation,
}
