"""How a small model is asked for code: a hole in the file first, then a conversation."""

from __future__ import annotations

import pytest

from hakken.core.source import SourceError, function_source
from hakken.core.types import Request, Role
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.research.experiments import load_template
from hakken.research.search.author import Author, Trouble
from hakken.research.search.edits import Change
from hakken.research.search.hole import hole_of
from tests.agents.helpers import Log
from tests.search.sample import IDEA, TINY

TEXTS = {"experiment.py": (TINY / "experiment.py").read_text()}
CHAT = "Thought: Sort them.\n```python\ndef combine(readings):\n    return sorted(readings)[0]\n```"


def drawn(asked: list[Request], fillings: list[str], count: int, **more: object) -> list[Change | SourceError]:
    def answer(request: Request) -> str:
        asked.append(request)
        return CHAT if request.infill is None else fillings[request.sample % len(fillings)]

    ledger = Ledger({Role.CODE: FunctionModel(answer, strong=False, parallel=1)}, Log())
    author = Author(load_template(TINY), IDEA, ledger)
    return list(author.write(TEXTS, [], "", None, count, **more))  # type: ignore[arg-type]


def code(change: Change | SourceError) -> str:
    assert isinstance(change, Change)
    return function_source(change.sources["experiment.py"], "combine")


def test_the_hole_shows_the_idea_and_the_file_without_the_old_body() -> None:
    hole = hole_of(TEXTS["experiment.py"], "combine", IDEA)
    assert hole is not None
    before, after = hole.infill.prefix, hole.infill.suffix
    assert before.endswith('not \'the mean\'.\n    """\n')
    assert "Median of readings. Return the middle reading" in before
    assert "def combine(readings):" in before
    old = function_source(TEXTS["experiment.py"], "combine").splitlines()[-1].strip()
    assert old not in before + after
    assert "def main" in after or "def main" in before


def test_two_thirds_fill_the_hole_and_the_last_third_talks() -> None:
    asked: list[Request] = []
    filled = drawn(asked, ["    return sorted(readings)[len(readings) // 2]\n\n\ndef other():\n    pass\n"], 3)
    assert [request.infill is not None for request in asked] == [True, True, False]
    assert code(filled[0]).endswith("return sorted(readings)[len(readings) // 2]")
    assert "Median of readings" not in code(filled[0]), "the docstring is the template's"
    assert code(filled[2]).endswith("return sorted(readings)[0]")


def test_a_model_that_fills_no_holes_answers_with_the_whole_function() -> None:
    assert code(drawn([], [CHAT], 3)[0]) == code(drawn([], [CHAT], 3)[2])


def test_each_filling_is_drawn_warmer_than_the_one_before() -> None:
    asked: list[Request] = []
    drawn(asked, ["    return readings[0]"], 6, turn=1)
    warm = [request.temperature for request in asked if request.infill is not None]
    assert warm == pytest.approx([0.5, 0.62, 0.74, 0.86])
    assert len({request.temperature for request in asked if request.infill is None}) == 1


def test_a_name_that_nobody_defines_is_kept_out_of_the_next_holes() -> None:
    asked: list[Request] = []
    drawn(asked, ["    return middle(readings, k)", "    return readings[0]"], 5)
    kept_out = [request.avoid for request in asked if request.infill is not None]
    assert kept_out == [(), ("middle",), ("middle",), ("middle",)], "a letter is one that any code may need"
    assert all(request.avoid == () for request in asked if request.infill is None)


def test_no_hole_is_filled_twice_in_the_same_way() -> None:
    asked: list[Request] = []
    for turn in range(2):
        drawn(asked, ["    return readings[0]"], 3, turn=turn)
    keys = [request.key("m") for request in asked if request.infill is not None]
    assert len(set(keys)) == len(keys) == 4


@pytest.mark.parametrize(
    ("filling", "problem"),
    [
        ("    return middle(readings)", "'middle' is used where it is not defined"),
        ("    import torch\n    return torch.median(readings)", "No module named 'torch'"),
    ],
)
def test_what_is_not_there_is_said_without_a_run(filling: str, problem: str) -> None:
    change = drawn([], [filling], 1)[0]
    assert isinstance(change, Change)
    assert problem in change.problem


def test_a_mended_version_that_still_lacks_the_name_is_seen_without_a_run() -> None:
    failing = CHAT.replace("sorted(readings)", "middle(readings)")
    ledger = Ledger({Role.CODE: FunctionModel(lambda _: failing, strong=False, parallel=1)}, Log())
    broken = {
        "experiment.py": TEXTS["experiment.py"].replace("def combine(readings):", "def combine(readings):\n    middle")
    }
    change = Author(load_template(TINY), IDEA, ledger).mend(broken, TEXTS, Trouble("It fails."), 1)
    assert isinstance(change, Change)
    assert "'middle'" in change.problem
