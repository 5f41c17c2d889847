"""The combination rule and its sample."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.masking.combos import combinations, relevant
from hakken.bench.types import FunctionRef


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 6))
def test_few_are_all_there(count: int, n: int) -> None:
    assert combinations(count, n, limit=1000) == list(itertools.combinations(range(count), n))


@settings(deadline=None)
@given(st.integers(5, 40), st.integers(1, 5), st.integers(0, 9))
def test_many_are_sampled(count: int, n: int, seed: int) -> None:
    found = combinations(count, n, seed=seed)
    assert len(found) == len(set(found)) == min(100, math.comb(count, n))
    assert found == sorted(found)
    assert all(len(set(c)) == n and c == tuple(sorted(c)) and c[-1] < count for c in found)
    assert found == combinations(count, n, seed=seed)


def test_the_sample_depends_on_seed_and_repository() -> None:
    samples = {tuple(combinations(33, 3, seed=seed, salt=salt)) for seed in (0, 1) for salt in ("a", "b")}
    assert len(samples) == 4


def test_counts_of_the_original() -> None:
    """Four repositories with 33, 23, 15 and 14 functions have the numbers of samples that were published."""
    totals = [sum(math.comb(k, n) for k in (33, 23, 15, 14)) for n in range(1, 6)]
    assert totals == [85, 977, 8046, 52141, 275990]


def test_any_masked_function_makes_an_experiment_relevant() -> None:
    f, g = FunctionRef(file="m.py", name="f"), FunctionRef(file="m.py", name="g")
    needs = {"one": ["m.py:f"], "two": ["m.py:f", "m.py:g"], "three": []}
    assert relevant([g], needs, needs) == ("two",)
    assert relevant([f, g], needs, needs) == ("one", "two")
    assert relevant([], needs, needs) == ("one", "two", "three")
