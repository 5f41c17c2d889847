"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from hazards.comparison import fleming_harrington, two_sided_p, weighted_logrank
from hazards.cox import breslow_hazard, fit_cox
from hazards.curves import (
    greenwood,
    kaplan_meier,
    nelson_aalen,
    restricted_mean,
    risk_table,
    step_value,
    survival_interval,
)
from hazards.prediction import brier_score, concordance, uno_concordance
from hazards.simulate import Sample, delayed_sample, weibull_sample


def curves(config: dict[str, Any]) -> dict[str, Any]:
    """Coverage of two intervals for a survival probability, and bias of two estimators."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for n in config["n"]:
        rows = []
        for _ in range(config["repetitions"]):
            sample = weibull_sample(np.zeros((n, 1)), np.zeros(1), config["shape"], config["censoring"], None, rng)
            table = risk_table(sample.time, sample.event)
            survival, at = kaplan_meier(table), np.array(config["at"])
            s = float(step_value(table.times, survival, at, 1.0))
            g = float(step_value(table.times, greenwood(table), at, 0.0))
            aalen = float(np.exp(-step_value(table.times, nelson_aalen(table), at, 0.0)))
            truth = float(np.exp(-(at ** config["shape"])))
            row = [s - truth, aalen - truth, restricted_mean(table.times, survival, config["at"])]
            for transform in ("plain", "loglog"):
                low, high = survival_interval(s, g, config["level"], transform)
                row += [low <= truth <= high, high - low]
            rows.append(row)
        means = np.mean(np.array(rows, dtype=float), axis=0)
        names = ("km_bias", "na_bias", "rmst", "plain_coverage", "plain_width", "loglog_coverage", "loglog_width")
        for name, value in zip(names, means, strict=True):
            results.setdefault(name, []).append(float(value))
    return results


def trials(config: dict[str, Any]) -> dict[str, Any]:
    """Rejection rates of weighted log-rank tests under no, proportional and late effects."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    settings = {
        "null": (0.0, 0.0),
        "proportional": (config["effect"], 0.0),
        "late": (config["late_effect"], config["late"]),
    }
    for label, (effect, late) in settings.items():
        rejections = np.zeros(len(config["weights"]))
        for _ in range(config["repetitions"]):
            sample = delayed_sample(config["n"], effect, late, config["censoring"], rng)
            arm = sample.covariates[:, 0]
            for i, (rho, gamma) in enumerate(config["weights"]):
                weights = fleming_harrington(sample.time, sample.event, rho, gamma)
                p = two_sided_p(weighted_logrank(sample.time, sample.event, arm, weights))
                rejections[i] += (p <= config["alpha"]) / config["repetitions"]
        results[label] = rejections.tolist()
    return results


def tied_times(config: dict[str, Any]) -> dict[str, Any]:
    """Bias and standard error of Cox regression with Breslow's and Efron's treatment of ties."""
    rng = np.random.default_rng(config["seed"])
    beta = np.array(config["coefficients"])
    results: dict[str, Any] = {}
    for digits in config["digits"]:
        rows = []
        for _ in range(config["repetitions"]):
            covariates = rng.standard_normal((config["n"], len(beta)))
            sample = weibull_sample(covariates, beta, config["shape"], config["censoring"], digits, rng)
            row = []
            for ties in ("breslow", "efron"):
                estimate, errors = fit_cox(sample, ties)
                row += [estimate[0], errors[0]]
            rows.append(row)
        means = np.mean(rows, axis=0)
        for i, ties in enumerate(("breslow", "efron")):
            results.setdefault(f"{ties}_estimate", []).append(float(means[2 * i]))
            results.setdefault(f"{ties}_error", []).append(float(means[2 * i + 1]))
    return results


def held_out(config: dict[str, Any]) -> dict[str, Any]:
    """Discrimination and Brier score on new data of ridge-penalised Cox models and of no model."""
    rng = np.random.default_rng(config["seed"])
    p, strong = config["covariates"], config["strong"]
    beta = np.concatenate([np.array(strong), np.zeros(p - len(strong))])
    scores: dict[str, list[float]] = {}

    def draw(n: int) -> Sample:
        return weibull_sample(rng.standard_normal((n, p)), beta, config["shape"], config["censoring"], None, rng)

    for _ in range(config["repetitions"]):
        train, test = draw(config["n"]), draw(config["n_test"])
        table = risk_table(train.time, train.event)
        marginal = float(step_value(table.times, kaplan_meier(table), np.array(config["at"]), 1.0))
        constant = np.full(len(test.time), marginal)
        scores.setdefault("brier_none", []).append(brier_score(test.time, test.event, constant, config["at"]))
        for ridge in config["ridges"]:
            estimate, _ = fit_cox(train, "efron", ridge)
            times, hazard = breslow_hazard(estimate, train)
            risk = test.covariates @ estimate
            base = float(step_value(times, hazard, np.array(config["at"]), 0.0))
            predicted = np.exp(-base * np.exp(risk))
            values = {
                "harrell": concordance(test.time, test.event, risk),
                "uno": uno_concordance(test.time, test.event, risk, config["at"]),
                "brier": brier_score(test.time, test.event, predicted, config["at"]),
            }
            for name, value in values.items():
                scores.setdefault(name, []).append(value)
    results: dict[str, Any] = {"brier_none": float(np.mean(scores.pop("brier_none")))}
    for name, column in scores.items():
        results[name] = np.reshape(column, (-1, len(config["ridges"]))).mean(axis=0).tolist()
    return results


EXPERIMENTS = {"curves": curves, "trials": trials, "tied_times": tied_times, "held_out": held_out}
