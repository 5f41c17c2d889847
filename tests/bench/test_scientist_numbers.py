"""Intervals of shares, means and costs where ideas come in runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.analysis.resampling import effective_draws
from hakken.bench.scientist.estimates import mean, per_paper, share_of_ideas, share_of_runs

PARTS = st.lists(
    st.integers(1, 6).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))), min_size=2, max_size=8
)


def test_one_run_gives_no_interval_and_says_so() -> None:
    for estimate in (share_of_runs(1, 1), share_of_ideas([(2, 3)]), mean([5.0], 1), per_paper([(9.0, 1)])):
        assert estimate is not None
        assert estimate.low is None
        assert estimate.why == "one run gives no interval"


def test_nothing_was_seen_where_nothing_ran() -> None:
    assert share_of_runs(0, 0) is None
    assert share_of_ideas([]) is None
    assert share_of_ideas([(0, 0)]) is None
    assert mean([], 3) is None
    assert per_paper([(9.0, 0), (2.0, 0)]) is None


@given(PARTS)
def test_ideas_of_a_run_are_worth_no_more_than_ideas_and_no_less_than_runs(parts: list[tuple[int, int]]) -> None:
    draws = effective_draws(parts)
    total = sum(size for _, size in parts)
    assert total**2 / sum(size**2 for _, size in parts) - 1e-9 <= draws <= total + 1e-9
    estimate = share_of_ideas(parts)
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.9])
def test_the_interval_of_ideas_holds_the_truth_however_alike_ideas_of_a_run_are(alike: float) -> None:
    """Beta-binomial runs with this correlation inside a run; a plain Wilson interval fails where it is high."""
    random = np.random.default_rng(5)
    truth, runs, size, rounds = 0.4, 6, 5, 400
    held = 0
    for _ in range(rounds):
        if alike:
            scale = (1 - alike) / alike
            fates = random.beta(truth * scale, (1 - truth) * scale, runs)
        else:
            fates = np.full(runs, truth)
        counts = random.binomial(size, fates)
        estimate = share_of_ideas([(int(count), size) for count in counts])
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= truth <= estimate.high
    assert held / rounds >= 0.92


def test_a_paper_costs_what_all_runs_cost() -> None:
    estimate = per_paper([(10.0, 1), (6.0, 0), (8.0, 1)])
    assert estimate is not None
    assert estimate.value == 12.0
    assert estimate.low is not None
    assert estimate.high is not None
    # By hand: residuals -2, 6, -4 give a variance of 3/2 * 56 / 4; t(0.975, 2) is 4.3027.
    assert estimate.high - estimate.value == pytest.approx(4.302653 * math.sqrt(21))
    assert estimate.low == 0.0


def test_the_mean_score_stays_on_its_scale() -> None:
    estimate = mean([3.0, 6.0], 2, bounds=(1.0, 10.0))
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (4.5, 1.0, 10.0)
    alike = mean([4.0, 4.0, 4.0], 3)
    assert alike is not None
    assert (alike.low, alike.why) == (None, "all alike, which gives no spread")
