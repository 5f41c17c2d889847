"""The four experiments of the paper: each maps its part of the configuration to named numbers or lists of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from descent.problems import Problem, logistic_problem, quadratic_problem, rosenbrock_problem
from descent.profiles import geometric_mean, performance_profile, profile_area
from descent.solvers import SOLVERS, Settings, bfgs, lbfgs


def conditioning(config: dict[str, Any]) -> dict[str, Any]:
    """Evaluations to convergence on quadratics against the condition number."""
    rng = np.random.default_rng(config["seed"])
    settings = Settings(tolerance=config["tolerance"], budget=config["budget"], memory=config["memory"])
    results: dict[str, Any] = {}
    for condition in config["conditions"]:
        problems = [quadratic_problem(config["dimension"], condition, rng) for _ in range(config["problems"])]
        for name in ("gradient", "accelerated", "conjugate", "lbfgs"):
            counts = np.array([SOLVERS[name](problem, settings).evaluations for problem in problems])
            results.setdefault(name, []).append(geometric_mean(counts))
    return results


def memory(config: dict[str, Any]) -> dict[str, Any]:
    """Evaluations of L-BFGS against its memory, and those of BFGS."""
    rng = np.random.default_rng(config["seed"])
    problems = [quadratic_problem(config["dimension"], config["condition"], rng) for _ in range(config["problems"])]
    problems += [rosenbrock_problem(config["dimension"], rng) for _ in range(config["problems"])]
    results: dict[str, Any] = {}
    for size in config["memories"]:
        settings = Settings(tolerance=config["tolerance"], budget=config["budget"], memory=size)
        counts = np.array([lbfgs(problem, settings).evaluations for problem in problems])
        results.setdefault("lbfgs", []).append(geometric_mean(counts))
    settings = Settings(tolerance=config["tolerance"], budget=config["budget"])
    results["bfgs"] = geometric_mean(np.array([bfgs(problem, settings).evaluations for problem in problems]))
    return results


def scaling(config: dict[str, Any]) -> dict[str, Any]:
    """Logistic regression with badly scaled columns: L-BFGS with and without the initial scaling."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for decades in config["decades"]:
        problems = [
            logistic_problem(config["samples"], config["dimension"], decades, config["ridge"], rng)
            for _ in range(config["problems"])
        ]
        for label, scaled in (("scaled", True), ("unscaled", False)):
            settings = Settings(
                tolerance=config["tolerance"], budget=config["budget"], memory=config["memory"], scaled=scaled
            )
            runs = [lbfgs(problem, settings) for problem in problems]
            results.setdefault(label, []).append(geometric_mean(np.array([run.evaluations for run in runs])))
            results.setdefault(f"loss_{label}", []).append(float(np.mean([run.value for run in runs])))
    return results


def profile(config: dict[str, Any]) -> dict[str, Any]:
    """Performance profiles of all five methods over a mixed set of problems."""
    rng = np.random.default_rng(config["seed"])
    problems: list[Problem] = []
    for _ in range(config["repeats"]):
        problems += [quadratic_problem(config["dimension"], condition, rng) for condition in config["conditions"]]
        problems += [rosenbrock_problem(dimension, rng) for dimension in config["rosenbrock"]]
        problems += [
            logistic_problem(config["samples"], config["dimension"], decades, config["ridge"], rng)
            for decades in config["decades"]
        ]
    settings = Settings(tolerance=config["tolerance"], budget=config["budget"], memory=config["memory"])
    costs = np.full((len(problems), len(SOLVERS)), np.inf)
    for row, problem in enumerate(problems):
        for column, solver in enumerate(SOLVERS.values()):
            result = solver(problem, settings)
            if result.converged:
                costs[row, column] = result.evaluations
    shares = performance_profile(costs, np.array([2.0, 4.0]))
    area = profile_area(costs, config["largest"])
    return {"area": area.tolist(), "within_2": shares[0].tolist(), "within_4": shares[1].tolist()}


EXPERIMENTS = {"conditioning": conditioning, "memory": memory, "scaling": scaling, "profile": profile}
