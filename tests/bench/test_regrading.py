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
from hakken.core.files import write_text
from tests.bench.test_agents import SPREAD, WALK, pipeline

pytestmark = pytest.mark.usefixtures("graded_once")
ONE, TWO = "tiny-n1-4", "tiny-n2-1-4"


def mended(task: TaskFolder, place: Path, factor: float = 1.5) -> TaskFolder:
    """The task with another sentence in its paper, and other values in its hidden configurations."""
    shutil.copytree(task.root, place)
    for repo in ("environment/repo", "tests/repo"):
        with (place / repo / "paper.txt").open("a", encoding="utf-8") as paper:
            paper.write("The hidden values were measured again.\n")
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
    again = regraded(done.model_copy(update={"score": own, "leaks": ("README",)}), tasks[TWO], lab)
    assert (again.score.fabricated, again.score.edited, again.leaks) == (True, ("run.py",), ("README",))
    assert not again.score.tampered, "the pristine repository gives the same now"


def test_a_function_that_was_not_written_is_missing_for_the_same_reason(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    done = attempt(pipeline(lab, *["I cannot."] * 3, SPREAD)[0], tasks[TWO], 0, lab)
    assert set(done.written) == {"tiny/fit.py:spread"}
    told = done.score.verdicts["rerun"].model_copy(update={"reason": "As only the agent's tree told."})
    score = done.score.model_copy(update={"verdicts": {**done.score.verdicts, "rerun": told}})
    again = regraded(done.model_copy(update={"score": score}), mended(tasks[TWO], tmp_path / TWO), lab)
    assert (again.passed, again.score.verdicts["rerun"]) == (False, told)


def test_a_record_writes_no_other_file(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    again = regraded(
        done.model_copy(update={"files": done.files | {str(outside): "1", "run.py": "1"}}), tasks[TWO], lab
    )
    assert again.passed
    assert not outside.exists()


def test_code_names_who_graded_last(tasks: dict[str, TaskFolder], lab: Lab, done: Attempt) -> None:
    once = regraded(done.model_copy(update={"code": "0.0.9 before"}), tasks[TWO], lab)
    assert once.code == regraded(once, tasks[TWO], lab).code == f"0.0.9 before, graded by {done.code}"
    assert regraded(done.model_copy(update={"code": ""}), tasks[TWO], lab).code == ""


def test_what_cannot_be_graded_again_is_refused(
    tasks: dict[str, TaskFolder], lab: Lab, done: Attempt, tmp_path: Path
) -> None:
    renamed = mended(tasks[TWO], tmp_path / TWO)
    for root in (renamed.base, renamed.visible_repo):
        file = root / "tiny" / "fit.py"
        file.write_text(file.read_text().replace("def spread(places)", "def spread(positions)"))
    for other in (tasks[ONE], renamed):
        with pytest.raises(UsageError, match="asks for other functions now"):
            regraded(done, other, lab)
    with pytest.raises(UsageError, match="asks for other functions now"):
        regraded(done.model_copy(update={"mode": "none"}), tasks[TWO], lab)
    for part in ({"answer": "1" * MOST_KEPT}, {"files": {}}, {"files": {}, "written": {}}):
        with pytest.raises(UsageError, match="a part of what it wrote"):
            regraded(done.model_copy(update=part), tasks[TWO], lab)
    whole = tasks["tiny-n0-all"]
    none = done.model_copy(update={"task": whole.task.id, "functions": (), "mode": whole.task.mode.value})
    with pytest.raises(UsageError, match="nothing is written"):
        regraded(none, whole, lab)


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
    over = json.loads(CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks", "--json"]).stdout)
    assert over["notes"] == ["2 attempts are in the other folder already."]
    both = CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks/" + ONE, "--out", "less", "--json"])
    assert both.exit_code == 0
    report = json.loads(both.stdout)
    assert [each["task"] for each in report["attempts"]] == [ONE]
    assert report["notes"] == ["1 attempt is at other tasks, and left out."]
    (file,) = Path("less").glob("*.json")
    paid = file.read_text().replace('"steps": 1', '"steps": 2')
    assert paid != file.read_text()
    file.write_text(paid)
    monkeypatch.chdir("runs")
    assert CliRunner().invoke(app, ["bench", "regrade", ".", f"../tasks/{ONE}", "--out", "../less"]).exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert file.read_text() == paid, "an attempt that was made there stays"


def test_of_several_versions_the_present_one_counts(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = mended(tasks[ONE], tmp_path / "tasks" / ONE)
    for task in (tasks[ONE], other):
        run_attempts(pipeline(lab, SPREAD)[0], [task], [0], lab, Path("runs"))
    told = json.loads(CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks", "--json"]).stdout)
    assert [each["regraded"] for each in told["attempts"]] == [False]
    assert told["notes"] == ["1 attempt is of an agent, task and seed that has a later one, and left out."]


def test_what_is_wrong_with_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: Attempt) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(Path("runs/a.json"), done.model_copy(update={"files": {}}).model_dump_json())
    Path("tasks").mkdir()
    for words, problem in (
        (["runs", "tasks"], "No attempt in runs is at a task in tasks."),
        (["nowhere", "tasks"], "There are no attempts in nowhere."),
        (["runs", "tasks", "--out", "runs"], "Attempts before and after in one folder would count twice."),
    ):
        refused = CliRunner().invoke(app, ["bench", "regrade", *words])
        assert refused.exit_code != 0
        assert problem in str(refused.exception) + refused.output


def test_an_attempt_of_which_too_little_is_kept_is_named(
    tasks: dict[str, TaskFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: Attempt
) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(Path("runs/a.json"), done.model_copy(update={"files": {}}).model_dump_json())
    mended(tasks[TWO], tmp_path / "tasks" / TWO)
    found = CliRunner().invoke(app, ["bench", "regrade", "runs", "tasks"])
    assert found.exit_code == 1
    assert f"note: The record of fixed-both at {TWO} holds a part of what it wrote. Let the agent" in found.stdout
    assert not Path("runs-regraded").exists()
