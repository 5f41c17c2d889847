"""Recorded numbers of the set-up: machine, limits, configuration, thresholds, what the run used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from hakken.core.types import Snapshot, Split
from hakken.research.papers.audit.records.evidence import Setting

Add: TypeAlias = Callable[[float, str, str, str], None]
"""Value, unit, words that tell a sentence about it, what it is."""


def recorded_settings(snapshot: Snapshot) -> list[Setting]:
    """Every recorded number of the set-up."""
    found: list[Setting] = []

    def add(value: float, unit: str, words: str, about: str) -> None:
        found.append(Setting(float(value), unit, _words(words), about))

    for part in (_machine, _usage, _statistics, _configuration, _probes):
        part(snapshot, add)
    return found


def _words(text: str) -> frozenset[str]:
    return frozenset(w for w in re.findall(r"[a-z]{2,}", text.lower().replace("_", " ")))


def _machine(snapshot: Snapshot, add: Add) -> None:
    environment, template = snapshot.run.environment, snapshot.template
    add(environment.cores, "", "cores core cpu processor", "cores of the machine")
    for scale in (1.0, 1.024**3):
        add(environment.memory_gb * scale, "GB", "memory ram", "memory of the machine")
    for name, limits in (("trial", template.limits), ("evaluation", template.evaluate_limits)):
        for key, value in limits.model_dump().items():
            unit = {"seconds": "s", "mb": "MB", "kb": "kB"}.get(key.rsplit("_", 1)[-1], "")
            add(value, unit, f"{key} limit limits limited most maximum", f"limit of a {name}: {key}")
            if unit == "s":
                add(value / 60, "min", "limit limits limited most minutes", f"limit of a {name}: {key}")
            if unit == "MB":
                add(value / 1024, "GB", f"{key} limit limits limited most", f"limit of a {name}: {key}")


def _usage(snapshot: Snapshot, add: Add) -> None:
    usage = snapshot.usage
    for divisor, unit in ((1, "s"), (60, "min"), (3600, "h")):
        add(usage.seconds / divisor, unit, "model calls call tokens generation language", "time in model calls")
        for kind in ("cpu_seconds", "wall_seconds"):
            total = sum(getattr(t.cost, kind) for t in snapshot.trials if t.cost)
            add(total / divisor, unit, "total all trials together sum experiments", f"{kind} of all trials")
    add(usage.usd, "USD", "cost costs dollars", "cost of model calls")


def _statistics(snapshot: Snapshot, add: Add) -> None:
    for claim in snapshot.claims:
        add(claim.predicate.alpha, "", "alpha level significance below threshold", "significance level of the claim")
    add(0.05, "", "alpha level significance threshold", "significance level")
    for level in {c.level for _, c in snapshot.comparisons} | {0.95}:
        add(level * 100, "%", "interval intervals confidence level", "level of the intervals")
    add(95.0, "%", "noise floor percentile", "percentile of the noise floor")
    add(95.0, "", "noise floor percentile", "percentile of the noise floor")
    add(95.0, "%", "noise floor draws random", "share of draws of the noise floor")
    for level in {c.level for _, c in snapshot.comparisons} | {0.95}:
        add((2 * level - 1) * 100, "%", "equivalence equivalent", "level of the equivalence intervals")
    add(80.0, "%", "detectable", "power of the smallest detectable difference")
    add(10.0, "%", "parity differed differs undisclosed", "limit of undisclosed differences in cost")


def _probes(snapshot: Snapshot, add: Add) -> None:
    """What the leakage probes counted, from the trials themselves."""
    report = [t for t in snapshot.trials if t.split is Split.REPORT and t.failure is None]
    counted = [t.probe for t in report if t.probe is not None]
    for probe in counted:
        add(probe.hidden, "", "hidden", "different rows of the hidden data")
        add(probe.shared, "", "hidden", "hidden rows that stand in the training data")
        add(probe.training, "", "hidden", "different rows of the training data")
    if shares := [100 * p.equal / p.answers for p in counted if p.answers]:
        add(max(shares), "%", "answers", "largest share of exact answers")
    key = snapshot.template.primary.key
    for node in dict.fromkeys(t.node_id for t in report):
        own = [t for t in report if t.node_id == node]
        add(len({t.output_hash for t in own}), "", "outputs", f"different outputs of {node} on the report seeds")
        add(len({t.value(key) for t in own}), "", "outputs", f"different results of {node} on the report seeds")


def _configuration(snapshot: Snapshot, add: Add) -> None:
    template = snapshot.template
    add(snapshot.run.seed, "", "seed run", "seed of the run")
    for key, value in _flat("", snapshot.run.config):
        add(value, "", key, f"configuration {key}")
    for command in (template.command, template.smoke, *(n.extra_args for n in snapshot.nodes)):
        joined = " ".join(command)
        for name, number in re.findall(r"--([\w-]+)[ =](-?\d+(?:\.\d+)?)", joined):
            add(float(number), "", name.replace("-", " "), f"argument --{name}")


def _flat(prefix: str, value: object) -> list[tuple[str, float]]:
    if isinstance(value, Mapping):
        return [pair for key, inner in value.items() for pair in _flat(f"{prefix} {key}", inner)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [(prefix.strip(), float(value))]
    return []
