"""A newcomer's repository: what is found out about it, and one clear sentence for each thing that is wrong."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from hakken.bench.adopting import adopt
from hakken.bench.making import make_tasks, prove, write
from hakken.bench.proving import Lab
from hakken.bench.requirements import imported_packages, requirement
from hakken.core.errors import UsageError

TRAIN = """\
import json
import sys

import libcst


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
    assert source.packages == ("libcst",)
    assert source.experiments[0].results == "metrics.json"
    assert told == ["running `python train.py` once, to see what it writes"]
    proved = prove(source, lab, runs=2)
    assert [str(f) for f in proved.functions] == ["train.py:mean"]
    (task,) = make_tasks(proved, [1])
    assert not task.gold_predictable
    folder = write(task, proved, tmp_path / "tasks")
    assert "2.50" not in (folder.visible_repo / "README.md").read_text()
    assert f"pip install --no-cache-dir {requirement('libcst')}" in (folder.root / "environment/Dockerfile").read_text()
    assert tomllib.loads((folder.root / "task.toml").read_text())["hidden"]["Experiment 1"][0]["arguments"] == ["7"]
    assert json.loads((folder.root / "solution" / "answer.json").read_text()) == {"Experiment 1": {"mean": 2.5}}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise OSError('no data')", r"exit code 1: OSError: no data\. Make it run first"),
        ("print(0.5)", r"writes no JSON file with numbers\. Let it write"),
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
    assert imported_packages(repo) == ("libcst", "numpy")
    assert requirement("no_such_one") == "no_such_one"
