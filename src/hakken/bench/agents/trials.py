"""Running versions of a missing function in the experiments, and judging what comes out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hakken.bench.agents.agreement import Trial, judge
from hakken.bench.agents.capture import returning
from hakken.bench.agents.contract import Called, first_breach
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import Experiment, FunctionRef

LEAST = 1.0
"""Wall seconds of a run that begins when time is up."""


@dataclass(frozen=True)
class Trials:
    """Where versions of one function are run."""

    task: TaskFolder
    workspace: Path
    function: FunctionRef
    stub: str
    lab: Lab
    contract: bool
    """Whether what a version returns is held against its signature and docstring."""
    until: float = math.inf
    """When every run is ended."""
    clock: Callable[[], float] = time.monotonic
    """By which that is."""

    def of_all(self, content: bytes) -> Trial:
        """Run every experiment with this file."""
        experiments = self.task.task.experiments
        runs = self._run([(experiment, content) for experiment in experiments])
        trial = self._judged(experiments, [outcome for outcome, _ in runs])
        if self.task.task.n > 1:
            trial = trial.model_copy(update={"returned": _agreed([calls for _, calls in runs])})
        for experiment, (_, calls) in zip(experiments, runs, strict=True):
            if broken := self._breach(calls):
                return trial.model_copy(update={"breach": broken, "trouble": broken, "where": experiment.name})
        return trial

    def of_one(self, name: str, contents: Sequence[bytes]) -> list[Trial]:
        """Run one experiment with each of several files; the first experiment, where the name is none."""
        experiments = self.task.task.experiments
        experiment = next((e for e in experiments if e.name == name), experiments[0])
        runs = self._run([(experiment, content) for content in contents])
        return [
            self._judged([experiment], [outcome]).model_copy(update={"breach": self._breach(calls)})
            for outcome, calls in runs
        ]

    def _run(self, runs: Sequence[tuple[Experiment, bytes]]) -> list[tuple[Outcome, list[Called]]]:
        left = None if math.isinf(self.until) else max(LEAST, self.until - self.clock())
        return returning(self.workspace, self.function, runs, self.lab, left)

    def _judged(self, experiments: Sequence[Experiment], outcomes: Sequence[Outcome]) -> Trial:
        wanted = [list(self.task.gold(e.name, None).metrics) for e in experiments]  # names alone, as in the task
        excused = [stops_elsewhere(outcome, self.function, self.task.task.functions) for outcome in outcomes]
        return judge(outcomes, wanted, excused)

    def _breach(self, calls: Sequence[Called]) -> str:
        return first_breach(self.stub, calls) if self.contract else ""


def _agreed(runs: Sequence[Sequence[Called]]) -> str:
    """What was given back in each run; empty where one of them does not say."""
    marks = [mark for calls in runs for mark in sorted(call.fingerprint for call in calls)]
    return " ".join(marks) if marks and all(marks) else ""


def stops_elsewhere(outcome: Outcome, function: FunctionRef, functions: Sequence[FunctionRef]) -> bool:
    """Whether a run ended at the ``raise`` of another function that is still missing: it got past this one."""
    if "NotImplementedError" not in outcome.detail:
        return False
    last = [line for line in outcome.detail.splitlines() if ", in " in line][-1:]
    others = {f.name.rpartition(".")[2] for f in functions if f != function}
    return bool(last) and last[0].rpartition(", in ")[2].strip() in others
