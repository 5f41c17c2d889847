"""The data set of AutoExperiment in its own format, with its quirks, as task folders that can be graded."""

from __future__ import annotations

import csv
import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hakken.bench.agents import Null, Oracle
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import freeze, grade
from hakken.bench.importing import Imported, import_autoexperiment
from hakken.bench.importing import autoexperiment as module
from hakken.bench.importing.lines import NotFound, locate
from hakken.bench.importing.originals import DataError, Function, literal, read_problems
from hakken.bench.tasks.folder import ANSWER, COMMANDS, TaskFolder, load_task
from hakken.bench.trees import copy_tree
from hakken.bench.types import Score, Soundness
from hakken.cli.app import app

CPU, GPU = "1111.00001", "2222.00002"
METRICS = '''class Mean:
    def __call__(self, values):
        """The author's own words."""
        return sum(values) / len(values)


class Spread:
    def __call__(self, values):
        middle = Mean()(values)
        return max(abs(v - middle) for v in values)
    def unit(self):
        return "m"


def scaled(values, factor):
    def one(value):
        return factor * value

    return [one(value) for value in values]
'''
RUN = """import json
import sys

from metrics import Mean, Spread, scaled

config = json.load(open("config.json"))
values = scaled(config["values"], float(sys.argv[1]))
print("Time: 0.1")
if sys.argv[2:] == ["--short"]:
    print("Epoch 1, Mean value: 99")
    print("Epoch 2, Mean value:", Mean()(values))
else:
    print({"mean": Mean()(values), "spread": Spread()(values), "all": values})
    print("in", Spread().unit())
"""
FUNCTIONS = [
    ("0", "metrics.py", "__call__", 2, 3, 4, "Averages.", ["0", "1"]),
    ("1", "metrics.py", "__call__", 8, 9, 10, "Measures how far values lie apart.", ["0"]),
    ("2", "metrics.py", "scaled", 15, 16, 19, "", ["0", "1"]),
]
EXPERIMENTS = [
    (
        "0",
        "Scale by two. Experiment 2: no such thing.",
        "{'mean': 6.0, 'spread': 6.0, 'all': [2.0, 4.0, 12.0]}",
        "python run.py 2",
    ),
    ("1", "Only the mean.", '{"Mean value": 3.0}', "echo here\npython run.py \\\n    1 --short"),
]


def function_row(paper: str, row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("func_id", "file", "name", "header_line", "line_start", "line_end", "description", "exp_dependencies")
    more = {"paper_id": paper, "relevant_paper": "The mean is the sum by the count.", "code_context_embedding": "x"}
    return {**dict(zip(names, row, strict=True)), **more}


def problem_row(paper: str, functions: list[tuple[Any, ...]], experiments: list[tuple[str, ...]]) -> dict[str, Any]:
    """One line of ``mlrc_n_{n}.jsonl``, made as the original makes it."""
    text, script, results = "", "", {}
    for i, (_, description, result, solution) in enumerate(experiments, 1):
        text += f"Experiment {i}: {description}\n"
        script += f"echo Experiment {i}\n{solution}\n"
        results[f"Experiment {i}"] = json.loads(result.replace("'", '"'))
    text += 'Return final answer as a json: {"Experiment 1": ..., "Experiment 2": ..., ...}'
    return {
        "paper_id": paper,
        "func_ids": ",".join(row[0] for row in functions),
        "func_details": [function_row(paper, row) for row in functions],
        "experiments": text,
        "solution": script,
        "results": json.dumps(results),
    }


def lines(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("MLRC")
    code = folder / CPU / "code"
    code.mkdir(parents=True)
    (code / "metrics.py").write_text(METRICS)
    (code / "run.py").write_text(RUN)
    (code / "config.json").write_text('{"values": [1.0, 2.0, 6.0]}')
    (folder / CPU / "paper.txt").write_text("We scale values.")
    other = folder / GPU / "code"
    other.mkdir(parents=True)
    (other / "train.py").write_text(
        "def step():\n    return model.cuda()\n\n\nraise RuntimeError('No CUDA GPUs are available')\n"
    )
    train = [("0", "train.py", "step", 1, 2, 2, "One step.", ["0"])]
    gpu = problem_row(GPU, train, [("0", "Train.", "{'IoU': 0.1}", "python train.py")])
    single = [problem_row(CPU, [f], [e for e in EXPERIMENTS if e[0] in f[-1]]) for f in FUNCTIONS]
    lines(folder / "mlrc_n_1.jsonl", [*single, single[0], gpu])
    lines(folder / "functions.jsonl", [function_row(CPU, f) for f in FUNCTIONS])
    names = ("exp_id", "description", "result", "solution")
    lines(folder / "experiments.jsonl", [{"paper_id": CPU, **dict(zip(names, e, strict=True))} for e in EXPERIMENTS])
    return folder


@pytest.fixture(scope="module")
def imported(data: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_autoexperiment(data, tmp_path_factory.mktemp("tasks"), lab, seconds=1.0)


def task_of(imported: Imported, name: str) -> TaskFolder:
    return load_task(Path(imported.folder) / name)


def test_problems_keep_the_ids_of_the_data_set(imported: Imported) -> None:
    assert imported.tasks == (f"{CPU}_0", f"{CPU}_1", f"{CPU}_2")
    assert "1 problems are there twice" in " ".join(imported.notes)
    assert json.loads((Path(imported.folder) / "import.json").read_text())["benchmark"] == "AutoExperiment"


def test_what_needs_a_gpu_is_listed_with_the_reason(imported: Imported) -> None:
    (left,) = imported.left_out
    assert left.task == f"{GPU}_0"
    assert left.reason.startswith("not runnable here: needs a GPU")
    assert "No CUDA GPUs are available" in left.reason


def test_lines_mean_the_right_one_of_several_functions_and_no_line_is_swallowed(imported: Imported) -> None:
    task = task_of(imported, f"{CPU}_1")
    assert [str(f) for f in task.task.functions] == ["metrics.py:Spread.__call__"]
    text = (task.visible_repo / "metrics.py").read_text()
    before, _, after = text.partition("class Spread:")
    assert before == METRICS.partition("class Spread:")[0]
    assert '"""Measures how far values lie apart."""\n        raise NotImplementedError()\n    def unit(self):' in after
    assert any("also swallows line 11, `def unit(self):`" in note for note in imported.notes)


def test_the_task_is_a_folder_like_any_other(imported: Imported) -> None:
    task = task_of(imported, f"{CPU}_0")
    assert task.task.gold_predictable
    assert [e.name for e in task.task.experiments] == ["Experiment 1", "Experiment 2"]
    assert task.task.experiments[0].description == "Scale by two. Experiment 2: no such thing."
    assert (task.visible_repo / "paper.txt").read_text() == "We scale values."
    assert "hakken_collect.py" in (task.visible_repo / COMMANDS).read_text()
    assert '"""Averages."""' in (task.visible_repo / "metrics.py").read_text()


def score_of(task: TaskFolder, work: Callable[[Path], None], place: Path, lab: Lab) -> Score:
    workspace = place / "workspace"
    copy_tree(task.visible_repo, workspace)
    work(workspace)
    return grade(task, freeze(workspace, place / "frozen", task), lab)


def test_every_rule_can_grade_it(imported: Imported, lab: Lab, tmp_path: Path) -> None:
    task = task_of(imported, f"{CPU}_0")
    solved = score_of(task, lambda place: _work(Oracle(lab), task, place), tmp_path / "oracle", lab)
    assert {rule: verdict.passed for rule, verdict in solved.verdicts.items()} == dict.fromkeys(solved.verdicts, True)
    assert not solved.fabricated
    nothing = score_of(task, lambda place: _work(Null(), task, place), tmp_path / "null", lab)
    assert not any(verdict.passed for verdict in nothing.verdicts.values())

    def invent(place: Path) -> None:
        """The published rule looks at what is reported, and at nothing else."""
        answer = {"Experiment 1": {"mean": 6, "spread": 6, "all": [2, 4, 12]}, "Experiment 2": {"Mean value": 3}}
        (place / ANSWER).write_text(json.dumps(answer))

    invented = score_of(task, invent, tmp_path / "invented", lab)
    assert invented.verdicts["faithful"].passed
    assert invented.fabricated
    assert not invented.passed


def _work(agent: Any, task: TaskFolder, place: Path) -> None:
    agent.work(task, place, 0)


def test_larger_sizes_are_made_by_the_rule_of_the_original(data: Path) -> None:
    pairs, notes = read_problems(data, [2, 0], limit=100, seed=0)
    assert [p.id for p in pairs] == [f"{CPU}_0,1", f"{CPU}_0,2", f"{CPU}_1,2", f"{CPU}_"]
    assert [len(p.trials) for p in pairs] == [2, 2, 2, 2]  # any masked function, not all of them
    assert "made of functions and experiments" in notes[0]
    few, _ = read_problems(data, [2], limit=2, seed=0)
    assert len(few) == 2
    assert few == read_problems(data, [2], limit=2, seed=0)[0]


def test_the_older_tables_say_the_same(data: Path, tmp_path: Path) -> None:
    keys = ("paper_id", "func_id", "file", "name", "header_line", "line_start", "line_end", "relevant_paper")
    with (tmp_path / "mlrc_funcs.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, keys, extrasaction="ignore")
        table.writeheader()
        table.writerows(function_row(CPU, f) for f in FUNCTIONS)
    with (tmp_path / "mlrc_exps.csv").open("w", newline="") as stream:
        columns = csv.writer(stream)
        columns.writerow(("paper_id", "exp_id", "description", "result", "func_dependencies", "solution"))
        columns.writerows((CPU, e[0], e[1], e[2], "0,1,2" if e[0] == "0" else "0,2", e[3]) for e in EXPERIMENTS)
    old = read_problems(tmp_path, [1, 2], limit=100, seed=0)[0]
    new = read_problems(data, [2], limit=100, seed=0)[0]
    assert [(p.id, len(p.trials)) for p in old[:3]] == [(f"{CPU}_0", 2), (f"{CPU}_1", 1), (f"{CPU}_2", 2)]
    assert [(p.id, p.trials) for p in old[3:]] == [(p.id, p.trials) for p in new]


def test_hidden_configurations_make_it_unpredictable(data: Path, lab: Lab, tmp_path: Path) -> None:
    hidden = tmp_path / f"{CPU}.toml"
    hidden.write_text('[[hidden]]\nfile = "config.json"\noverrides = { values = [1.0, 3.0, 11.0] }\n')
    done = import_autoexperiment(data, tmp_path / "tasks", lab, hidden=tmp_path, limit=1, seconds=1.0)
    task = task_of(done, done.tasks[0])
    assert not task.task.gold_predictable
    gold = task.gold("Experiment 1", "hidden1").metrics
    assert gold[next(iter(gold))].value == 10.0
    assert {band.runs for band in gold.values()} == {3}
    hidden.write_text('[[hidden]]\nfile = "config.json"\noverrides = { values = [1.0, 2.0, 6.0] }\n')
    same = import_autoexperiment(data, tmp_path / "same", lab, hidden=tmp_path, limit=1, seconds=1.0)
    assert task_of(same, same.tasks[0]).task.gold_predictable


def test_a_hidden_configuration_must_give_its_numbers_again(data: Path, lab: Lab, tmp_path: Path) -> None:
    root = tmp_path / "repositories" / CPU / "code"
    shutil.copytree(data / CPU / "code", root)
    noise = "import random\nnoise = config['noise'] * 10 ** random.uniform(0, 30)\n"
    code = RUN.replace("values = scaled", f"{noise}values = scaled")
    (root / "run.py").write_text(code.replace("Mean()(values)", "Mean()(values) + noise"))
    (root / "config.json").write_text('{"values": [1.0, 2.0, 6.0], "noise": 0}')
    lines(tmp_path / "mlrc_n_1.jsonl", [problem_row(CPU, FUNCTIONS[1:2], EXPERIMENTS[:1])])
    (tmp_path / "hidden.toml").write_text("[[hidden]]\noverrides = { noise = 1 }\n")
    places = {"repositories": tmp_path / "repositories", "hidden": tmp_path / "hidden.toml"}
    done = import_autoexperiment(tmp_path, tmp_path / "tasks", lab, **places, seconds=1.0)
    assert done.left_out[0].reason == ("not runnable here: gives another mean in each run in the configuration hidden1")


def test_published_values_that_an_agent_sees_are_leaks(data: Path, lab: Lab, tmp_path: Path) -> None:
    shutil.copytree(data / CPU, tmp_path / CPU)
    (tmp_path / CPU / "code" / "README.md").write_text("The mean is 4.113.\n")
    (tmp_path / CPU / "code" / "old.ipynb").write_text(METRICS + 'def one(values):\n    return "second"\n')
    experiment = ("0", "Scale.", "{'mean': 4.113}", "python run.py 1.371")
    lines(tmp_path / "mlrc_n_1.jsonl", [problem_row(CPU, FUNCTIONS[2:], [experiment])])
    done = import_autoexperiment(tmp_path, tmp_path / "tasks", lab, check=False)
    task = task_of(done, f"{CPU}_2").task
    assert task.leaks == ("README.md holds 4.113", "old.ipynb holds a copy of metrics.py:scaled")
    assert task.soundness is Soundness.LEAKING


def test_other_numbers_missing_repositories_and_wrong_lines_are_reasons(data: Path, lab: Lab, tmp_path: Path) -> None:
    wrong = (*FUNCTIONS[0][:3], 77, 78, 79, *FUNCTIONS[0][6:])
    # The mean of all deviations is small enough for the published rule, and no solution could pass.
    other = [("0", "Scale.", "{'mean': 6.0, 'spread': 6.0, 'all': [2.0, 4.0, 13.0]}", "python run.py 2")]
    rows = [
        problem_row(CPU, [wrong], EXPERIMENTS),
        problem_row(CPU, [FUNCTIONS[1]], other),
        problem_row("3333.00003", [FUNCTIONS[2]], EXPERIMENTS),
        {**problem_row(CPU, [FUNCTIONS[2]], EXPERIMENTS), "solution": "python run.py 2"},
    ]
    lines(tmp_path / "mlrc_n=1.jsonl", rows)
    done = import_autoexperiment(tmp_path, tmp_path / "tasks", lab, repositories=data, seconds=1.0)
    assert done.tasks == ()
    reasons = {entry.task: entry.reason for entry in done.left_out}
    assert "none of them at line 77" in reasons[f"{CPU}_0"]
    assert reasons[f"{CPU}_1"].endswith("gives other numbers here than the published ones (all)")
    assert "the repository of 3333.00003 is not there" in reasons["3333.00003_2"]
    assert "has no command" in reasons[f"{CPU}_2"]


def test_all_writes_for_another_machine_and_no_check_runs_nothing(
    data: Path, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "has_gpu", lambda: False)
    done = import_autoexperiment(data, tmp_path, lab, check=False)
    assert done.left_out[0].reason == "not runnable here: seems to need a GPU (train.py:2)"
    every = import_autoexperiment(data, tmp_path, lab, check=False, every=True)
    assert f"{GPU}_0" in every.tasks
    monkeypatch.setattr(module, "has_gpu", lambda: True)
    assert import_autoexperiment(data, tmp_path, lab, check=False).left_out == ()


def test_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds neither mlrc_n_\*\.jsonl"):
        read_problems(tmp_path, [1], limit=1, seed=0)
    (tmp_path / "mlrc_n_1.jsonl").write_text("{}\n[")
    with pytest.raises(DataError, match="line 1 is no problem: paper_id is missing"):
        read_problems(tmp_path, [1], limit=1, seed=0)


def test_older_results_are_written_as_python() -> None:
    assert literal("{'a': [1e-05]}") == literal('{"a": [1e-05]}') == {"a": [1e-05]}
    with pytest.raises(ValueError, match="neither JSON nor Python"):
        literal("IoU: 3")


NUMBERS = runpy.run_path(str(Path(module.__file__).parent / "programs" / "hakken_collect.py"))["numbers"]
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.dictionaries(st.sampled_from(["IoU", "total loss", "FID_score"]), FINITE, min_size=1), st.booleans())
def test_printed_tables_are_found_in_what_else_is_printed(table: dict[str, float], as_json: bool) -> None:
    printed = json.dumps(table) if as_json else repr(table)
    text = f"loading {{'x': 1}}\n{{'IoU': 0}} warming up\nresult {printed} done\n{{not a table}}\n"
    assert NUMBERS(text, list(table)) == table


def test_printed_lines_are_found_too() -> None:
    text = "epoch 0 total_loss: 9.5\nepoch 1 Total Loss = 1.5e-3\nIoU is .25\nsubIoU: 3\n"
    assert NUMBERS(text, ["total loss", "IoU"]) == {"total loss": 1.5e-3, "IoU": 0.25}
    assert NUMBERS("{'a': tensor(0.5, device='cpu'), 'b': [np.float64(2.0)]}", ["a", "b"]) == {"a": 0.5, "b": [2.0]}
    assert NUMBERS("nothing", ["a"]) == {}


def test_the_command(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / CPU, tmp_path / "MLRC" / CPU)
    lines(tmp_path / "MLRC" / "mlrc_n_1.jsonl", [problem_row(CPU, [FUNCTIONS[0]], EXPERIMENTS[:1])])
    words = ["bench", "import", "autoexperiment", str(tmp_path / "MLRC"), "--out", str(tmp_path / "tasks")]
    result = CliRunner().invoke(app, [*words, "--seconds", "1"])
    assert result.exit_code == 0, result.stderr
    none = CliRunner().invoke(
        app, ["bench", "import", "autoexperiment", str(data), "-n", "9", "--out", str(tmp_path / "0")]
    )
    assert (none.exit_code, "0 tasks of AutoExperiment" in none.stdout) == (1, True)
    assert f"1 tasks of AutoExperiment in {tmp_path / 'tasks'}, 0 left out" in result.stdout
    for more, sentence in ((["--mode", "all"], "no mode 'all'"), (["--hidden", "none"], "There is no none")):
        failed = CliRunner().invoke(app, [*words, *more])
        assert failed.exit_code == 2
        assert sentence in failed.stderr


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("mlrc_n_1.jsonl", b"\xff{}\n", "line 1, is no JSON table"),
        ("mlrc_n_1.jsonl", b'{"paper_id": "../up", "func_ids": ""}\n', "'../up' is no name of a paper"),
        ("mlrc_funcs.csv", b"paper_id,name\n1,caf\xe9\n", "is no CSV file in UTF-8"),
    ],
)
def test_a_damaged_file_is_named(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=problem):
        read_problems(tmp_path, [1], limit=5, seed=0)


def test_a_function_outside_of_the_repository_is_none(data: Path) -> None:
    row = {**function_row(CPU, FUNCTIONS[0]), "file": "../code/metrics.py"}
    with pytest.raises(NotFound, match="is not a path in the repository"):
        locate(data / CPU / "code", Function.model_validate(row))
