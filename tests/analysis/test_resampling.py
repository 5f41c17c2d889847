"""Intervals: their draws, their coverage, and what is left where nothing varies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.analysis.resampling import (
    cluster_draws,
    effective_draws,
    free_interval,
    mean_interval,
    weighted_means,
    wilson,
)
from hakken.analysis.scaling import LogFit, NoFit, fit_log

CLUSTERS = [("a", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("c", "2"), ("c", "3")]


def test_draws_take_whole_groups() -> None:
    weights = cluster_draws(CLUSTERS)
    assert (weights[:, 0] == weights[:, 1]).all()
    # Three outer groups are drawn; each brings as many inner groups as it has.
    inner = weights[:, [0, 2]].sum(1) / 2 + weights[:, 3] + weights[:, [4, 5, 6]].sum(1) / 3
    assert inner == pytest.approx(np.full(len(weights), 3.0))
    assert weights.mean(0) == pytest.approx(np.ones(7), abs=0.1)


def test_coverage_of_an_interval_over_groups() -> None:
    """Thirty groups of four equal units: an interval that took units for independent would be half as wide."""
    generator = np.random.default_rng(1)
    covered = 0
    clusters = [("r", str(i // 4)) for i in range(120)]
    for _ in range(200):
        values = np.repeat(generator.random(30), 4)
        low, high = mean_interval(list(values), clusters)
        covered += low <= 0.5 <= high
    # Binomial with 0.95 of 200 has a deviation of 3.1; percentile intervals of 30 groups cover a little less.
    assert 178 <= covered <= 200


def test_nothing_varies() -> None:
    clusters = [("a", str(i)) for i in range(4)]
    reach = 1 - 0.025**0.25
    assert mean_interval([0.0] * 4, clusters) == (0.0, pytest.approx(reach))
    assert mean_interval([1.0] * 4, clusters) == (pytest.approx(1 - reach), 1.0)
    assert mean_interval([0.0] * 4, clusters, (-1.0, 1.0)) == (pytest.approx(-reach), pytest.approx(reach))
    assert mean_interval([0.5] * 4, clusters) == (pytest.approx(0.5 - reach / 2), pytest.approx(0.5 + reach / 2))
    # One group says as little, whatever its units do.
    one = [("a", "f"), ("a", "f")]
    assert mean_interval([0.0, 1.0], one) == (pytest.approx(0.0125), pytest.approx(0.9875))
    assert free_interval([7.0, 9.0], one) is None
    assert free_interval([7.1] * 4, clusters) is None
    found = free_interval([7.0, 9.0, 7.0, 9.0], clusters)
    assert found is not None
    assert 7.0 <= found[0] < 8.0 < found[1] <= 9.0


@settings(deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_wilson(case: tuple[int, int]) -> None:
    n, k = case
    low, high = wilson(k / n, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1
    assert high - low < 1


def test_wilson_against_published_values() -> None:
    assert wilson(0.0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert wilson(81 / 263, 263) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_groups_that_hardly_differ_are_worth_no_more_than_what_is_in_them() -> None:
    alike = [(50.0, 100), (51.0, 100), (49.0, 100)]
    assert effective_draws(alike) == 300
    assert effective_draws(alike, most=12.0) == 12
    assert effective_draws([(0.0, 100), (100.0, 100), (50.0, 100)], most=12.0) == 3
    assert effective_draws([(0.0, 10), (0.0, 30)]) == pytest.approx(1.6)


def test_a_line_is_found_again() -> None:
    generator = np.random.default_rng(3)
    x = [100.0, 300.0, 1_000.0, 10_000.0]
    truth = 0.1 + 0.15 * np.log10(x)
    clusters = [("r", str(i)) for i in range(80)]
    noisy = truth + generator.normal(0, 0.2, (80, 1)) + generator.normal(0, 0.05, (80, 4))
    weights = cluster_draws(clusters)
    draws = np.stack([weighted_means(list(noisy[:, i]), weights) for i in range(4)], axis=1)
    fit = fit_log(x, list(noisy.mean(0)), draws)
    assert isinstance(fit, LogFit)
    assert fit.low < 0.15 < fit.high
    # What the tasks share moves the whole line and not its slope: 0.05 / sqrt(80) over the spread of log10(x).
    assert fit.high - fit.low < 0.04
    assert (fit.band[0].x, fit.band[-1].x) == (pytest.approx(100.0), pytest.approx(10_000.0))


@pytest.mark.parametrize(
    ("x", "reason"),
    [([1.0, 2.0], "2 amounts"), ([0.0, 1.0, 2.0], "No compute"), ([1.0, 1.1, 1.2], "too close"), ([], "No compute")],
)
def test_too_little_for_a_line(x: list[float], reason: str) -> None:
    found = fit_log(x, x, np.zeros((5, len(x))))
    assert isinstance(found, NoFit)
    assert reason in found.reason
