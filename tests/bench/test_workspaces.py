"""What of a workspace reaches its grader, whatever else lies in it, and what grading says of runs that it ended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hakken.bench.agents.simple import report
from hakken.bench.agents.verifier import _take as take
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome, RunJob, run_job, run_jobs
from hakken.bench.grading import freeze, grade
from hakken.bench.tasks.folder import ANSWER, TaskFolder, gold_answer, load_task
from hakken.bench.trees import copy_tree, executables
from hakken.bench.types import Experiment, Score

TASK = "tiny-n1-4"
SLOW = "    while True:\n        pass\n"


@pytest.fixture
def graded(lab: Lab, tmp_path: Path) -> Callable[[TaskFolder, Callable[[Path], object]], Score]:
    """Grades the visible repository after a change."""

    def made(task: TaskFolder, change: Callable[[Path], object]) -> Score:
        workspace = tmp_path / "workspace"
        copy_tree(task.visible_repo, workspace)
        change(workspace)
        return grade(task, freeze(workspace, tmp_path / "frozen", task), lab)

    return made


def solve(task: TaskFolder, workspace: Path) -> None:
    copy_tree(task.solution, workspace)
    shutil.copy(task.root / "solution" / ANSWER, workspace)


def too_large(task: TaskFolder, path: Path) -> None:
    """A file that is larger than all that is kept of a workspace; it takes no room on the disk."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(task.room + 1)


def test_checkpoints_cost_an_agent_none_of_its_code(
    tasks: dict[str, TaskFolder], graded: Callable[..., Score], lab: Lab
) -> None:
    task = tasks[TASK]

    def change(workspace: Path) -> None:
        solve(task, workspace)
        too_large(task, workspace / "checkpoint.pt")
        too_large(task, workspace / "cache" / "last.pt")
        for index in range(20):
            (workspace / f"a{index}.npy").write_bytes(bytes(10))
        (workspace / ANSWER).unlink()
        assert report(task, workspace, lab), "its own runs find the code too"

    score = graded(task, change)
    assert [rule for rule, verdict in score.verdicts.items() if not verdict.passed] == []
    assert [line for line in score.suspicious if "too large" in line] == [
        "checkpoint.pt does not fit: the folder is too large",
        "cache/last.pt does not fit: the folder is too large",
    ]


def test_room_is_what_a_run_may_write_beside_a_repository(tasks: dict[str, TaskFolder]) -> None:
    task = tasks[TASK]
    experiments = tuple(e.model_copy(update={"disk_mb": 2048}) for e in task.task.experiments)
    large = task.model_copy(update={"task": task.task.model_copy(update={"experiments": experiments})})
    assert [t.room >> 20 for t in (task, large)] == [256 + 512, 256 + 2048]
    assert [job.most_bytes for job in large.jobs(task.base)] == [large.room]
    assert [str(name) for name in task.files[:2]] == ["tiny/fit.py", ANSWER]
    assert {"run.py", "config.json", "tiny/data.py"} <= set(map(str, task.files))


def test_a_chosen_candidate_is_taken_over_whole(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    task, copy, workspace = tasks[TASK], tmp_path / "copy", tmp_path / "workspace"
    for place in (copy, workspace):
        copy_tree(task.visible_repo, place)
    (workspace / "old.txt").touch()
    solve(task, copy)
    too_large(task, copy / "checkpoint.pt")
    take(task, copy, workspace)
    assert (workspace / "tiny" / "fit.py").read_bytes() == (copy / "tiny" / "fit.py").read_bytes()
    assert not (workspace / "old.txt").exists()


def test_a_program_of_the_task_runs_though_its_right_was_lost(
    tasks: dict[str, TaskFolder], graded: Callable[..., Score], tmp_path: Path
) -> None:
    root = tmp_path / "task"
    shutil.copytree(tasks[TASK].root, root)
    for repo in (root / "environment" / "repo", root / "tests" / "repo"):
        (repo / "go.sh").write_text('#!/bin/sh\nexec python "$@"\n')
        (repo / "go.sh").chmod(0o755)
    path = root / "tests" / "task.json"
    told = json.loads(path.read_text())
    for experiment in told["experiments"]:
        experiment["command"][0] = "./go.sh"
    path.write_text(json.dumps(told))
    task = load_task(root)
    assert set(map(str, executables(task.base))) == {"go.sh"}

    def change(workspace: Path) -> None:
        solve(task, workspace)
        (workspace / "go.sh").chmod(0o644)  # as an editor leaves a file that it writes anew

    score = graded(task, change)
    assert (score.passed, score.verdicts["workspace"].passed, score.fabricated) == (True, True, False)


TABLE = """

SQUARES = {}
for place in range(-1000, 1001):
    SQUARES[place] = place * place
"""


def test_a_table_with_the_loop_that_fills_it_is_no_tampering(
    tasks: dict[str, TaskFolder], graded: Callable[..., Score]
) -> None:
    task = tasks[TASK]

    def change(workspace: Path) -> None:
        solve(task, workspace)
        path = workspace / "tiny" / "fit.py"
        path.write_text(path.read_text().replace("p * p for", "SQUARES[p] for") + TABLE)

    score = graded(task, change)
    assert (score.passed, score.tampered, score.fabricated) == (True, False, False)


def test_what_acts_while_a_table_is_filled_wins_nothing(
    tasks: dict[str, TaskFolder], graded: Callable[..., Score]
) -> None:
    task = tasks[TASK]
    known = json.dumps(gold_answer(task.task, task.golds)["walk"])
    code = f"import os\nopen('results.json', 'w').write({known!r})\nos._exit(0)"

    def change(workspace: Path) -> None:
        path = workspace / "tiny" / "fit.py"
        text = path.read_text().replace("raise NotImplementedError()", "return SQUARES")
        path.write_text(text + TABLE.replace("place * place", f"exec({code!r})"))

    score = graded(task, change)
    assert (score.verdicts["pristine"].passed, score.hard_coded) == (True, True), (
        "an attack that stumbles proves nothing"
    )
    assert not score.passed


@pytest.mark.parametrize("body", [SLOW, "    raise MemoryError('No space left on device')\n"])
def test_a_run_that_a_limit_ended_refutes_nothing(
    body: str, tasks: dict[str, TaskFolder], graded: Callable[..., Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hakken.bench.experiments.running.LEAST_SECONDS", 1.0)
    monkeypatch.setattr("hakken.bench.experiments.running.TIMES", 0.01)
    task = tasks[TASK]

    def change(workspace: Path) -> None:
        shutil.copy(task.root / "solution" / ANSWER, workspace)
        path = workspace / "tiny" / "fit.py"
        path.write_text(path.read_text().replace("    raise NotImplementedError()\n", body))

    score = graded(task, change)
    assert not score.passed
    slow = body is SLOW  # what the code only says of a limit is no sign of one
    assert (score.unchecked, score.fabricated) == (slow, not slow)


@pytest.mark.parametrize("levels", [90, 600, 900, 100_000])
@pytest.mark.parametrize("as_text", [False, True])
def test_an_answer_of_any_depth_is_graded(
    levels: int, as_text: bool, tasks: dict[str, TaskFolder], graded: Callable[..., Score]
) -> None:
    nested = f"{'[' * levels}1{']' * levels}"
    inner = json.dumps(json.dumps({"a": nested})) if as_text else nested

    score = graded(tasks[TASK], lambda workspace: (workspace / ANSWER).write_text(f'{{"walk": {inner}}}'))
    assert not score.verdicts["strict"].passed
    assert not score.verdicts["faithful"].passed


def test_a_file_in_the_place_of_the_folder_of_results_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("open('out/deep/results.json', 'w').write('{\"a\": 1}')")
    experiment = Experiment(name="e", command=("python", "run.py"), results="out/deep/results.json", seconds=1.0)
    for place in ("out", "out/deep"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("a log")
        job = RunJob(tree=tmp_path, experiment=experiment, removed=("out/deep/results.json",))
        assert run_job(job).numbers.values == {"a": 1}
        (tmp_path / place).unlink()


def test_a_run_that_lacked_memory_beside_others_is_made_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its agent is not to blame for what else the machine held; what is ended alone too counts against the code."""
    left = {"b": 1, "c": 2}
    made: list[str] = []
    heard: list[tuple[int, bool]] = []

    def run(job: RunJob) -> Outcome:
        starved = left.get(job.label, 0) > 0
        left[job.label] = left.get(job.label, 0) - 1
        made.append(job.label)
        return Outcome(experiment="walk", variant=None, label=job.label, starved=starved)

    monkeypatch.setattr("hakken.bench.experiments.running.run_job", run)
    experiment = Experiment(name="walk", command=("{python}", "walk.py"), results="walk.json", seconds=1)
    jobs = [RunJob(tree=tmp_path, experiment=experiment, label=label) for label in "abcd"]
    with ThreadPoolExecutor(1) as executor:
        outcomes = run_jobs(jobs, executor, lambda place, outcome: heard.append((place, outcome.starved)))
    assert [(outcome.label, outcome.starved) for outcome in outcomes] == [
        ("a", False), ("b", False), ("c", True), ("d", False),
    ]  # fmt: skip
    assert made == [*"abcd", "b", "c"]
    assert sorted(heard) == [(0, False), (1, False), (2, True), (3, False)]
    assert heard[2:] == [(1, False), (2, True)]
