"""Imports of several papers: one that cannot be used costs no other its tasks, and an early end loses little."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hakken.bench.experiments import lab as laboratory
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import run_jobs
from hakken.bench.importing import (
    autoexperiment,
    import_autoexperiment,
    import_researchcode,
    probing,
    researchcode,
)
from hakken.bench.tasks.folder import write_task
from hakken.bench.trees import TreeError
from hakken.cli.app import app
from hakken.core.errors import UsageError
from tests.bench.test_importing_autoexperiment import lines, problem_row

ONE, TWO = "1111.00001", "2222.00002"
RUN = "def double(x):\n    return 2 * x\n\n\nprint({'mean': double(3.0)})\n"
FUNCTION = ("0", "run.py", "double", 1, 2, 2, "Doubles.", ["0"])
EXPERIMENT = ("0", "Double three.", "{'mean': 6.0}", "python run.py")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two papers with one function and one experiment each."""
    folder = tmp_path / "MLRC"
    for paper in (ONE, TWO):
        (folder / paper / "code").mkdir(parents=True)
        (folder / paper / "code" / "run.py").write_text(RUN)
    lines(folder / "mlrc_n_1.jsonl", [problem_row(paper, [FUNCTION], [EXPERIMENT]) for paper in (ONE, TWO)])
    return folder


def told(folder: Path) -> dict[str, Any]:
    """What an import says of itself, in short."""
    found = json.loads((folder / "import.json").read_text())
    return {"tasks": found["tasks"], "left_out": {left["task"]: left["reason"] for left in found["left_out"]}}


@pytest.mark.parametrize("every", [False, True])
def test_a_repository_that_is_too_large_is_left_out_before_it_is_tried(
    data: Path, lab: Lab, tmp_path: Path, every: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (data / ONE / "code" / f"{number}.txt").write_text("")
    monkeypatch.setattr(probing, "MAX_FILES", 2)
    said: list[str] = []
    done = import_autoexperiment(data, tmp_path / "tasks", replace(lab, tell=said.append), every=every, seconds=1.0)
    assert done.tasks == (f"{TWO}_0",)
    assert told(tmp_path / "tasks")["left_out"] == {f"{ONE}_0": "its repository has more than 2 files or 256 MB"}
    assert not any(ONE in line for line in said), "nothing of it was run"


def test_what_cannot_be_written_costs_no_other_task(
    data: Path, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(root: Path, *rest: Any) -> Any:
        if root.name.startswith(ONE):
            raise TreeError("It cannot be copied.", "Mend its rights.")
        return write_task(root, *rest)

    monkeypatch.setattr(autoexperiment, "write_task", refusing)
    done = import_autoexperiment(data, tmp_path / "tasks", lab, check=False)
    assert done.tasks == (f"{TWO}_0",)
    assert told(tmp_path / "tasks") == {"tasks": [f"{TWO}_0"], "left_out": {f"{ONE}_0": "It cannot be copied."}}


def test_an_import_that_is_ended_has_written_the_papers_before(data: Path, lab: Lab, tmp_path: Path) -> None:
    def tell(text: str) -> None:
        if text.startswith(f"{TWO}: trying"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_autoexperiment(data, tmp_path / "tasks", replace(lab, tell=tell), seconds=1.0)
    assert told(tmp_path / "tasks") == {"tasks": [f"{ONE}_0"], "left_out": {}}
    assert (tmp_path / "tasks" / f"{ONE}_0" / "tests" / "task.json").is_file()


def test_hidden_configurations_are_looked_at_before_any_work(data: Path, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / f"{TWO}.toml").write_text('[[hidden]]\narguments = ["--again"]\n')
    rows = [problem_row(ONE, [FUNCTION], [EXPERIMENT]), problem_row(TWO, [FUNCTION], [(*EXPERIMENT[:3], "cd .\nls")])]
    lines(data / "mlrc_n_1.jsonl", rows)
    said: list[str] = []
    for check, sentence in ((True, "is a script, which takes no further arguments"), (False, "have to be measured")):
        with pytest.raises(UsageError, match=sentence):
            import_autoexperiment(data, tmp_path, replace(lab, tell=said.append), hidden=tmp_path, check=check)
    assert said == [], "nothing was tried"


def test_the_same_command_runs_nothing_twice(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path / "cache"))
    made = 0

    def counting(jobs: Any, *rest: Any) -> Any:
        nonlocal made
        made += len(jobs)
        return run_jobs(jobs, *rest)

    monkeypatch.setattr(laboratory, "run_jobs", counting)
    words = ["bench", "import", "autoexperiment", str(data), "--out", str(tmp_path / "tasks"), "--seconds", "1"]
    counts = []
    for more in ([], [], ["--fresh"]):
        result = CliRunner().invoke(app, [*words, *more])
        assert result.exit_code == 0, result.output
        counts.append(made)
    # The two repositories are the same, and so are their runs.
    assert counts == [1, 1, 2]
    assert told(tmp_path / "tasks")["tasks"] == [f"{ONE}_0", f"{TWO}_0"]


TAGGED = 'def f():\n    # <paper2code name="a">\n    return 1\n    # </paper2code name="a">\n'
PAPERS = """- {id: whole, annotated_file_paths: model.py}
- {id: unclosed, annotated_file_paths: model.py}
- {id: untested, annotated_file_paths: model.py}
- {id: lost, annotated_file_paths: [model.py, layer.py]}
- {id: outside, annotated_file_paths: ../whole/model.py}
- {id: unnamed, title: Nothing}
- {id: not-fetched, annotated_file_paths: model.py}
"""


@pytest.fixture
def pset(tmp_path: Path) -> Path:
    """One problem that can be used, and six that cannot."""
    folder = tmp_path / "pset"
    for name in ("whole", "unclosed", "untested", "lost", "outside", "unnamed"):
        (folder / name).mkdir(parents=True)
        (folder / name / "model.py").write_text(TAGGED)
        (folder / name / "check.py").write_text("from model import f\nassert f() == 1\n")
    (folder / "unclosed" / "model.py").write_text(TAGGED.rpartition("    #")[0])
    (folder / "untested" / "check.py").unlink()
    (folder / "papers.yaml").write_text(PAPERS)
    return folder


def test_a_problem_that_cannot_be_used_costs_no_other(pset: Path, lab: Lab, tmp_path: Path) -> None:
    done = import_researchcode(pset, tmp_path / "tasks", lab, test="check.py", seconds=2.0)
    assert done.tasks == ("whole-00-a",)
    assert told(tmp_path / "tasks")["left_out"] == {
        "unclosed": "model.py, line 2: 'a' is never closed.",
        "untested": "check.py is not there",
        "lost": "layer.py is not there",
        "outside": "../whole/model.py is no path in its folder",
        "unnamed": "papers.yaml names no annotated file of it",
        "not-fetched": "its folder is not there",
    }


def test_what_was_named_alone_is_taken_alone(pset: Path, lab: Lab, tmp_path: Path) -> None:
    done = import_researchcode(pset, tmp_path / "tasks", lab, test="check.py", only=["whole"], seconds=2.0)
    assert (done.tasks, done.left_out) == (("whole-00-a",), ())
    with pytest.raises(UsageError, match=r"There is no problem 'hole'.*There are: whole, unclosed"):
        import_researchcode(pset, tmp_path / "none", lab, test="check.py", only=["whole", "hole"])
    assert not (tmp_path / "none").exists()


def test_a_snippet_that_cannot_be_written_is_left_out(
    pset: Path, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*rest: Any) -> Any:
        raise TreeError("It cannot be copied.", "Mend its rights.")

    monkeypatch.setattr(researchcode, "write_task", refusing)
    done = import_researchcode(pset, tmp_path / "tasks", lab, test="check.py", only=["whole"], seconds=2.0)
    assert [(left.task, left.reason) for left in done.left_out] == [("whole-00-a", "It cannot be copied.")]
