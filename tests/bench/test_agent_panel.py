"""The panel's page: which attempts its shares are of, and what more of them say."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.bench.simulated import made

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("agent_panel")


def tries(task: str, outcomes: str) -> list[Any]:
    """Attempts one after the other: ``x`` passes."""
    return [made(task=task, seed=seed, solved=letter == "x") for seed, letter in enumerate(outcomes)]


def test_a_task_that_is_solved_needs_no_more_attempts(panel: Any) -> None:
    found = [*tries("descent-n1-0", "x."), *tries("queues-n1-0", "...x"), *tries("spectra-n1-0", ".....")]
    assert panel.solved_once(found, 5).value == pytest.approx(2 / 3)
    assert panel.solved_once(found, 2).value == pytest.approx(1 / 3)


def test_nothing_is_said_while_a_task_lacks_attempts(panel: Any) -> None:
    found = [*tries("descent-n1-0", "x."), *tries("queues-n1-0", "....")]
    assert panel.solved_once(found, 4).value == pytest.approx(1 / 2)
    assert panel.solved_once(found, 5) is None
    assert panel.solved_once([], 1) is None


def test_later_attempts_change_no_share(panel: Any) -> None:
    first = [*tries("descent-n1-0", "x."), *tries("queues-n1-0", "..")]
    more = [*first[:2], *tries("queues-n1-0", "....x")]
    before, after = (panel.report({"mending": found}, "How.").splitlines() for found in (first, more))
    share = next(line for line in before if line.startswith("| mending | 2, 4 | 0.25 "))
    assert share in after
    assert any(line.startswith("| mending | 0.50 [") and "1.00 [" in line for line in after)
