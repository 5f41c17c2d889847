"""A check of tasks that lie in folders: what it says of good ones, and of each kind of bad one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hakken.bench.checking.findings import SourceCheck
from hakken.bench.checking.proof import check_tasks, load
from hakken.bench.checking.restoring import broken, not_needed, not_reproduced, unproved
from hakken.bench.checking.showing import leaks_in
from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.lab import Lab, Meter
from hakken.bench.tasks.folder import TaskFolder, load_task
from hakken.core.errors import UsageError
from hakken.core.types import Rung

SOME = ("exit_zero", "zeros", "half_solved")
DATA = Path("tiny/data.py")
ONE, TWO = "tiny-n1-1", "tiny-n2-0-1"


@pytest.fixture(scope="module")
def keeping(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    kept = Kept(tmp_path_factory.mktemp("kept"), (), Rung.BUBBLEWRAP)
    return replace(lab, kept=kept, meter=Meter())


@pytest.fixture
def changed(tasks: dict[str, TaskFolder], tmp_path: Path) -> Callable[..., TaskFolder]:
    """A copy of a task with something changed."""

    def made(name: str, change: Callable[[Path], object]) -> TaskFolder:
        root = tmp_path / name
        shutil.copytree(tasks[name].root, root)
        change(root)
        return load_task(root)

    return made


def checked(tasks: list[TaskFolder], lab: Lab, *attacking: str) -> SourceCheck:
    (row,) = check_tasks("tasks", tasks, lab, quick=True, attacking=attacking or ("zeros",)).sources
    return row


def test_good_tasks_are_proved_by_a_sample_and_found_again(tasks: dict[str, TaskFolder], keeping: Lab) -> None:
    found = check_tasks("tasks", list(tasks.values()), keeping, quick=True, attacking=SOME)
    assert found.ok, found.sources
    (row,) = found.sources
    assert (row.source, row.experiments, row.numbers, row.functions) == ("tiny", 2, 5, 5)
    assert (row.tasks, row.oracle, row.null, row.attacks) == ({0: 1, 1: 5, 2: 10}, (2, 2), (0, 2), (0, 3))
    assert row.notes == ("a sample: 2 of 16 tasks were tried",)
    assert {a.attack: a.tried for a in found.attacks} == dict.fromkeys(SOME, 1)
    told: list[str] = []
    again = check_tasks("tasks", list(tasks.values()), replace(keeping, tell=told.append), quick=True, attacking=SOME)
    assert again == found
    assert any("as found before" in line for line in told)


def test_chosen_tasks_are_proved_whole(tasks: dict[str, TaskFolder], keeping: Lab) -> None:
    found = check_tasks("tasks", list(tasks.values()), keeping, only=(ONE, "tiny-n0-all"), attacking=("exit_zero",))
    (row,) = found.sources
    assert (row.tasks, row.oracle, row.null, row.attacks) == ({0: 1, 1: 1}, (2, 2), (0, 2), (0, 1))
    assert found.ok


def test_tasks_without_their_solution_are_not_passed(changed: Callable[..., TaskFolder], keeping: Lab) -> None:
    task = changed(ONE, lambda root: shutil.rmtree(root / "solution" / "files"))
    row = checked([task], keeping)
    assert row.unproved == (f"unproved: {ONE}: its solution does not hold tiny/data.py",)
    assert (row.ok, row.verdict, row.oracle, row.attacks) == (False, "unproved", (0, 0), (0, 0))


def test_a_package_that_is_missing_leaves_a_task_unproved(tasks: dict[str, TaskFolder]) -> None:
    task = tasks[ONE]
    needing = task.model_copy(update={"task": task.task.model_copy(update={"packages": ("no_such_package",)})})
    assert (unproved(task), "no_such_package" in unproved(needing)) == ("", True)


def test_a_wrong_value_is_found_in_any_configuration(
    changed: Callable[..., TaskFolder], lab: Lab, tasks: dict[str, TaskFolder]
) -> None:
    def spoil(root: Path) -> None:
        path = root / "tests" / "gold.json"
        golds = json.loads(path.read_text())
        hidden = next(g for g in golds if g["variant"])
        hidden["metrics"]["reach"]["value"] += 5
        path.write_text(json.dumps(golds))

    task = changed(ONE, spoil)
    assert not_reproduced([tasks["tiny-n2-0-2"], task], lab, 1) == {ONE: "walk (hidden1): reach is not right"}


def test_values_and_functions_that_are_missing_break_a_task(
    changed: Callable[..., TaskFolder], tasks: dict[str, TaskFolder]
) -> None:
    assert broken(tasks[ONE]) == ""
    task = changed(ONE, lambda root: (root / "tests" / "repo" / DATA).write_text("x = 1\n"))
    assert broken(task) == "tests/repo/tiny/data.py: The function Walker.walk is not defined in the file"
    visible = tuple(gold for gold in task.golds if gold.variant is None)
    assert broken(task.model_copy(update={"golds": visible})) == "tests/gold.json has no values of walk (hidden1)"


def test_each_function_alone_must_be_needed(
    changed: Callable[..., TaskFolder], tasks: dict[str, TaskFolder], lab: Lab
) -> None:
    def fill(root: Path) -> None:
        solved = (root / "solution" / "files" / DATA).read_text()
        walk = solved[solved.index("        places = ") :]
        base = root / "tests" / "repo" / DATA
        text = base.read_text()
        before, _, _ = text.rpartition("        raise NotImplementedError()\n")
        base.write_text(before + walk)

    task = changed(TWO, fill)
    found = not_needed([tasks["tiny-n2-0-2"], task], lab)
    assert [(t.task.id, str(f)) for t, f in found] == [(TWO, "tiny/data.py:Walker.walk")]


def test_what_an_agent_sees_is_looked_through(changed: Callable[..., TaskFolder], tasks: dict[str, TaskFolder]) -> None:
    task = tasks[ONE]
    assert leaks_in(list(tasks.values())) == {}
    spread = task.gold("walk", None).metrics["spread"].value
    assert isinstance(spread, tuple)

    def leak(root: Path) -> None:
        shown = root / "environment" / "repo"
        (shown / "NOTES.md").write_text(f"The last spread was {spread[-1]}.\n")
        shutil.copy(root / "solution" / "files" / DATA, shown / "backup.txt")
        shutil.copy(root / "solution" / "files" / DATA, shown / DATA)

    def comment(root: Path) -> None:
        shown = root / "environment" / "repo" / DATA
        code = (root / "solution" / "files" / DATA).read_text().splitlines()
        shown.write_text("\n".join([shown.read_text(), *(f"# {line}" for line in code), ""]))

    found = leaks_in([changed("tiny-n1-0", comment)])
    assert found == {"tiny/data.py holds a copy of tiny/data.py:sample_line": ["tiny-n1-0"]}
    found = leaks_in([changed(ONE, leak), tasks[TWO]])
    assert set(map(tuple, found.values())) == {(ONE,)}
    assert {"tiny/data.py:Walker.walk is not masked", "backup.txt holds a copy of tiny/data.py:Walker.walk"} < set(
        found
    )
    assert f"NOTES.md holds {spread[-1]}" in found


def test_where_nothing_is_hidden_attacks_win_and_the_task_is_not_proved(
    changed: Callable[..., TaskFolder], keeping: Lab
) -> None:
    def show(root: Path) -> None:
        path = root / "tests" / "task.json"
        task = json.loads(path.read_text())
        for experiment in task["experiments"]:
            experiment["hidden"] = []
        path.write_text(json.dumps(task))
        golds = json.loads((root / "tests" / "gold.json").read_text())
        (root / "tests" / "gold.json").write_text(json.dumps([g for g in golds if g["variant"] is None]))
        (root / "environment" / "repo" / "paper.pdf").write_bytes(b"%PDF\0")

    row = checked([changed(ONE, show)], keeping, "exit_zero", "zeros")
    assert (row.ok, row.attacks) == (False, (1, 2))
    assert "paper.pdf cannot be searched for results" in row.notes
    assert f"the attack exit_zero gets a point on {ONE}" in row.problems
    assert f"{ONE}: hidden configurations give no other numbers, or there are none" in row.problems


def test_a_folder_of_neither_kind_gets_one_sentence(tmp_path: Path, tasks: dict[str, TaskFolder]) -> None:
    with pytest.raises(UsageError, match="is neither a suite nor tasks"):
        load(str(tmp_path))
    with pytest.raises(UsageError, match="There is no suite 'none'"):
        load("none")
    assert len(load(str(tasks[ONE].root.parent))) == len(tasks)
    assert load(str(tasks[ONE].root)) == (tasks[ONE],)
