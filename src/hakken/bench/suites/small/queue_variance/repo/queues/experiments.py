"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from queues.inputs import exponential, services
from queues.output import batch_means, confidence_half_width, lag_one, regenerative
from queues.simulate import kiefer_wolfowitz, lindley, priority_waits
from queues.theory import erlang_distribution, mmc_wait, pollaczek_khinchine, shortest_first_wait
from queues.variance import antithetic_pairs, control_variate, stratified_error, variance_ratio


def intervals(config: dict[str, Any]) -> dict[str, Any]:
    """Coverage and relative width of batch means and regenerative intervals in M/G/1."""
    rng = np.random.default_rng(config["seed"])
    runs, n, level = config["runs"], config["customers"], config["level"]
    results: dict[str, Any] = {}
    for cv in config["squared_cvs"]:
        truth = pollaczek_khinchine(config["load"], 1.0, 1.0 + cv)
        waits = lindley(
            exponential(rng.random((runs, n)), 1.0 / config["load"]), services(rng.random((runs, n)), 1.0, cv)
        )
        for batches in config["batches"]:
            means, half = batch_means(waits, config["warmup"], batches, level)
            results.setdefault(f"coverage_{batches}", []).append(float(np.mean(np.abs(means - truth) <= half)))
            results.setdefault(f"width_{batches}", []).append(float(np.mean(half) / truth))
        estimates, half = np.array([regenerative(row, level) for row in waits]).T
        results.setdefault("coverage_regenerative", []).append(float(np.mean(np.abs(estimates - truth) <= half)))
        results.setdefault("width_regenerative", []).append(float(np.mean(half) / truth))
        results.setdefault("lag_one", []).append(float(np.mean([lag_one(row) for row in waits])))
    return results


def pooling(config: dict[str, Any]) -> dict[str, Any]:
    """Mean waits of one shared queue with c servers at constant load, simulated and exact."""
    rng = np.random.default_rng(config["seed"])
    runs, n = config["runs"], config["customers"]
    results: dict[str, Any] = {}
    for servers in config["servers"]:
        rate = config["load"] * servers
        gaps = exponential(rng.random((runs, n)), 1.0 / rate)
        uniform = rng.random((runs, n))
        results.setdefault("exact", []).append(mmc_wait(servers, rate, 1.0))
        for cv in config["squared_cvs"]:
            waits = kiefer_wolfowitz(gaps, services(uniform, 1.0, cv), servers)[:, config["warmup"] :]
            results.setdefault(f"wait_{cv:g}", []).append(float(waits.mean()))
            results.setdefault(f"error_{cv:g}", []).append(confidence_half_width(waits.mean(axis=1), config["level"]))
    return results


def reduction(config: dict[str, Any]) -> dict[str, Any]:
    """Gain of antithetic variates, control variates, both, and post-stratification for short runs from empty."""
    rng = np.random.default_rng(config["seed"])
    runs, n, half = config["runs"], config["customers"], config["runs"] // 2
    results: dict[str, Any] = {}
    for load in config["loads"]:
        u, v = rng.random((half, n)), rng.random((half, n))
        u, v = np.concatenate([u, 1.0 - u]), np.concatenate([v, 1.0 - v])
        gaps, times = exponential(u, 1.0 / load), services(v, 1.0, 1)
        mirrored = lindley(gaps, times).mean(axis=1)
        controls = np.column_stack([gaps[:, 1:].mean(axis=1), times[:, :-1].mean(axis=1)])
        means = np.array([1.0 / load, 1.0])

        u, v = rng.random((runs, n)), rng.random((runs, n))
        gaps, times = exponential(u, 1.0 / load), services(v, 1.0, 1)
        plain = lindley(gaps, times).mean(axis=1)
        independent = np.column_stack([gaps[:, 1:].mean(axis=1), times[:, :-1].mean(axis=1)])

        pairs = antithetic_pairs(mirrored)
        paired_controls = np.column_stack([antithetic_pairs(column) for column in controls.T])
        total = erlang_distribution(times[:, :-1].sum(axis=1), n - 1)
        error = stratified_error(plain, total, config["strata"])
        values = {
            "wait": float(plain.mean()),
            "antithetic": variance_ratio(plain, pairs),
            "control": variance_ratio(plain, control_variate(plain, independent, means)),
            "both": variance_ratio(plain, control_variate(pairs, paired_controls, means)),
            "strata": float(plain.var(ddof=1) / len(plain) / error**2),
        }
        for name, value in values.items():
            results.setdefault(name, []).append(value)
    return results


def discipline(config: dict[str, Any]) -> dict[str, Any]:
    """First come first served against shortest job first on the same customers."""
    rng = np.random.default_rng(config["seed"])
    runs, n, warmup = config["runs"], config["customers"], config["warmup"]
    tail = config["tail"]
    names = ("fcfs", "sjf", "fcfs_tail", "sjf_tail", "fcfs_exact", "sjf_exact")
    results: dict[str, Any] = {}
    for cv in config["squared_cvs"]:
        rows = []
        for _ in range(runs):
            gaps = exponential(rng.random(n), 1.0 / config["load"])
            times = services(rng.random(n), 1.0, cv)
            fair = lindley(gaps, times)[warmup:]
            short = priority_waits(gaps, times, times)[warmup:]
            rows.append((fair.mean(), short.mean(), np.quantile(fair, tail), np.quantile(short, tail)))
        sizes = services((np.arange(20000) + 0.5) / 20000, 1.0, cv)
        means = [
            *np.mean(rows, axis=0),
            pollaczek_khinchine(config["load"], 1.0, 1.0 + cv),
            shortest_first_wait(config["load"], 1.0, sizes),
        ]
        for name, value in zip(names, means, strict=True):
            results.setdefault(name, []).append(float(value))
    return results


EXPERIMENTS = {"intervals": intervals, "pooling": pooling, "reduction": reduction, "discipline": discipline}
