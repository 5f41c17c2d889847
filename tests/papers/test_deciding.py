"""Comparisons whose seeds are too few for any verdict are known, whatever the trials gave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Comparison, Snapshot, Split
from hakken.research.experiments.statistics import holm_adjusted, sign_flip_p
from hakken.research.papers.deciding import least_p, too_few, undecidable
from tests.papers.builders import build_snapshot

RECORD = build_snapshot()
ANY = RECORD.comparisons[0][1]


def compared(n: int, p: float | None = None, **more: object) -> Comparison:
    """A comparison on n pairs; by default with the smallest p that there is, and sure but for its p."""
    row = ANY.model_copy(update={"n": n, "verdict": "better", "p_adjusted": None, **more})
    return row.model_copy(update={"p": least_p(row) if p is None else p})


def record(rows: list[Comparison]) -> Snapshot:
    return RECORD.model_copy(update={"comparisons": tuple((Split.EXPLORE, c) for c in rows), "matched": ()})


@pytest.mark.parametrize("n", [2, 5, 8, 16, 17, 20])
def test_the_least_p_is_that_of_pairs_that_all_point_one_way(n: int) -> None:
    p = sign_flip_p(np.ones(n))
    assert p == pytest.approx(least_p(compared(n))) if n <= 16 else p >= least_p(compared(n))


@given(st.lists(st.tuples(st.integers(2, 20), st.floats(0, 1)), min_size=1, max_size=30))
def test_no_comparison_that_could_not_be_decided_is(drawn: list[tuple[int, float]]) -> None:
    rows = holm_adjusted([compared(n, max(p**8, least_p(compared(n)))) for n, p in drawn])
    judge = undecidable(record(rows))
    assert all(c.verdict == "inconclusive" for c in rows if judge(c))


@given(st.integers(2, 12), st.integers(1, 40))
def test_what_could_be_decided_is_where_every_p_is_the_least(n: int, count: int) -> None:
    rows = holm_adjusted([compared(n)] * count)
    assert undecidable(record(rows))(rows[0]) == (rows[0].verdict == "inconclusive")


def test_seven_on_eight_seeds_are_too_many() -> None:
    for count in (6, 7):
        rows = holm_adjusted([compared(8)] * count + [compared(20)] * 5)
        judge = undecidable(record(rows))
        assert [judge(c) for c in rows] == [count == 7] * count + [False] * 5
        assert not too_few(record(rows), Split.EXPLORE), "those on 20 seeds could be decided"
        assert too_few(record(holm_adjusted([compared(8)] * count)), Split.EXPLORE) == (count == 7)


def test_a_comparison_alone_needs_six_pairs() -> None:
    judge = undecidable(record([]))
    assert [n for n in range(2, 10) if judge(compared(n))] == [2, 3, 4, 5]
    assert not judge(compared(3, paired=False)), "of unpaired trials nothing is said"


def test_without_secondary_comparisons_nothing_is_too_few() -> None:
    assert not too_few(record([compared(2)]), Split.EXPLORE)
