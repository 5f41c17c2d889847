"""The baseline's measurements, for ``hakken experiment --baseline-only``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median, stdev
from typing import Any

from hakken.cli.console import say, table
from hakken.core.types import Split, Template, Trial


def measured(
    template: Template, trials: Sequence[Trial], noise_floor: Callable[[str, int], float | None]
) -> dict[str, Any]:
    """Mean, standard deviation, n and values by seed of every metric, and the A/A noise floor of means that size."""
    own = [t for t in trials if t.node_id == "n0" and t.split in (Split.EXPLORE, Split.NOISE)]
    costs = [t.cost for t in own if t.cost]
    return {
        "template": template.name,
        "metrics": {
            spec.key: {
                "title": spec.label,
                "direction": spec.direction.value,
                "unit": spec.unit,
                "primary": spec.primary,
                "self_reported": spec.self_reported,
                **_statistics([t for t in own if t.split is Split.EXPLORE], spec.key),
                "noise": _statistics([t for t in own if t.split is Split.NOISE], spec.key),
                "noise_floor": noise_floor(spec.key, len(template.seeds.explore)),
            }
            for spec in template.metrics
        },
        "failures": [f"{t.id}: {t.failure.message}" for t in own if t.failure],
        "seconds_per_trial": round(median(c.wall_seconds for c in costs), 3) if costs else None,
        "cpu_seconds_per_trial": round(median(c.cpu_seconds for c in costs), 3) if costs else None,
    }


def _statistics(trials: Sequence[Trial], key: str) -> dict[str, Any]:
    values = {str(t.seed): v for t in sorted(trials, key=lambda t: t.seed) if (v := t.value(key)) is not None}
    numbers = list(values.values())
    return {
        "n": len(numbers),
        "mean": fmean(numbers) if numbers else None,
        "sd": stdev(numbers) if len(numbers) > 1 else None,
        "values": values,
    }


def print_measured(found: dict[str, Any]) -> None:
    """A line for each metric."""
    rows = []
    for key, metric in found["metrics"].items():
        numbers = [metric["mean"], metric["sd"], metric["noise_floor"]]
        shown = ["-" if n is None else f"{n:.5g}" for n in numbers]
        rows.append((key + (" *" if metric["primary"] else ""), metric["direction"], metric["n"], *shown))
    table(("metric", "better", "n", "mean", "sd", "noise floor"), rows, left=2)
    say(f"* primary; median seconds of a trial: {found['seconds_per_trial']}")
    for failure in found["failures"]:
        say(f"failed  {failure}")
