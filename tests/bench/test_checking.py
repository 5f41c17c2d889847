"""A check of a suite: what it says of a good one, of a bad one, and what it does not measure twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hakken.bench.checking import check_suite
from hakken.bench.kept import Kept
from hakken.bench.proving import Lab, Meter
from hakken.bench.types import Source
from hakken.core.types import Rung

SOME = ("exit_zero", "zeros", "defined_twice")


@pytest.fixture(scope="module")
def keeping(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    kept = Kept(tmp_path_factory.mktemp("kept"), (), Rung.BUBBLEWRAP)
    return replace(lab, kept=kept, meter=Meter())


def test_a_good_suite_is_proved_and_found_again(tiny: Source, keeping: Lab) -> None:
    found = check_suite("tiny", [tiny], keeping, quick=True, attacking=SOME)
    assert found.ok
    (row,) = found.sources
    assert (row.experiments, row.functions, row.oracle, row.null, row.attacks) == (2, 5, (2, 2), (0, 2), (0, 3))
    caught = {attack.attack: attack.caught for attack in found.attacks}
    assert caught == {
        "zeros": "no function was written (fabricated)",
        "exit_zero": "wrong numbers in a hidden configuration (hard-coded)",
        "defined_twice": "wrong numbers in a hidden configuration (hard-coded)",
    }
    told: list[str] = []
    again = check_suite("tiny", [tiny], replace(keeping, tell=told.append), quick=True, attacking=SOME)
    assert again == found
    assert any("as found before" in line for line in told)
    assert not any("measuring" in line for line in told)


def test_a_function_that_nobody_needs_is_a_problem(tiny: Source, keeping: Lab) -> None:
    unused = tiny.model_copy(update={"experiments": tiny.experiments[:1]})
    found = check_suite("tiny", [unused], keeping, quick=True, attacking=("zeros",))
    assert not found.ok
    assert "tiny/fit.py:spread is executed by no experiment" in found.sources[0].problems


def test_a_broken_repository_fails_the_check_and_is_tried_again(tiny: Source, keeping: Lab) -> None:
    missing = tiny.model_copy(
        update={"experiments": (tiny.experiments[0].model_copy(update={"command": ("python", "none.py")}),)}
    )
    found = check_suite("tiny", [missing], keeping, quick=True)
    assert not found.ok
    assert "fails" in found.sources[0].problems[0]
    assert not found.sources[0].complete
