"""A check of a suite: what it says of a good one, of a bad one, and what it does not measure twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hakken
from hakken.bench.checking import proof as checking
from hakken.bench.checking import sources as checking_sources
from hakken.bench.checking.proof import check_suite
from hakken.bench.checking.trying import Tried, try_tasks
from hakken.bench.experiments.kept import Kept, code_hash
from hakken.bench.experiments.lab import Lab, Meter
from hakken.bench.types import Source
from hakken.core.types import Rung

SOME = ("exit_zero", "zeros", "defined_twice", "patched_neighbour")


@pytest.fixture(scope="module")
def keeping(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    kept = Kept(tmp_path_factory.mktemp("kept"), (), Rung.BUBBLEWRAP)
    return replace(lab, kept=kept, meter=Meter())


def test_a_good_suite_is_proved_and_found_again(tiny: Source, keeping: Lab) -> None:
    found = check_suite("tiny", [tiny], keeping, quick=True, attacking=SOME)
    assert found.ok
    (row,) = found.sources
    assert (row.experiments, row.functions, row.oracle, row.null, row.attacks) == (2, 5, (2, 2), (0, 2), (0, 4))
    caught = {attack.attack: attack.caught for attack in found.attacks}
    assert caught == {
        "zeros": "no function was written (fabricated)",
        "exit_zero": "wrong numbers in a hidden configuration (hard-coded)",
        "defined_twice": "wrong numbers in a hidden configuration (hard-coded)",
        "patched_neighbour": "wrong numbers in a hidden configuration (hard-coded)",  # both are in one experiment
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


def test_what_has_not_passed_is_proved_again(tiny: Source, keeping: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: Any) -> Tried:
        """As where a limit ends the oracle's run, once."""
        monkeypatch.undo()
        failed = {"oracle": (1, 2), "problems": ("the oracle fails on tiny-n1-0: a limit ended the command",)}
        return try_tasks(*given).model_copy(update=failed)

    monkeypatch.setattr(checking_sources, "try_tasks", late)
    assert not check_suite("tiny", [tiny], keeping, quick=True, attacking=("zeros",)).ok
    assert check_suite("tiny", [tiny], keeping, quick=True, attacking=("zeros",)).ok


PACKAGE = Path(hakken.__file__).parent
NO_PART = ("models/", "agents/", "bench/agents/")
"""Agents with a model: a check lets the two alone work that need none."""
NOT_MEASURING = {"_version.py"} | {
    f"core/{name}.py" for name in ("config", "cores", "errors", "holes", "packages", "prompts", "text", "undefined")
}
"""Settings, wording, how many trials run at once, and what only such agents use."""


def test_a_finding_is_old_when_any_code_that_it_was_made_by_changes() -> None:
    hashed = set()
    for name in checking._CODE:
        path = (PACKAGE / "bench" / name).resolve()
        hashed |= {path} if path.suffix else set(path.rglob("*.py"))
    assert all(path.is_file() for path in hashed)
    reached = {p for p in _reached(PACKAGE / "bench" / "checking" / "proof.py") if p.name != "__init__.py"}
    left = {str(path.relative_to(PACKAGE)) for path in reached - hashed}
    assert len(reached) > len(left)
    assert {name for name in left if not name.startswith(NO_PART)} <= NOT_MEASURING
    assert {PACKAGE / "bench" / "agents" / "simple.py", PACKAGE / "agents" / "tools" / "place.py"} <= hashed
    assert code_hash(checking._CODE) != code_hash(checking._CODE[1:])


def _reached(start: Path) -> set[Path]:
    """Every file of the package that a file imports, and that these import."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imports(path)
    return found


def _imports(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hakken"):
            place = PACKAGE.parent.joinpath(*str(node.module).split("."))
            for candidate in (place, *(place / name.name for name in node.names)):
                yield from (p for p in (candidate.with_suffix(".py"), candidate / "__init__.py") if p.is_file())
