"""Tagged snippets with tests, as task folders; agents that end the tests early get nothing; lines weigh the score."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hakken.bench.agents import Null, Oracle
from hakken.bench.attempts.attempt import Attempt, run_attempts
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import RunJob
from hakken.bench.grading import freeze, grade
from hakken.bench.importing import Imported, import_researchcode, scaled_pass_at_1
from hakken.bench.importing.scaled import Weight, weights_of
from hakken.bench.importing.snippets import TagError, code_lines, masked, snippets_of, without_tags
from hakken.bench.tasks.folder import TaskFolder, load_tasks
from hakken.bench.trees import copy_tree
from hakken.cli.app import app
from hakken.core.errors import UsageError

MODEL = '''"""A layer."""

import math

# <paper2code name="constant">
SCALE = 2.0
# </paper2code name="constant">


class Squash:
    def __init__(self, alpha):
        self.alpha = alpha

    def forward(self, values):
        # <paper2code name="forward">
        # <paper2code name="squash">
        out = [math.tanh(self.alpha * v) for v in values]
        # </paper2code name="squash">

        # A comment weighs nothing.
        # <ResearchCodeBench hint="scale">
        out = [
            # <ResearchCodeBench hint="inner line">
            SCALE * v
            # </ResearchCodeBench hint="inner line">
            for v in out
        ]
        # </ResearchCodeBench hint="scale">
        # </paper2code name="forward">
        return out

    def describe(self):
        # <paper2code name="describe">
        return f"Squash({self.alpha})"
        # </paper2code name="describe">


# <paper2code name="whole function">
def total(values):
    """Sum."""
    return math.fsum(values)
# </paper2code name="whole function">
'''
TEST = """import unittest

from model import Squash, total
from model_ref import Reference


class Equal(unittest.TestCase):
    def test_forward(self):
        self.assertEqual(Squash(0.5).forward([1.0, -2.0]), Reference(0.5).forward([1.0, -2.0]))

    def test_total(self):
        self.assertEqual(total([1.0, 2.0]), 3.0)


if __name__ == "__main__":
    unittest.main()
"""
PAPERS = """- id: squash
  title: A Layer
  annotated_file_paths: model.py
  context_file_paths:
    - sizes.py
- id: not-fetched
  annotated_file_paths: a.py
  context_file_paths: null
"""
NAMES = ("squash-01-forward", "squash-02-squash", "squash-03-scale", "squash-06-whole_function")


@pytest.fixture(scope="module")
def pset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pset")
    problem = folder / "squash"
    problem.mkdir()
    (folder / "papers.yaml").write_text(PAPERS)
    (problem / "model.py").write_text(MODEL)
    (problem / "model_ref.py").write_text(without_tags(MODEL).replace("Squash", "Reference"))
    (problem / "sizes.py").write_text("SIZES = (1, 2)\n")
    (problem / "paper2code_test.py").write_text(TEST)
    (problem / "paper2code_paper.tex").write_text("The layer squashes.")
    return folder


@pytest.fixture(scope="module")
def imported(pset: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_researchcode(pset, tmp_path_factory.mktemp("tasks"), lab, seconds=2.0)


@pytest.fixture(scope="module")
def snippets(imported: Imported) -> dict[str, TaskFolder]:
    return {task.task.id: task for task in load_tasks(Path(imported.folder))}


def test_snippets_nest_and_weigh_their_lines_of_code() -> None:
    found = {s.hint: s.lines for s in snippets_of(MODEL, "model.py")}
    assert found == {
        "constant": 1, "forward": 5, "squash": 1, "scale": 4, "inner line": 1, "describe": 1, "whole function": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('# <paper2code name="a">\n', "'a' is never closed"),
        ('# </paper2code name="a">\n', "closes 'a', and nothing is open"),
        ('# <paper2code name="a">\n# </paper2code name="b">\n', "closes 'b', and 'a' is open"),
    ],
)
def test_tags_that_do_not_fit_are_named(text: str, sentence: str) -> None:
    with pytest.raises(TagError, match=sentence):
        snippets_of(text, "model.py")


@given(st.lists(st.sampled_from(["x = 1", "", "# note", "    y = 2", "if x:"]), max_size=6), st.integers(0, 4))
def test_only_the_snippet_goes(inside: list[str], before: int) -> None:
    head, tail = ["a = 0"] * before, ["b = 1", "# end"]
    text = "\n".join([*head, '# <ResearchCodeBench hint="h">', *inside, '# </ResearchCodeBench hint="h">', *tail, ""])
    (snippet,) = snippets_of(text, "x.py")
    assert snippet.lines == code_lines(inside)
    cut = masked(text, snippet).splitlines()
    assert cut[:before] == head
    assert cut[-2:] == tail
    assert len(cut) == before + 3 + len(tail)
    assert without_tags(text).splitlines() == [*head, *inside, *tail]


def test_what_cannot_be_a_task_is_listed_with_the_reason(imported: Imported) -> None:
    assert imported.tasks == NAMES
    reasons = {entry.task: entry.reason for entry in imported.left_out}
    assert reasons["squash-00-constant"] == "it lies outside of any function"
    assert "no whole statement" in reasons["squash-04-inner_line"]
    assert reasons["squash-05-describe"] == "its tests pass without it"
    assert reasons["not-fetched"] == "its folder is not there"


def test_the_agent_sees_neither_tests_nor_reference(snippets: dict[str, TaskFolder]) -> None:
    task = snippets["squash-02-squash"]
    seen = {str(path.relative_to(task.visible_repo)) for path in task.visible_repo.rglob("*") if path.is_file()}
    assert seen == {"model.py", "sizes.py", "paper.txt", "experiment.txt"}
    text = (task.visible_repo / "model.py").read_text()
    assert '# TODO: Implement block "squash"\n        # Approximately 1 line(s) of code.' in text
    assert "math.tanh" not in text
    assert "paper2code" not in text
    assert "SCALE * v" in text  # the other snippets stay, without their tags
    assert (task.base / "model_ref.py").is_file()
    assert [str(f) for f in task.task.functions] == ["model.py:Squash.forward"]


def passes(task: TaskFolder, body: str, place: Path, lab: Lab) -> bool:
    workspace = place / "workspace"
    copy_tree(task.visible_repo, workspace)
    file = workspace / "model.py"
    text = file.read_text()
    assert text.count("raise NotImplementedError()") == 1
    indented = body.replace("\n", "\n        ")
    file.write_text(text.replace("raise NotImplementedError()", indented))
    return grade(task, freeze(workspace, place / "frozen", task), lab).passed


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("out = [math.tanh(v * self.alpha) for v in values]", True),
        ("out = [math.sin(self.alpha * v) for v in values]", False),
        ("import os\nos._exit(0)", False),
        ("import sys\nsys.exit(0)", False),
        (
            "import json, os, pathlib\npathlib.Path('hakken_results').mkdir(exist_ok=True)\n"
            "pathlib.Path('hakken_results/tests.json').write_text(json.dumps(dict(tests=2, passed=2, clean=1)))\n"
            "os._exit(0)",
            False,
        ),
        (
            "import json, os\nfor pipe in range(3, 30):\n    try:\n"
            "        os.write(pipe, json.dumps(dict(nonce='', tests=2, passed=2)).encode())\n"
            "    except OSError:\n        pass\nos._exit(0)",
            False,
        ),
        ("print('Traceback failed')\nout = [math.tanh(self.alpha * v) for v in values]", False),
    ],
    ids=["right", "wrong", "exits", "exits-politely", "writes-the-file", "writes-to-every-pipe", "prints-failed"],
)
def test_the_tests_decide_and_an_early_end_is_a_failure(
    snippets: dict[str, TaskFolder], lab: Lab, tmp_path: Path, body: str, right: bool
) -> None:
    assert passes(snippets["squash-02-squash"], body, tmp_path, lab) is right


def test_only_what_stands_in_the_functions_counts_and_a_polite_end_of_an_import_is_no_pass(
    snippets: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    task = snippets["squash-06-whole_function"]
    assert "def total(values):\n    raise NotImplementedError()" in (task.visible_repo / "model.py").read_text()
    body = "return math.fsum(values)"
    workspace = tmp_path / "workspace"
    copy_tree(task.visible_repo, workspace)
    file = workspace / "model.py"
    file.write_text(file.read_text().replace("raise NotImplementedError()", body) + "\nraise SystemExit(0)\n")
    score = grade(task, freeze(workspace, tmp_path / "frozen", task), lab)
    assert score.passed  # what the agent added outside of the function does not cross over
    files = {"model.py": MODEL.encode() + b"\nraise SystemExit(0)\n"}
    (outcome,) = lab.run([RunJob(tree=task.base, files=files, experiment=task.task.experiments[0])])
    assert "The tests did not come to their end" in outcome.detail


@pytest.fixture(scope="module")
def made(
    snippets: dict[str, TaskFolder], lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Attempt]]:
    folder = tmp_path_factory.mktemp("attempts")
    tasks = [snippets["squash-01-forward"], snippets["squash-02-squash"]]
    oracle = run_attempts(Oracle(lab), tasks[:1], [0], lab, folder / "oracle")
    null = run_attempts(Null(), tasks[1:], [0], lab, folder / "null")
    return {"oracle": oracle, "null": null, "folder": folder}  # type: ignore[dict-item]


def test_the_oracle_solves_and_the_null_agent_does_not(made: dict[str, list[Attempt]]) -> None:
    assert [a.passed for a in made["oracle"]] == [True]
    assert [a.passed for a in made["null"]] == [False]


def test_scaled_pass_at_1_counts_lines(made: dict[str, list[Attempt]], imported: Imported) -> None:
    weights = weights_of(Path(imported.folder))
    assert sum(weight.lines for weight in weights.values()) == 5 + 1 + 4 + 3
    found = scaled_pass_at_1(made["oracle"], weights)
    assert (found.passed_lines, found.lines, found.snippets, len(found.missing)) == (5, 13, 4, 3)
    assert found.scaled == pytest.approx(5 / 13)
    assert found.plain == 0.25
    assert (found.low, found.papers) == (None, 1)
    # Two passes over one snippet: solved once, its lines count by half.
    again = [made["oracle"][0], failed_copy(made["oracle"][0])]
    assert scaled_pass_at_1(again, weights).passed_lines == 2.5
    other = Weight(problem="other", file="m.py", hint="h", lines=7)
    two = scaled_pass_at_1(made["oracle"], {**weights, ("x", "hash"): other})
    assert (two.scaled, two.papers) == (0.25, 2)
    assert two.low is not None
    assert two.high is not None
    # Two papers tell little: draws of whole papers would have given [0, 5/13].
    assert 0 < two.low < 0.05
    assert two.high > 0.7
    with pytest.raises(UsageError, match="attempts of 2 agents"):
        scaled_pass_at_1([*made["oracle"], *made["null"]], weights)
    with pytest.raises(UsageError, match="no attempt"):
        scaled_pass_at_1([], weights)


def test_papers_that_all_agree_leave_something_possible(made: dict[str, list[Attempt]]) -> None:
    attempt = made["oracle"][0]
    weight = Weight(problem="p", file="m.py", hint="h", lines=3)
    weights = {(f"t{n}", attempt.task_hash): weight.model_copy(update={"problem": f"p{n}"}) for n in range(4)}
    solved = [attempt.model_copy(update={"task": name}) for name, _ in weights]
    reach = 1 - 0.025 ** (1 / 4)
    found = scaled_pass_at_1(solved, weights)
    assert (found.scaled, found.low, found.high) == (1.0, pytest.approx(1 - reach), 1.0)
    found = scaled_pass_at_1([failed_copy(a) for a in solved], weights)
    assert (found.scaled, found.low, found.high) == (0.0, 0.0, pytest.approx(reach))
    # Each half solved: papers that are alike say nothing about how others differ.
    found = scaled_pass_at_1([*solved, *map(failed_copy, solved)], weights)
    assert (found.low, found.high) == (pytest.approx(0.5 - reach / 2), pytest.approx(0.5 + reach / 2))


def test_attempts_at_what_was_imported_before_count_for_nothing(
    made: dict[str, list[Attempt]], imported: Imported
) -> None:
    weights = weights_of(Path(imported.folder))
    former = failed_copy(made["oracle"][0]).model_copy(update={"task_hash": "sha256:before"})
    found = scaled_pass_at_1([made["oracle"][0], former], weights)
    assert (found.passed_lines, found.seeds, found.former) == (5, 1, 1)
    with pytest.raises(UsageError, match="no attempt at these tasks, only 1 at others of the same names"):
        scaled_pass_at_1([former], weights)


def failed_copy(attempt: Attempt) -> Attempt:
    rerun = attempt.score.verdicts["rerun"].model_copy(update={"passed": False})
    score = attempt.score.model_copy(update={"verdicts": {**attempt.score.verdicts, "rerun": rerun}})
    return attempt.model_copy(update={"seed": 1, "score": score})


def test_a_problem_whose_own_tests_fail_is_left_out(lab: Lab, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "model.py").write_text(
        'def f():\n    # <paper2code name="a">\n    return 1\n    # </paper2code name="a">\n'
    )
    (code / "check.py").write_text("from model import f\nassert f() == 2\n")
    done = import_researchcode(code, tmp_path / "tasks", lab, test="check.py", seconds=2.0)
    assert done.tasks == ()
    assert "its tests fail on its own code" in done.left_out[0].reason
    (code / "check.py").write_text("from model import f\nassert f() == 1\n")  # a plain script will do
    again = import_researchcode(code, tmp_path / "more", lab, test="check.py", seconds=2.0)
    assert [name.rpartition("-")[2] for name in again.tasks] == ["a"]
    with pytest.raises(UsageError, match="would lie in"):
        import_researchcode(code, code / "tasks", lab, test="check.py")


def test_a_problem_in_another_encoding_is_left_out(lab: Lab, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    tagged = 'def f():\n    # <paper2code name="a">\n    return "é"\n    # </paper2code name="a">\n'
    (code / "model.py").write_text(f"# coding: latin-1\n{tagged}", encoding="latin-1")
    (code / "check.py").write_text("")
    (left,) = import_researchcode(code, tmp_path / "tasks", lab, test="check.py").left_out
    assert (left.task, left.reason) == ("code", "model.py is not in UTF-8")


def test_the_commands(pset: Path, imported: Imported, made: dict[str, list[Attempt]], tmp_path: Path) -> None:
    folder = str(Path(str(made["folder"])) / "oracle")
    result = CliRunner().invoke(app, ["bench", "import", "scaled", imported.folder, folder, "--json"])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["lines"] == 13
    shown = CliRunner().invoke(app, ["bench", "import", "scaled", imported.folder, folder])
    assert "scaled pass@1 0.385 (one paper gives no interval): 5 of 13 lines" in shown.stdout
    shutil.copytree(folder, tmp_path / "attempts")
    (tmp_path / "attempts" / "other.json").write_text("{}")
    noted = CliRunner().invoke(app, ["bench", "import", "scaled", imported.folder, str(tmp_path / "attempts")])
    assert "other.json is no attempt of this version, and is left out" in noted.stderr
    assert noted.stdout == shown.stdout
    for words, sentence in (
        (["researchcodebench", str(pset), "--only", "none"], "There is no problem 'none' in"),
        (["researchcodebench", "none"], "none is not a folder"),
        (["scaled", str(tmp_path), folder], "holds no snippets"),
    ):
        failed = CliRunner().invoke(app, ["bench", "import", *words])
        assert failed.exit_code == 2, failed.stdout
        assert sentence in failed.stderr
