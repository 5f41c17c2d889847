"""The two ends of the scale: an agent that does nothing, and one that knows the functions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hakken.agents.tools import Place
from hakken.agents.tools.place import OutOfPlace
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.experiments.bands import as_tuple
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import run_job
from hakken.bench.tasks.folder import ANSWER, TaskFolder
from hakken.bench.trees import copy_tree


class Null:
    """Does nothing. Whoever gives it a point is wrong."""

    name = "null"

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Leave the workspace as it is."""
        return AgentRun(ending=Ending.FINISHED)


class Oracle:
    """Puts the removed functions back, runs the experiments and reports what they give."""

    name = "oracle"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Restore, run, report."""
        if task.task.functions:
            copy_tree(task.solution, workspace)
        done = report(task, workspace, self._lab)
        return AgentRun(ending=Ending.FINISHED if done else Ending.FAILED, steps=1 + len(task.task.experiments))


def report(task: TaskFolder, workspace: Path, lab: Lab) -> bool:
    """Run every experiment as it lies in the workspace and write the answer; an experiment that fails is left out."""
    answer: dict[str, dict[str, Any]] = {}
    for job in task.jobs(workspace):
        outcome = run_job(job.model_copy(update={"rung": lab.rung, "allow_weak": lab.allow_weak}))
        if outcome.failure:
            continue
        metrics = task.gold(outcome.experiment, None).metrics
        values = {name: value for name, value in outcome.numbers.values.items() if name in metrics}
        answer[outcome.experiment] = {n: list(as_tuple(v)) if isinstance(v, tuple) else v for n, v in values.items()}
    write_answer(workspace, answer)
    return len(answer) == len(task.task.experiments)


def write_answer(workspace: Path, answer: dict[str, Any]) -> None:
    """Write the answer; what an agent has put in its place, such as a link to another file, goes first.

    Raises:
        OSError: it cannot be written.
    """
    target = workspace / ANSWER
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    try:
        Place(workspace).write(ANSWER, json.dumps(answer, indent=2))
    except OutOfPlace as error:
        raise error.__cause__ or error from None  # a full disk is to be told from what an agent does
