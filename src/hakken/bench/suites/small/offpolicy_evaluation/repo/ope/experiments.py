"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from ope.intervals import bernstein_bound, normal_interval, relative_rmse
from ope.mdp import MDP, Log, collect, random_mdp, river
from ope.models import direct_value, doubly_robust, estimate_model, marginalized_sampling
from ope.planning import policy_iteration, soften
from ope.types import Array
from ope.weighting import effective_size, per_decision, step_ratios, trajectory_sampling, weighted_sampling

ESTIMATORS = ("is", "wis", "pdis", "wpdis", "model", "dr", "wdr", "mis")


def all_estimates(log: Log, mdp: MDP, target: Array, behaviour: Array, prior: float) -> dict[str, float]:
    """Every estimator on one log; only the sizes and the discount are taken from the process."""
    states, actions = mdp.rewards.shape
    ratios = step_ratios(log, target, behaviour)
    model = estimate_model(log, states, actions, mdp.discount, prior)
    return {
        "is": float(trajectory_sampling(log, ratios, mdp.discount).mean()),
        "wis": float(weighted_sampling(log, ratios, mdp.discount).mean()),
        "pdis": float(per_decision(log, ratios, mdp.discount, False).mean()),
        "wpdis": float(per_decision(log, ratios, mdp.discount, True).mean()),
        "model": direct_value(model, target, log.rewards.shape[1]),
        "dr": float(doubly_robust(log, ratios, model, target, False).mean()),
        "wdr": float(doubly_robust(log, ratios, model, target, True).mean()),
        "mis": float(marginalized_sampling(log, ratios, model, target, behaviour).mean()),
    }


def garnet(config: dict[str, Any], rng: np.random.Generator) -> MDP:
    """A random process of the sizes in the configuration."""
    return random_mdp(config["states"], config["actions"], config["branching"], config["discount"], rng)


def horizons(config: dict[str, Any]) -> dict[str, Any]:
    """Error of every estimator against the horizon, in units of the value's standard deviation over processes."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for horizon in config["horizons"]:
        errors: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
        sizes, values = [], []
        for _ in range(config["processes"]):
            mdp = garnet(config, rng)
            greedy = policy_iteration(mdp)
            target = soften(greedy, config["actions"], config["target_epsilon"])
            behaviour = soften(greedy, config["actions"], config["behaviour_epsilon"])
            truth = direct_value(mdp, target, horizon)
            log = collect(mdp, behaviour, config["episodes"], horizon, config["noise"], rng)
            sizes.append(effective_size(step_ratios(log, target, behaviour)))
            values.append(truth)
            for name, value in all_estimates(log, mdp, target, behaviour, config["prior"]).items():
                errors[name].append(value - truth)
        scale = float(np.std(values, ddof=1))
        for name, rows in errors.items():
            results.setdefault(name, []).append(relative_rmse(np.array(rows), 0.0, scale))
        results.setdefault("effective", []).append(float(np.mean(sizes)))
    return results


def overlap(config: dict[str, Any]) -> dict[str, Any]:
    """Error in the river against the distance between the two policies."""
    rng = np.random.default_rng(config["seed"])
    mdp = river(config["states"], config["discount"])
    horizon = config["horizon"]
    target = soften(np.ones(config["states"], dtype=int), 2, config["target_epsilon"])
    truth = direct_value(mdp, target, horizon)
    results: dict[str, Any] = {"value": truth}
    for epsilon in config["behaviour_epsilons"]:
        behaviour = soften(np.ones(config["states"], dtype=int), 2, epsilon)
        rows = []
        for _ in range(config["repetitions"]):
            log = collect(mdp, behaviour, config["episodes"], horizon, config["noise"], rng)
            rows.append(all_estimates(log, mdp, target, behaviour, config["prior"]))
        for name in ESTIMATORS:
            values = np.array([row[name] for row in rows])
            results.setdefault(name, []).append(relative_rmse(values, truth, abs(truth)))
    return results


def misspecified(config: dict[str, Any]) -> dict[str, Any]:
    """Error and mean of the estimates when the model merges neighbouring states."""
    rng = np.random.default_rng(config["seed"])
    mdp, horizon = river(config["states"], config["discount"]), config["horizon"]
    target = soften(np.ones(config["states"], dtype=int), 2, config["target_epsilon"])
    behaviour = soften(np.ones(config["states"], dtype=int), 2, config["behaviour_epsilon"])
    truth = direct_value(mdp, target, horizon)
    results: dict[str, Any] = {}
    for merge in config["merges"]:
        rows = []
        for _ in range(config["repetitions"]):
            log = collect(mdp, behaviour, config["episodes"], horizon, config["noise"], rng)
            ratios = step_ratios(log, target, behaviour)
            coarse = Log(log.states // merge, log.actions, log.rewards, log.following // merge)
            count = (config["states"] - 1) // merge + 1
            model = estimate_model(coarse, count, 2, mdp.discount, config["prior"])
            merged = target[::merge]
            rows.append(
                (
                    direct_value(model, merged, horizon),
                    doubly_robust(coarse, ratios, model, merged, False).mean(),
                    doubly_robust(coarse, ratios, model, merged, True).mean(),
                    marginalized_sampling(coarse, ratios, model, merged, behaviour[::merge]).mean(),
                )
            )
        for name, values in zip(("model", "dr", "wdr", "mis"), np.array(rows).T, strict=True):
            results.setdefault(f"rmse_{name}", []).append(relative_rmse(values, truth, abs(truth)))
            results.setdefault(f"mean_{name}", []).append(float(values.mean() / truth))
    return results


def bounds(config: dict[str, Any]) -> dict[str, Any]:
    """Coverage and tightness of normal intervals and of a lower bound for the river."""
    rng = np.random.default_rng(config["seed"])
    mdp, horizon = river(config["states"], config["discount"]), config["horizon"]
    target = soften(np.ones(config["states"], dtype=int), 2, config["target_epsilon"])
    behaviour = soften(np.ones(config["states"], dtype=int), 2, config["behaviour_epsilon"])
    truth = direct_value(mdp, target, horizon)
    results: dict[str, Any] = {}
    for episodes in config["episodes"]:
        rows = []
        for _ in range(config["repetitions"]):
            log = collect(mdp, behaviour, episodes, horizon, 0.0, rng)
            ratios = step_ratios(log, target, behaviour)
            model = estimate_model(log, config["states"], 2, mdp.discount, config["prior"])
            row = []
            for values in (
                trajectory_sampling(log, ratios, mdp.discount),
                per_decision(log, ratios, mdp.discount, False),
                doubly_robust(log, ratios, model, target, False),
            ):
                low, high = normal_interval(values, config["level"])
                row += [low <= truth <= high, (high - low) / truth]
            values = per_decision(log, ratios, mdp.discount, False)
            row.append(bernstein_bound(values, 1.0 - config["level"], config["cut"]) / truth)
            rows.append(row)
        means = np.mean(np.array(rows, dtype=float), axis=0)
        names = ("coverage_is", "width_is", "coverage_pdis", "width_pdis", "coverage_dr", "width_dr", "bernstein")
        for name, value in zip(names, means, strict=True):
            results.setdefault(name, []).append(float(value))
    return results


EXPERIMENTS = {"horizons": horizons, "overlap": overlap, "misspecified": misspecified, "bounds": bounds}
