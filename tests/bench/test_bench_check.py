"""The page of the proved suite: what is written by hand stays, and only a full check replaces its results."""

from __future__ import annotations

import importlib
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hakken.bench.checking.findings import AttackRow, Check, SourceCheck
from hakken.core.types import Rung

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
OLD = "# Title\n\nBy hand before.\n\n<!-- results: begin -->\nold numbers\n<!-- results: end -->\n\nBy hand behind.\n"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The script with a page of its own, and a check that finds the same at once."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    script = importlib.import_module("bench_check")
    row = SourceCheck(source="tiny", experiments=2, problems=(), complete=True)
    attack = AttackRow(
        attack="zeros", what="Zeros.", tried=2, passed={}, fabricated=0, tampered=0, hard_coded=0, caught="so"
    )

    def check(name: str, sources: object, lab: object, *, quick: bool, only: list[str], workers: int) -> Check:
        return Check(suite=name, quick=quick, sources=(row,), attacks=(attack,))

    monkeypatch.setattr(script, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(script, "check_suite", check)
    monkeypatch.setattr(script, "best_rung", lambda: SimpleNamespace(rung=Rung.BUBBLEWRAP))
    monkeypatch.setattr(script, "open_executor", lambda workers: nullcontext())
    script.PAGE.write_text(OLD)
    return script


def run(script: Any, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Call it as a command."""
    monkeypatch.setattr(sys, "argv", ["bench_check.py", *words])
    with pytest.raises(SystemExit) as stop:
        script.main()
    assert stop.value.code == 0


def test_a_full_check_replaces_its_results_and_nothing_else(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run(script, monkeypatch)
    before, results, after = OLD.partition("old numbers")[0], "| tiny | 2 |", OLD.partition("old numbers")[2]
    page = script.PAGE.read_text()
    assert page.startswith(before)
    assert page.endswith(after)
    assert results in page
    assert "old numbers" not in page
    assert "Full check of 1 repositories" in page
    run(script, monkeypatch)
    assert script.PAGE.read_text().count("<!-- results: begin -->") == 1


@pytest.mark.parametrize("words", [("--quick",), ("tiny",)])
def test_a_part_of_the_check_is_printed_alone(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    run(script, monkeypatch, *words)
    assert script.PAGE.read_text() == OLD
    told = capsys.readouterr()
    assert "| tiny | 2 |" in told.out
    assert "page.md stays as it is" in told.err


def test_a_page_without_a_place_is_told_before_anything_is_measured(
    script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.PAGE.write_text("# By hand alone\n")
    monkeypatch.setattr(script, "check_suite", lambda *_, **__: pytest.fail("it was measured"))
    monkeypatch.setattr(sys, "argv", ["bench_check.py"])
    with pytest.raises(SystemExit, match="has no place for results"):
        script.main()
    assert script.PAGE.read_text() == "# By hand alone\n"


@pytest.mark.parametrize("name", ["bench_check.md", "agent_panel.md"])
def test_the_pages_have_one_place_for_results(name: str) -> None:
    page = (BENCHMARKS / name).read_text()
    assert [page.count(f"<!-- results: {mark} -->") for mark in ("begin", "end")] == [1, 1]
