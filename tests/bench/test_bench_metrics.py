"""pass@k and its relatives, and intervals that are as wide as what is known."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.reports.metrics import Item, estimate, pass_at_k, pass_hat_k, summarise
from tests.bench.simulated import made


@settings(deadline=None)
@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_against_every_subset(case: tuple[int, int, int]) -> None:
    tries, solved, k = case
    subsets = list(itertools.combinations([True] * solved + [False] * (tries - solved), k))
    assert pass_at_k(tries, solved, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
    assert pass_hat_k(tries, solved, k) == pytest.approx(sum(map(all, subsets)) / len(subsets))


@pytest.mark.parametrize("case", [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_what_does_not_fit(case: tuple[int, int, int]) -> None:
    for rule in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="do not fit"):
            rule(*case)


def items(*solved: int, tries: int = 2, sources: int = 1) -> list[Item]:
    return [Item(source=f"r{i % sources}", group=f"f{i}", tries=tries, solved=s) for i, s in enumerate(solved)]


def test_mean_and_missing() -> None:
    found = estimate(items(0, 1, 2, 1, sources=2))
    assert found is not None
    assert (found.value, found.tasks, found.attempts) == (0.5, 4, 8)
    assert 0 <= found.low < 0.5 < found.high <= 1
    assert estimate(items(1), k=3) is None
    assert estimate(items(2, 1), k=2) == estimate(items(2, 1), k=2)
    every = estimate(items(2, 1), k=2, every=True)
    assert every is not None
    assert every.value == 0.5


def test_a_summary_names_pass_at_1_with_one_attempt_and_with_several() -> None:
    once = [made(task=f"r-n1-{i}", solved=i == 0) for i in range(4)]
    assert summarise(once)["all"]["pass@1"]["value"] == 0.25
    assert not {name for name in summarise(once)["all"] if "^" in name}
    again = [*once, *(made(task=f"r-n1-{i}", seed=1, solved=i < 2) for i in range(4))]
    found = {name: share["value"] for name, share in summarise(again, 2)["n=1"].items()}
    assert (found["pass@1"], found["pass@2"], found["pass^2"]) == (0.375, 0.5, 0.25)


def test_nothing_solved_is_no_certainty() -> None:
    found = estimate(items(0, 0, 0, 0))
    assert found is not None
    assert (found.low, found.value) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 4))
    best = estimate(items(2, 2))
    assert best is not None
    assert best.low == pytest.approx(math.sqrt(0.025))


def test_tasks_that_hang_together_widen_the_interval() -> None:
    apart = [Item(source="r", group=f"f{i}", tries=1, solved=i % 2) for i in range(40)]
    together = [Item(source="r", group=f"f{i % 4}", tries=1, solved=i % 2) for i in range(40)]
    one, other = estimate(apart), estimate(together)
    assert one is not None
    assert other is not None
    assert one.value == other.value
    assert other.high - other.low > 2 * (one.high - one.low)
