"""Prove tasks that lie in folders, whoever made them: all tasks of one repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hakken.bench.checking.findings import Finding, SourceCheck
from hakken.bench.checking.restoring import broken, configurations, not_needed, not_reproduced, unproved
from hakken.bench.checking.showing import leaks_in, unsearched_in
from hakken.bench.checking.trying import Aim, pairs_of, targets_of, try_tasks
from hakken.bench.experiments.kept import tree_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.proving.proofs import predictable
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.errors import UsageError
from hakken.core.text import several

_RUNS = 2
"""Of each solved experiment in each configuration; a quick check makes one."""


def parts_of(tasks: Sequence[TaskFolder]) -> dict[str, Any]:
    """All that a finding about tasks depends on, beside the code and what is asked."""
    return {"tasks": [(task.task.id, tree_of(task.root)) for task in tasks]}


def calls_of(tasks: Sequence[TaskFolder], aims: Sequence[Aim], *, quick: bool, every: bool) -> float:
    """About how many runs and attacks a check makes; a run that two tasks share is made once."""
    tried = _sample(tasks) if quick else tasks
    experiments = {(e.command, v and v.model_dump_json()) for t in tried for e, v in configurations(t)}
    functions = {str(f) for t in tried for f in t.task.functions}
    # The oracle's own run, its workspace and null's, and its functions in every configuration.
    solving = sum(3 * len(t.task.experiments) + len(configurations(t)) for t in tried)
    attacking = sum(1 + 2 * len(t.task.experiments) for _, t in pairs_of(aims, targets_of(tried, every=every)))
    return (1 if quick else _RUNS) * len(experiments) + len(functions) + solving + attacking


def check_tasks_of(
    source: str, tasks: Sequence[TaskFolder], lab: Lab, aims: Sequence[Aim], *, quick: bool, every: bool
) -> Finding:
    """Prove the tasks of one repository, as far as their folders tell.

    Args:
        source: The repository.
        tasks: All tasks of it.
        lab: Where to run.
        aims: Attacks that meet them.
        quick: Take two of them: the quickest with one masked function and with more.
        every: Attack all tasks with one function, and some of each larger size.
    """
    before = replace(lab.meter)
    why = {task.task.id: reason for task in tasks if (reason := unproved(task))}
    able = [task for task in tasks if task.task.id not in why]
    tried = _sample(able) if quick else able
    row = SourceCheck(
        source=source,
        experiments=len({(e.command, e.results) for t in tasks for e in t.task.experiments}),
        numbers=_numbers(tasks),
        functions=len({str(f) for t in tasks for f in t.task.functions}),
        tasks=dict(sorted(Counter(t.task.n for t in tasks).items())),
        problems=(),
        unproved=tuple(_grouped(why.items(), "unproved: {}: {}")),
        notes=(f"a sample: {len(tried)} of {len(tasks)} tasks were tried",) if len(tried) < len(able) else (),
        complete=True,
    )
    try:
        found = _tried(row, tried, lab, aims, every=every, quick=quick)
    except UsageError as error:  # such as a hidden configuration that changes a file which is not there
        found = Finding(row=row.model_copy(update={"problems": (str(error),), "complete": False}), outcomes=())
    costs = {"runs": lab.meter.runs - before.runs, "cpu_seconds": lab.meter.cpu_seconds - before.cpu_seconds}
    return found.model_copy(update={"row": found.row.model_copy(update=costs)})


def _tried(
    row: SourceCheck, tasks: Sequence[TaskFolder], lab: Lab, aims: Sequence[Aim], *, every: bool, quick: bool
) -> Finding:
    """What was found out about tasks that can be tried here."""
    wrong = {task.task.id: reason for task in tasks if (reason := broken(task))}
    whole = [task for task in tasks if task.task.id not in wrong]
    problems = _grouped(wrong.items(), "{}: {}")
    shown = {leak: several(ids) for leak, ids in leaks_in(whole).items()}
    problems += [f"leak: {leak} ({ids})" for leak, ids in shown.items()]
    known = [task.task.id for task in whole if task.task.n and predictable(task.golds, task.task.experiments)]
    if known:
        problems.append(f"{several(known)}: hidden configurations give no other numbers, or there are none")
    failing = not_reproduced(whole, lab, 1 if quick else _RUNS)
    problems += _grouped(failing.items(), "{}: with its solution put back {}")
    sound = [task for task in whole if task.task.id not in failing]
    needless = [(task.task.id, f"{function} is not needed") for task, function in not_needed(sound, lab)]
    problems += _grouped(needless, "{}: {}")
    targets = targets_of(sound, every=every)
    tried = try_tasks(whole, aims, targets, lab)
    notes = list(tried.notes)
    if unsearched := unsearched_in(whole):
        notes.append(f"{several(unsearched)} cannot be searched for results")
    if aims and not targets and tasks:
        notes.append("no attack was tried: no task that reproduces itself masks a function")
    done = row.model_copy(
        update={
            "oracle": tried.oracle,
            "null": tried.null,
            "attacks": tried.attacks,
            "problems": (*problems, *tried.problems),
            "notes": (*row.notes, *notes),
            "complete": tried.acted,
        }
    )
    return Finding(row=done, outcomes=tried.outcomes)


def _sample(tasks: Sequence[TaskFolder]) -> list[TaskFolder]:
    """Those that a quick check takes."""
    return targets_of(tasks) or list(tasks[:1])


def _numbers(tasks: Sequence[TaskFolder]) -> int:
    """Metrics that count, over all experiments."""
    commands = {(t.task.id, e.name): (e.command, e.results) for t in tasks for e in t.task.experiments}
    counts = {
        commands[t.task.id, gold.experiment]: len(gold.metrics)
        for t in tasks
        for gold in t.golds
        if gold.variant is None and (t.task.id, gold.experiment) in commands
    }
    return sum(counts.values())


def _grouped(found: Iterable[tuple[str, str]], form: str) -> list[str]:
    """One line for each thing that is said of tasks."""
    by_reason: dict[str, list[str]] = {}
    for task, reason in found:
        by_reason.setdefault(reason, []).append(task)
    return [form.format(several(ids), reason) for reason, ids in by_reason.items()]
