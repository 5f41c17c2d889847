"""Scaled pass@1: the share of lines of code in snippets that were solved, as ResearchCodeBench counts it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import NonNegativeInt, ValidationError

from hakken.bench.attempts import Attempt
from hakken.bench.folder import load_tasks
from hakken.bench.metrics import measured
from hakken.core.errors import UsageError
from hakken.core.types import Record

SNIPPET = "snippet.json"
DRAWS = 2_000


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
    """95 % interval by drawing whole papers; None where there is one paper."""
    plain: float
    """Share of snippets, whatever their size."""
    passed_lines: float
    lines: int
    snippets: int
    papers: int
    seeds: int
    missing: tuple[str, ...] = ()
    """Tasks without an attempt: they count as failed."""


def weights_of(tasks: Path) -> dict[str, Weight]:
    """Weights of all imported snippets in a folder, by task.

    Raises:
        UsageError: there are none.
    """
    found: dict[str, Weight] = {}
    for task in load_tasks(tasks):
        file = task.root / "tests" / SNIPPET
        if file.is_file():
            try:
                found[task.task.id] = Weight.model_validate(json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, ValidationError):
                raise UsageError(f"{file} is damaged.", "Import the benchmark again.") from None
    if not found:
        raise UsageError(
            f"{tasks} holds no snippets.", "Import some: `hakken bench import researchcodebench FOLDER --out TASKS`."
        )
    return found


def scaled_pass_at_1(attempts: Sequence[Attempt], weights: Mapping[str, Weight], *, seed: int = 0) -> Scaled:
    """Scaled pass@1 of one agent; each seed is a pass over all snippets, and the score their mean.

    Raises:
        UsageError: there is no attempt at any of the snippets, or there are several agents.
    """
    mine = [attempt for attempt in measured(attempts) if attempt.task in weights]
    if not mine:
        raise UsageError("There is no attempt at these tasks.", "Make some: `hakken bench run TASKS --agent fixed`.")
    if len(agents := sorted({attempt.agent for attempt in mine})) > 1:
        raise UsageError(f"There are attempts of {len(agents)} agents: {', '.join(agents)}.", "Name one: --agent.")
    passed: dict[str, list[bool]] = defaultdict(list)
    for attempt in mine:
        passed[attempt.task].append(attempt.passed)
    rates = {task: sum(passed[task]) / len(passed[task]) if task in passed else 0.0 for task in weights}
    papers: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for task, weight in weights.items():
        papers[weight.problem].append((rates[task] * weight.lines, weight.lines))
    lines = sum(weight.lines for weight in weights.values())
    done = sum(got for group in papers.values() for got, _ in group)
    low, high = _interval(list(papers.values()), seed)
    return Scaled(
        scaled=done / lines if lines else 0.0,
        low=low,
        high=high,
        plain=sum(rates.values()) / len(rates),
        passed_lines=done,
        lines=lines,
        snippets=len(weights),
        papers=len(papers),
        seeds=len({attempt.seed for attempt in mine}),
        missing=tuple(task for task in weights if task not in passed),
    )


def _interval(papers: Sequence[Sequence[tuple[float, int]]], seed: int) -> tuple[float | None, float | None]:
    if len(papers) < 2:
        return None, None
    sums = np.array([[sum(got for got, _ in group), sum(size for _, size in group)] for group in papers])
    drawn = np.random.default_rng(seed).integers(len(sums), size=(DRAWS, len(sums)))
    totals = sums[drawn].sum(axis=1)
    shares = totals[:, 0] / np.maximum(totals[:, 1], 1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)
