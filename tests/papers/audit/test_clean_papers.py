"""Papers about other people's results whose every sentence is true: nothing is found, and changed ones are caught.

The papers and the changes are those of ``benchmarks/audit_mutants.py``, which makes all of them.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

MUTANTS = 12
"""Of each paper; the benchmark makes up to 250."""


@pytest.fixture(scope="module")
def bench() -> Any:
    return importlib.import_module("benchmarks.audit_mutants")


@pytest.fixture(scope="module")
def tallies(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """One of each paper, over all of its sentences a few mutants."""
    folder = tmp_path_factory.mktemp("papers")
    papers = [*bench.foreign_papers(folder / "composed"), *bench.natural_papers(folder / "natural")]
    return [bench.measure(paper, most=MUTANTS) for paper in papers]


def test_a_true_paper_raises_nothing(tallies: list[Any]) -> None:
    assert len(tallies) == 9
    assert {tally.paper: tally.findings for tally in tallies if tally.findings} == {}


def test_changed_papers_are_caught(tallies: list[Any]) -> None:
    made = sum(sum(tally.made.values()) for tally in tallies)
    caught = sum(sum(tally.caught.values()) for tally in tallies)
    assert made > 80
    assert caught / made >= 0.95, [missed for tally in tallies for missed in tally.missed]
