"""Prove one repository of a suite: tasks are made of it as ``hakken bench make`` makes them, and tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hakken.bench.checking.findings import SIZES, Finding, SourceCheck
from hakken.bench.checking.trying import SAMPLE, Aim, targets_of, try_tasks
from hakken.bench.experiments.kept import tree_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.making import Proved, make_tasks, prove, write
from hakken.bench.trees import scratch
from hakken.bench.types import Source, Task
from hakken.core.errors import UsageError

_FUNCTIONS = 10
"""So many are guessed where tracing has yet to find them."""
_ASKED = 0.6
"""Share of the experiments that execute a function, and that a task asks for."""
_BODIES = 4.0
"""Runs of trivial bodies for each function."""


def parts_of(source: Source) -> dict[str, Any]:
    """All that a finding about a repository depends on, beside the code and what is asked."""
    return {
        "source": source.model_dump(mode="json", exclude={"root", "paper"}),
        "tree": tree_of(source.root),
        "paper": source.paper.read_text(encoding="utf-8") if source.paper else None,
    }


def calls_of(source: Source, aims: Sequence[Aim], *, quick: bool, every: bool) -> float:
    """About how many runs and attacks a check makes."""
    configurations = sum(1 + len(e.hidden) for e in source.experiments)
    functions = len(source.maskable) or _FUNCTIONS
    asked = max(1.0, _ASKED * len(source.experiments))
    proving: float = len(source.experiments) + (2 if quick else 3) * configurations
    proving += functions * (1 if quick else asked + _BODIES)
    larger = SAMPLE * (len(SIZES) - 1)
    tasks = 2 if quick else functions + larger
    # The oracle's own run, its workspace and null's, and its functions in every configuration.
    solving = tasks * asked * (3 + configurations / len(source.experiments))
    meetings = len(aims) * (1 if quick else functions + larger if every else 2)
    return proving + solving + meetings * (1 + 2 * (asked if every else 1))


def check_source(source: Source, lab: Lab, aims: Sequence[Aim], *, quick: bool, every: bool) -> Finding:
    """Prove a repository, and let oracle, null and attacks work on tasks of it."""
    before = replace(lab.meter)
    try:
        proved = prove(source, lab, runs=2 if quick else 3, quick=quick)
    except UsageError as error:
        row = SourceCheck(source=source.name, experiments=len(source.experiments), problems=(str(error),))
        return Finding(row=row, outcomes=())
    problems = [*proved.dropped, *(f"leak: {leak}" for leak in proved.leaks)]
    problems += [f"{name} gives in no hidden configuration other numbers" for name in proved.predictable]
    with scratch("hakken-check-") as place:
        tasks = _sampled(proved, place, quick)
        tried = try_tasks(tasks, aims, targets_of(tasks, every=every), lab)
    row = SourceCheck(
        source=source.name,
        experiments=len(source.experiments),
        numbers=sum(len(g.metrics) for g in proved.golds if g.variant is None),
        functions=len(proved.functions),
        tasks={n: min(100, math.comb(len(proved.functions), n)) for n in SIZES if n <= len(proved.functions)},
        oracle=tried.oracle,
        null=tried.null,
        attacks=tried.attacks,
        problems=(*problems, *tried.problems),
        notes=tried.notes,
        complete=tried.acted,
        runs=lab.meter.runs - before.runs,
        cpu_seconds=lab.meter.cpu_seconds - before.cpu_seconds,
    )
    return Finding(row=row, outcomes=tried.outcomes)


def _sampled(proved: Proved, folder: Path, quick: bool) -> list[TaskFolder]:
    """Tasks to try the oracle on: all with one function, and some of each larger size."""
    sizes = [n for n in SIZES if n <= len(proved.functions)]
    tasks = [t for n in sizes for t in _of_size(proved, n)]
    if quick:
        tasks = [min((t for t in tasks if t.n == n), key=_seconds) for n in sizes[:2]]
    return [write(task, proved, folder) for task in tasks]


def _of_size(proved: Proved, n: int) -> list[Task]:
    if n == 1:
        return make_tasks(proved, [n], limit=len(proved.functions))
    some = make_tasks(proved, [n], limit=SAMPLE)
    if n > 2:
        return some
    # Attacks meet the quickest pair: its functions share an experiment, so that one can do something for the other.
    quickest = min(make_tasks(proved, [n]), key=_seconds)
    return [quickest, *(task for task in some if task.id != quickest.id)][:SAMPLE]


def _seconds(task: Task) -> float:
    return sum(e.seconds for e in task.experiments)
