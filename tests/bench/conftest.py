"""A small repository, proved once for all tests of the benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hakken.bench.attempts.unfinished import rung_of
from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import Submission, grade
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.making import Proved, make_tasks, prove, write
from hakken.bench.tasks.suite import load_source
from hakken.bench.types import Band, Gold, MetricRule, Score, Source, Value

TINY = Path(__file__).parent / "fixtures" / "tiny"


def gold(**values: Value) -> list[Gold]:
    """What the experiment ``e`` gives, as if it were measured."""
    bands = {}
    for name, value in values.items():
        width = (0.0,) * len(value) if isinstance(value, tuple) else 0.0
        bands[name] = Band(value=value, half_width=width, runs=2, rule=MetricRule())
    return [Gold(experiment="e", metrics=bands)]


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Two commands at once."""
    with ThreadPoolExecutor(2) as executor:
        yield Lab(executor)


@pytest.fixture(scope="session")
def tiny() -> Source:
    """A repository with two experiments and five functions."""
    return load_source(TINY)


@pytest.fixture(scope="session")
def kept_outcomes(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What runs gave in this session, shared by the workers of pytest: made by whoever is first."""
    base = tmp_path_factory.getbasetemp()
    return Kept((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "outcomes", (), rung_of(lab))


@pytest.fixture(scope="session")
def proved(tiny: Source, lab: Lab, kept_outcomes: Kept) -> Proved:
    """All that was found out about it."""
    return prove(tiny, replace(lab, kept=kept_outcomes), runs=2)


@pytest.fixture(scope="session")
def tasks(proved: Proved, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TaskFolder]:
    """Its tasks with one and two masked functions, by id; nobody may change them."""
    folder = tmp_path_factory.mktemp("tasks")
    return {task.id: write(task, proved, folder) for task in make_tasks(proved, [0, 1, 2])}


@pytest.fixture
def graded_once(kept_outcomes: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grade work from the outcomes of other work that left the same tree.

    For tests of agents, most of which leave one of two solutions; what agents run themselves is always run. Tests of
    graders do without it, and so does a laboratory of another rung than the usual one.
    """

    def remembering(task: TaskFolder, submission: Submission, lab: Lab) -> Score:
        return grade(task, submission, replace(lab, kept=kept_outcomes) if lab.rung is None else lab)

    monkeypatch.setattr("hakken.bench.attempts.attempt.grade", remembering)
