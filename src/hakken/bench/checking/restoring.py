"""Prove a task from its folder alone: its solution gives its values again, and does not without one function."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import libcst as cst

from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import RunJob, check_packages
from hakken.bench.grading.strict import run_problem
from hakken.bench.masking.bodies import MaskError, Replacing, find, parse
from hakken.bench.pace import counted
from hakken.bench.tasks.folder import COMMANDS, EXPERIMENTS, TaskFolder
from hakken.bench.types import Experiment, FunctionRef, Variant
from hakken.core.errors import PrerequisiteError

_OWN = (EXPERIMENTS, COMMANDS)
"""Written for each task: without them the solved trees of a repository's tasks are one, and each run is made once."""


def unproved(task: TaskFolder) -> str:
    """Why nothing can be proved about a task here; empty where something can."""
    if not task.visible_repo.is_dir():
        return f"{task.visible_repo.relative_to(task.root)} is not there"
    if lacking := [f.file for f in task.task.functions if not (task.solution / f.file).is_file()]:
        return f"its solution does not hold {lacking[0]}"
    try:
        check_packages(task.task.packages)
    except PrerequisiteError as error:
        return error.message.removesuffix(".")
    return ""


def broken(task: TaskFolder) -> str:
    """What in a task's folder does not fit together; empty where all does."""
    known = {(gold.experiment, gold.variant) for gold in task.golds if gold.metrics}
    for experiment, variant in configurations(task):
        if (experiment.name, variant.name if variant else None) not in known:
            return f"tests/gold.json has no values of {experiment.name}{f' ({variant.name})' if variant else ''}"
    for function in task.task.functions:
        for place in (task.base, task.solution, task.visible_repo):
            try:
                node_of(place.joinpath(function.file).read_bytes(), function.name)
            except OSError:
                return f"{place.relative_to(task.root)} does not hold {function.file}"
            except MaskError as error:
                return f"{place.relative_to(task.root)}/{function.file}: {error.message.removesuffix('.')}"
    return ""


def configurations(task: TaskFolder) -> list[tuple[Experiment, Variant | None]]:
    """Every experiment as the agent sees it, then in the hidden configurations, quick ones first."""
    by_time = sorted(task.task.experiments, key=lambda e: e.seconds)
    return [*((e, None) for e in by_time), *((e, v) for e in by_time for v in e.hidden)]


def node_of(content: bytes, name: str) -> cst.FunctionDef:
    """A function of a file.

    Raises:
        MaskError: the file is not Python, or the function is not in it once.
    """
    return find(_module(content), name)


def not_reproduced(tasks: Sequence[TaskFolder], lab: Lab, runs: int) -> dict[str, str]:
    """By task, the first value that it does not give again when its solution is put back.

    Args:
        tasks: Those to run.
        lab: Where.
        runs: Of each experiment in each configuration, each with another seed of Python's hashes.
    """
    keys = [(t, e, v, seed) for t in tasks for e, v in configurations(t) for seed in range(runs)]
    lab.tell(f"running {counted(len(tasks), 'solved task')} again")
    outcomes = lab.run(
        _job(t, solved_files(t), e, v).model_copy(update={"env": {"PYTHONHASHSEED": str(seed)}})
        for t, e, v, seed in keys
    )
    found: dict[str, str] = {}
    for (task, experiment, variant, _), outcome in zip(keys, outcomes, strict=True):
        gold = task.gold(experiment.name, variant.name if variant else None)
        if problem := run_problem(outcome, gold):
            where = f"{experiment.name}{f' ({variant.name})' if variant else ''}"
            found.setdefault(task.task.id, f"{where}: {problem.removesuffix('.')}")
    return found


def not_needed(tasks: Sequence[TaskFolder], lab: Lab) -> list[tuple[TaskFolder, FunctionRef]]:
    """Functions without which alone everything is right: in every experiment and configuration of their task."""
    waiting = [(t, f, solved_files(t) | {f.file: _without(t, f)}) for t in tasks for f in t.task.functions]
    lab.tell(f"proving {counted(len(waiting), 'mask')}")
    for turn in range(max((len(configurations(t)) for t in tasks), default=0)):
        # The first wrong value settles it: most are wrong in the quickest experiment.
        trying = [(t, f, *configurations(t)[turn], files) for t, f, files in waiting if turn < len(configurations(t))]
        outcomes = lab.run(_job(t, files, e, v) for t, _, e, v, files in trying)
        needed = {
            (t.task.id, f)
            for (t, f, e, v, _), outcome in zip(trying, outcomes, strict=True)
            if run_problem(outcome, t.gold(e.name, v.name if v else None))
        }
        waiting = [w for w in waiting if (w[0].task.id, w[1]) not in needed]
        if not waiting:
            break
    return [(task, function) for task, function, _ in waiting]


def solved_files(task: TaskFolder) -> dict[str, bytes]:
    """The masked files as they were."""
    return {file: (task.solution / file).read_bytes() for file in dict.fromkeys(f.file for f in task.task.functions)}


def _without(task: TaskFolder, function: FunctionRef) -> bytes:
    """A solved file where one function is as the task has it."""
    gap = node_of((task.base / function.file).read_bytes(), function.name)
    return _module((task.solution / function.file).read_bytes()).visit(Replacing({function.name: gap})).bytes


def _job(task: TaskFolder, files: dict[str, bytes], experiment: Experiment, variant: Variant | None) -> RunJob:
    return RunJob(tree=task.base, files=files, removed=_OWN, experiment=experiment, variant=variant)


@lru_cache(maxsize=64)
def _module(content: bytes) -> cst.Module:
    return parse(content)
