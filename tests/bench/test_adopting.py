"""A newcomer's repository: what is found out about it, and one clear sentence for each thing that is wrong."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.requirements import imported_packages, requirement
from hakken.bench.tasks.adopting import adopt, load_hidden, staged
from hakken.bench.tasks.making import make_tasks, prove, write
from hakken.bench.tasks.suite import SuiteError, load_source
from hakken.bench.types import Experiment, FunctionRef, Variant
from hakken.cli.places import file_for, folder_for
from hakken.core.errors import UsageError

TRAIN = """\
import json
import sys

import pyflakes


def mean(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def main(seed):
    with open("metrics.json", "w") as file:
        json.dump({"mean": mean([seed, 2.5, 4.0])}, file)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "newcomer"
    root.mkdir()
    (root / "train.py").write_text(TRAIN)
    (root / "README.md").write_text("# Means\n\n## Results\n\nThe mean is 2.50.\n")
    return root


def test_a_script_alone_becomes_tasks(repo: Path, lab: Lab, tmp_path: Path) -> None:
    told: list[str] = []
    (repo / "hidden.toml").write_text('[[hidden]]\narguments = ["7"]\n')
    source = adopt(repo, ["python train.py"], replace(lab, tell=told.append), hidden=repo / "hidden.toml")
    assert source.packages == ("pyflakes",)
    assert source.experiments[0].results == "metrics.json"
    assert told == ["running `python train.py` once, to see what it writes"]
    proved = prove(source, lab, runs=2)
    assert [str(f) for f in proved.functions] == ["train.py:mean"]
    (task,) = make_tasks(proved, [1])
    assert not task.gold_predictable
    folder = write(task, proved, tmp_path / "tasks")
    assert "2.50" not in (folder.visible_repo / "README.md").read_text()
    steps = (folder.root / "environment" / "Dockerfile").read_text()
    assert f"pip install --no-cache-dir {requirement('pyflakes')}" in steps
    assert tomllib.loads((folder.root / "task.toml").read_text())["hidden"]["Experiment 1"][0]["arguments"] == ["7"]
    assert json.loads((folder.root / "solution" / "answer.json").read_text()) == {"Experiment 1": {"mean": 2.5}}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise OSError('no data')", r"exit code 1: OSError: no data\. Make it run first"),
        ("print(0.5)", r"writes no file with numbers, and prints none that has a name\. Let it write"),
        (
            "import json\nfor n in 'ab': json.dump({'x': 1}, open(n + '.json', 'w'))",
            r"several files.*--results a\.json",
        ),
    ],
)
def test_what_is_wrong_with_a_command(code: str, problem: str, repo: Path, lab: Lab) -> None:
    (repo / "train.py").write_text(code)
    with pytest.raises(UsageError, match=problem):
        adopt(repo, ["python train.py"], lab)


@pytest.mark.parametrize(
    ("command", "problem"),
    [("", "is empty"), ("python 'x", "cannot be read"), ("python train.py", "no file nothing.py")],
)
def test_what_is_wrong_with_the_words(command: str, problem: str, repo: Path, lab: Lab) -> None:
    with pytest.raises(UsageError, match=problem):
        adopt(repo, [command], lab, results=["metrics.json"], functions=["nothing.py:f"])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("total = 0.0", "import random; total = 10 ** random.uniform(0, 30)"), "no number that a second run gives"),
        (("mean([seed, 2.5, 4.0])", "2.5"), "the commands execute none"),
    ],
)
def test_what_is_wrong_with_the_code(change: tuple[str, str], problem: str, repo: Path, lab: Lab) -> None:
    code = TRAIN.replace(*change)
    (repo / "train.py").write_text(code)
    source = adopt(repo, ["python train.py"], lab, results=["metrics.json"])
    with pytest.raises(UsageError, match=problem):
        prove(source, lab, runs=3)


def test_a_function_that_cannot_be_read_is_named(repo: Path, lab: Lab) -> None:
    (repo / "broken.py").write_text("def broken(:\n")
    source = adopt(repo, ["python train.py"], lab, results=["metrics.json"], functions=["broken.py:broken"])
    with pytest.raises(UsageError, match=r"broken\.py:broken cannot be masked: The file is not valid Python"):
        prove(source, lab)


def test_links_are_told(repo: Path, lab: Lab) -> None:
    (repo / "data").symlink_to("/nowhere")
    told: list[str] = []
    adopt(repo, ["python train.py"], replace(lab, tell=told.append), results=["metrics.json"])
    assert told == ["links are not followed: data; copy what the commands need into the repository"]


def test_packages_are_those_that_are_imported_and_installed(repo: Path) -> None:
    (repo / "pkg").mkdir()
    (repo / "pkg" / "more.py").write_text(
        "import os, numpy as np\nfrom pkg import x\nfrom . import y\nimport no_such_one\n"
    )
    (repo / "pkg" / "broken.py").write_text("import (")
    assert imported_packages(repo) == ("numpy", "pyflakes")
    assert requirement("no_such_one") == "no_such_one"


def test_a_result_file_outside_of_the_repository_is_refused_and_stays(repo: Path, lab: Lab, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("{}")
    for name in (str(mine), "../mine.json", "."):
        with pytest.raises(UsageError, match=r"--results: .* is not a path in the repository"):
            adopt(repo, ["python train.py"], lab, results=[name])
    assert mine.read_text() == "{}"


@pytest.mark.parametrize("path", ["/etc/x.json", "../x.json", "a/../../x.json", "", "."])
def test_no_record_names_a_file_outside_of_the_repository(path: str) -> None:
    """Runs delete result files and write configurations: nobody may point them at a file of the user's."""
    with pytest.raises(ValidationError, match="not a path in the repository"):
        Experiment(name="x", command=("python",), results=path)
    with pytest.raises(ValidationError, match="not a path in the repository"):
        Variant(name="x", file=path)
    with pytest.raises(ValueError, match=r"not a path in the repository|not of the form"):
        FunctionRef.parse(f"{path}:f")


def test_a_path_has_one_spelling() -> None:
    assert FunctionRef.parse("./pkg//a.py:f") == FunctionRef(file="pkg/a.py", name="f")
    assert Experiment(name="x", command=("python",), results="./out/x.json").results == "out/x.json"


def test_what_would_give_tasks_away_is_no_part_of_the_repository(repo: Path, tmp_path: Path) -> None:
    (repo / "hidden.toml").write_text('[[hidden]]\narguments = ["7"]\n')
    (repo / "suite.toml").write_text("")
    for name in (
        "hakken-attempts/a.json",
        "deep/old/r-n1-0/tests/task.json",
        "deep/old/r-n1-0/solution/files/train.py",
    ):
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text("{}")
    (repo / "my tasks" / "new").mkdir(parents=True)
    (repo / "link").symlink_to("train.py")
    told: list[str] = []
    copy = staged(repo, tmp_path / "place", (repo / "my tasks", repo / "hidden.toml", None), told.append)
    assert copy.name == repo.name
    assert sorted(str(p.relative_to(copy)) for p in copy.rglob("*")) == ["README.md", "train.py"]
    assert told == [
        "no part of the repository: deep/old/r-n1-0, hakken-attempts, hidden.toml, my tasks, suite.toml",
        "links are not followed: link; copy what the commands need into the repository",
    ]


def test_a_repository_that_is_the_place_of_its_tasks_stays_whole(repo: Path, tmp_path: Path) -> None:
    told: list[str] = []
    copy = staged(repo, tmp_path / "place", (repo, tmp_path / "elsewhere"), told.append)
    assert (sorted(p.name for p in copy.iterdir()), told) == (["README.md", "train.py"], [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"x = \xff", "can't decode byte"),
        (b"x = 1", r"there is no \[\[hidden\]\] table"),
        (b"hidden = []", r"there is no \[\[hidden\]\] table"),
        (b"[[hidden]]", "hidden1 changes nothing"),
        (b'[[hidden]]\narguments = "--seed 3"', "arguments: input should be a valid tuple"),
        (b'[[hidden]]\nargs = ["--seed", "3"]', "args: extra inputs are not permitted"),
        (
            b'[[hidden]]\nfile = "/etc/x.json"\noverrides = { a = 1 }',
            "file: '/etc/x.json' is not a path in the repository",
        ),
    ],
)
def test_what_is_wrong_with_hidden_configurations(text: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "hidden.toml").write_bytes(text)
    with pytest.raises(UsageError, match=problem):
        load_hidden(tmp_path / "hidden.toml")


@pytest.mark.parametrize("content", [b"\x89PNG\0\xff", b"caf\xe9", b"", b"a\0b"])
def test_a_paper_that_is_no_text_is_refused(content: bytes, repo: Path, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(content)
    with pytest.raises(UsageError, match=r"holds no text in UTF-8\. Give it as Markdown"):
        adopt(repo, ["python train.py"], lab, paper=tmp_path / "paper.pdf")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("experiment = [1]", "experiment: 1 is no table"),
        ('[[experiment]]\nname = "a"\ncommand = ["x"]\nresults = "r.json"\nhidden = [3]', "hidden: 3 is no table"),
        (
            '[[experiment]]\nname = "a"\ncommand = ["x"]\nresults = "r.json"\nhidden = { arguments = 3 }',
            "arguments: input should be a valid tuple",
        ),
    ],
)
def test_a_suite_with_a_table_missing(line: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "suite.toml").write_text(line)
    with pytest.raises(SuiteError, match=problem):
        load_source(tmp_path)


def test_a_place_that_nobody_can_write_to_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert folder_for(tmp_path / "new" / "deeper") == tmp_path / "new" / "deeper"
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=r"--out .*file is no folder"):
            folder_for(place)
        with pytest.raises(UsageError, match=r"--out .*file is no folder"):
            file_for(place / "more")
    with pytest.raises(UsageError, match="it is a folder"):
        file_for(tmp_path)
    assert file_for(tmp_path / "file") == tmp_path / "file"
