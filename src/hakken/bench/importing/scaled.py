"""Scaled pass@1: the share of lines of code in snippets that were solved, as ResearchCodeBench counts it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from pydantic import NonNegativeInt, ValidationError

from hakken.analysis.resampling import ROUNDING, effective_draws, mean_interval, wilson
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.metrics import by_task, measured
from hakken.bench.tasks.folder import load_tasks
from hakken.bench.tasks.making import task_hash
from hakken.core.errors import UsageError
from hakken.core.types import Record

SNIPPET = "snippet.json"
Key: TypeAlias = tuple[str, str]
"""A task's name and hash: one that was imported again may be another under the same name."""


class Weight(Record):
    """What a task counts for."""

    problem: str
    file: str
    hint: str
    lines: NonNegativeInt


class Scaled(Record):
    """Passed lines over all lines, and the unscaled share, each as the mean over seeds."""

    scaled: float
    low: float | None
    high: float | None
    """95 % interval by how much papers differ; None where there is one paper."""
    plain: float
    """Share of snippets, whatever their size."""
    passed_lines: float
    lines: int
    snippets: int
    papers: int
    seeds: int
    missing: tuple[str, ...] = ()
    """Tasks without an attempt: they count as failed."""
    former: int = 0
    """Attempts at other tasks of these names, as of an earlier import: they count for nothing."""


def weights_of(tasks: Path) -> dict[Key, Weight]:
    """Weights of all imported snippets in a folder, by task.

    Raises:
        UsageError: there are none.
    """
    found: dict[Key, Weight] = {}
    for task in load_tasks(tasks):
        file = task.root / "tests" / SNIPPET
        if file.is_file():
            try:
                weight = Weight.model_validate(json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, ValidationError):
                raise UsageError(f"{file} is damaged.", "Import the benchmark again.") from None
            found[task.task.id, task_hash(task)] = weight
    if not found:
        raise UsageError(
            f"{tasks} holds no snippets.", "Import some: `hakken bench import researchcodebench FOLDER --out TASKS`."
        )
    return found


def scaled_pass_at_1(attempts: Sequence[Attempt], weights: Mapping[Key, Weight]) -> Scaled:
    """Scaled pass@1 of one agent; each seed is a pass over all snippets, and the score their mean.

    Raises:
        UsageError: there is no attempt at any of the snippets, or there are several agents.
    """
    names = {name for name, _ in weights}
    named = [attempt for attempt in measured(attempts) if attempt.task in names]
    mine = [attempt for attempt in named if (attempt.task, attempt.task_hash) in weights]
    if not mine:
        also = f", only {len(named)} at others of the same names" if named else ""
        raise UsageError(
            f"There is no attempt at these tasks{also}.", "Make some: `hakken bench run TASKS --agent fixed`."
        )
    if len(agents := sorted({attempt.agent for attempt in mine})) > 1:
        raise UsageError(f"There are attempts of {len(agents)} agents: {', '.join(agents)}.", "Name one: --agent.")
    tried = by_task(mine)
    rates = {key: sum(a.passed for a in tried[key]) / len(tried[key]) if key in tried else 0.0 for key in weights}
    done = math.fsum(rates[key] * weight.lines for key, weight in weights.items())
    lines = sum(weight.lines for weight in weights.values())
    low, high = _interval(rates, weights)
    return Scaled(
        scaled=done / lines if lines else 0.0,
        low=low,
        high=high,
        plain=math.fsum(rates.values()) / len(rates),
        passed_lines=done,
        lines=lines,
        snippets=len(weights),
        papers=len({weight.problem for weight in weights.values()}),
        seeds=len({attempt.seed for attempt in mine}),
        missing=tuple(key[0] for key in weights if key not in tried),
        former=len(named) - len(mine),
    )


def _interval(rates: Mapping[Key, float], weights: Mapping[Key, Weight]) -> tuple[float | None, float | None]:
    """Wilson's, on as many draws as lines that hang together in snippets, and these in papers, are worth.

    Where papers do not differ at all, as where nothing or everything was solved, they say nothing about how much they
    may: then the exact interval over papers.
    """
    papers: dict[str, tuple[float, int]] = {}
    for key, weight in weights.items():
        got, size = papers.get(weight.problem, (0.0, 0))
        papers[weight.problem] = got + rates[key] * weight.lines, size + weight.lines
    parts = [(got, size) for got, size in papers.values() if size > 0]
    if len(parts) < 2:
        return None, None
    lines = sum(size for _, size in parts)
    share = math.fsum(got for got, _ in parts) / lines
    if all(abs(got - share * size) <= ROUNDING * size for got, size in parts):
        return mean_interval([share] * len(parts), [(str(place), "") for place in range(len(parts))])
    snippets = lines**2 / sum(weight.lines**2 for weight in weights.values())
    return wilson(share, effective_draws(parts, most=snippets))
