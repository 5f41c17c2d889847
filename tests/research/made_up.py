"""Trials without an experiment: what a version scores is made up from its code, so that a search takes no time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor

import pytest

from hakken.core.types import Failure, FailureCause, Metric, Split, Trial, TrialCost, content_hash
from hakken.research import lab
from hakken.research.experiments import TrialJob

Measure = Callable[[TrialJob], float | Failure]
"""The primary metric of a trial, or why it failed."""


def make_up_trials(monkeypatch: pytest.MonkeyPatch, measure: Measure) -> list[str]:
    """Put made-up trials in the place of real ones; returns the list to which the id of each that runs is added."""
    ran: list[str] = []

    def run(jobs: Iterable[TrialJob], executor: Executor, on_done: Callable[[Trial], None]) -> None:
        for job in jobs:
            found = measure(job)
            ran.append(job.id)
            on_done(_trial(job, found))

    monkeypatch.setattr(lab, "run_trials", run)
    return ran


def crash(message: str) -> Failure:
    """A version that does not run."""
    return Failure(cause=FailureCause.CRASHED, message=message)


def by_code(job: TrialJob) -> float | Failure:
    """A little apart on every seed; versions with an unknown name crash, and others differ by their code."""
    text = "".join(job.files.values())
    if "total(" in text or "undefined_name" in text:
        return crash("NameError: a name is not defined.")
    effect = int(content_hash(text)[7:9], 16) / 1000 if text else 0.0
    return 5.0 + job.seed % 7 / 10 - effect + (job.seed % 3) * effect / 10


def _trial(job: TrialJob, found: float | Failure) -> Trial:
    blank = Trial(id=job.id, node_id=job.node_id, split=job.split, seed=job.seed, run=None)
    if isinstance(found, Failure):
        return blank.model_copy(update={"failure": found})
    seen = f"{found} {job.seed} {job.split is Split.PROBE}"
    return blank.model_copy(
        update={
            "metrics": tuple(Metric(key=spec.key, value=found) for spec in job.template.metrics),
            "output_hash": content_hash(seen),
            "cost": TrialCost(cpu_seconds=1.0, wall_seconds=1.0, peak_memory_mb=1.0, steps=10),
        }
    )
