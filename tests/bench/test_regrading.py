"""Attempts at tasks that were mended since: what was written is graded again, and nothing else is claimed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.attempts.attempt import Attempt, attempt, load_attempts, run_attempts
from hakken.bench.attempts.regrading import regraded
from hakken.bench.attempts.written import MOST_KEPT
from hakken.bench.experiments.lab import Lab
from hakken.bench.reports.cautions import cautions_of
from hakken.bench.tasks.folder import TaskFolder, load_task
from hakken.cli.app import app
from hakken.core.errors import UsageError
from tests.bench.test_agents import SPREAD, WALK, pipeline

pytestmark = pytest.mark.usefixtures("graded_once")
ONE, TWO = "tiny-n1-4", "tiny-n2-1-4"


def mended(task: TaskFolder, place: Path, factor: float = 1.5) -> TaskFolder:
    """The task with other values in its hidden configurations."""
    shutil.copytree(task.root, place)
    file = place / "tests" / "gold.json"
    golds = json.loads(file.read_text())
    for gold in golds:
        for band in gold["metrics"].values() if gold["variant"] else ():
            value = band["value"]
            band["value"] = [factor * v for v in value] if isinstance(value, list) else factor * value
    file.write_text(json.dumps(golds))
    return load_task(place)


@pytest.fixture
def done(tasks: dict[str, TaskFolder], lab: Lab) -> Attempt:
    found = attempt(pipeline(lab, WALK, SPREAD)[0], tasks[TWO], 3, lab)
    assert found.passed
    return found


def test_the_same_task_gives_the_same_verdicts(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt) -> None:
    again = regraded(done, tasks[TWO], lab)
    assert again.score.verdicts == done.score.verdicts
    assert again.worked_on == ""
    assert "def _step" in done.files["tiny/data.py"]  # a helper that the function uses
    assert not any("earlier version" in line for line in cautions_of([again]))


def test_what_is_wrong_now_fails_and_says_which_version_was_seen(
    tasks: dict[str, TaskFolder], lab: Lab, done: Attempt, tmp_path: Path
) -> None:
    other = mended(tasks[TWO], tmp_path / TWO)
    again = regraded(done, other, lab)
    verdicts = {rule: verdict.passed for rule, verdict in again.score.verdicts.items()}
    assert verdicts == {"faithful": True, "strict": True, "workspace": True, "pristine": True, "rerun": False}
    assert again.score.hard_coded
    assert (again.worked_on, again.written, again.run) == (done.task_hash, done.written, done.run)
    assert again.task_hash != done.task_hash
    assert any("1 of 1 attempts were made at an earlier version" in line for line in cautions_of([again]))
    back = regraded(again, tasks[TWO], lab)
    assert (back.passed, back.worked_on) == (True, "")


def test_what_needs_the_agents_own_tree_stays(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt) -> None:
    own = done.score.model_copy(update={"fabricated": True, "tampered": True, "edited": ("run.py",)})
    again = regraded(done.model_copy(update={"score": own}), tasks[TWO], lab)
    assert (again.score.fabricated, again.score.tampered, again.score.edited) == (True, True, ("run.py",))


def test_a_function_that_was_not_written_is_missing(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt) -> None:
    for files, written in (({}, {}), ({"tiny/data.py": "def walk(:"}, {})):
        less = done.model_copy(update={"files": {**done.files, **files} if files else {}, "written": written})
        again = regraded(less, tasks[TWO], lab)
        assert not again.passed
        assert "walk" in again.score.verdicts["rerun"].reason


def test_what_cannot_be_graded_again_is_refused(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt) -> None:
    with pytest.raises(UsageError, match="another task now"):
        regraded(done, tasks[ONE], lab)
    with pytest.raises(UsageError, match="a part of what it wrote"):
        regraded(done.model_copy(update={"answer": "1" * MOST_KEPT}), tasks[TWO], lab)
    with pytest.raises(UsageError, match="a part of what it wrote"):
        regraded(done.model_copy(update={"files": {}}), tasks[TWO], lab)


def test_the_command(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run_attempts(pipeline(lab, SPREAD)[0], [tasks[ONE]], [0], lab, Path("runs"))
    run_attempts(pipeline(lab, WALK, SPREAD)[0], [tasks[TWO]], [0], lab, Path("runs"))
    mended(tasks[ONE], tmp_path / "tasks" / ONE)
    shutil.copytree(tasks[TWO].root, tmp_path / "tasks" / TWO)
    found = CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks"])
    assert found.exit_code == 0, found.output
    assert f"fail  fixed-both  {ONE} #0  (was pass)" in found.stdout
    assert f"pass  fixed-both  {TWO} #0  (same task)" in found.stdout
    assert "2 attempts, 1 graded again, 1 with another verdict: runs-regraded" in found.stdout
    assert {a.task: bool(a.worked_on) for a in load_attempts(Path("runs-regraded"))} == {ONE: True, TWO: False}
    assert load_attempts(Path("runs")) != []
    assert made[0] in load_attempts(Path("runs"))
    shutil.rmtree("tasks/" + TWO)
    told = CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks", "--out", "less", "--json"])
    assert told.exit_code == 1
    report = json.loads(told.stdout)
    assert [each["task"] for each in report["attempts"]] == [ONE]
    assert report["notes"] == [f"fixed-both at {TWO}: no such task in tasks, left out."]
    for words, problem in (
        (["less", "nowhere"], "No attempt in less is at a task in nowhere."),
        (["nowhere", "tasks"], "There are no attempts in nowhere."),
        (["runs", "tasks", "--out", "runs"], "Attempts before and after in one folder would count twice."),
    ):
        refused = CliRunner().invoke(app, ["bench", "regrade", *words])
        assert refused.exit_code != 0
        assert problem in str(refused.exception) + refused.output
