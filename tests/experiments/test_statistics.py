"""The statistics: degenerate cases, symmetries, and calibration by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hakken.core.errors import UsageError
from hakken.core.types import Comparison, Direction, MetricSpec
from hakken.research.experiments.effects import detectable_effect, equivalence_p
from hakken.research.experiments.jackknife import effect_interval
from hakken.research.experiments.statistics import (
    compare,
    holm,
    holm_adjusted,
    noise_floor,
    relabel_p,
    sign_flip_p,
)

ERROR = MetricSpec(name="error", dataset="digits", direction=Direction.MIN, primary=True)
SCORE = MetricSpec(name="score", dataset="digits", direction=Direction.MAX)
numbers = st.floats(-100, 100).map(lambda x: round(x, 3))
pairs = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=9)


def against(
    base: list[float], variant: list[float], spec: MetricSpec = ERROR, paired: bool = True, floor: float | None = None
) -> Comparison:
    return compare(
        spec,
        dict(enumerate(base)),
        dict(enumerate(variant)),
        variant_id="n1",
        baseline_id="n0",
        paired=paired,
        noise_floor=floor,
    )


def test_a_clear_improvement_by_hand() -> None:
    base = [0.50, 0.52, 0.48, 0.51, 0.49, 0.50, 0.53, 0.47]
    variant = [b - d for b, d in zip(base, [0.10, 0.12, 0.09, 0.11, 0.10, 0.10, 0.12, 0.08], strict=True)]
    c = against(base, variant)
    expected = stats.ttest_rel(variant, base).confidence_interval(0.95)
    assert (c.low, c.high) == pytest.approx((expected.low, expected.high))
    assert c.p == 2 / 2**8
    assert (c.verdict, c.wins, c.n) == ("better", 8, 8)
    assert c.gain == pytest.approx(0.1025)
    assert c.difference == pytest.approx(-0.1025)
    assert c.relative == pytest.approx(-0.205)
    assert against(base, variant, SCORE).verdict == "worse"


def test_an_effect_inside_the_noise_floor_supports_nothing() -> None:
    base = [0.5 + i / 100 for i in range(8)]
    variant = [b - 0.01 - i / 1000 for i, b in enumerate(base)]
    assert against(base, variant).verdict == "better"
    assert against(base, variant, floor=0.02).verdict == "inconclusive"
    assert against(base, variant, floor=0.01).verdict == "better"


def test_five_pairs_never_decide() -> None:
    c = against([1.0, 1.1, 1.2, 1.3, 1.4], [0.1, 0.2, 0.31, 0.4, 0.5])
    assert (c.p, c.verdict) == (2 / 2**5, "inconclusive")


@pytest.mark.parametrize("paired", [True, False])
def test_identical_values(paired: bool) -> None:
    c = against([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], paired=paired)
    assert (c.difference, c.p, c.verdict) == (0, 1, "inconclusive")
    assert c.low <= 0 <= c.high


@pytest.mark.parametrize("paired", [True, False])
def test_seeds_that_change_nothing_are_one_measurement(paired: bool) -> None:
    c = against([0.3] * 8, [0.2] * 8, paired=paired)
    assert (c.p, c.verdict, c.effect_size) == (1, "inconclusive", None)
    assert c.low == c.high == pytest.approx(-0.1)


def test_a_constant_shift_of_values_that_vary_is_decided() -> None:
    base = [float(i) for i in range(8)]
    c = against(base, [b - 1 for b in base])
    assert (c.verdict, c.effect_size) == ("better", None)
    assert c.low == c.high == -1


def test_too_few_seeds_in_common() -> None:
    with pytest.raises(
        UsageError, match=r"digits/error needs at least two trials.*there are 1 and 1 with seeds in com"
    ):
        compare(ERROR, {1: 0.1, 2: 0.2}, {2: 0.1, 3: 0.2}, variant_id="n1", baseline_id="n0")


def test_only_seeds_in_common_are_compared() -> None:
    c = compare(ERROR, {1: 0.1, 2: 0.2, 9: 5.0}, {1: 0.2, 2: 0.4, 7: 9.0}, variant_id="n1", baseline_id="n0")
    assert (c.n, c.baseline_mean) == (2, pytest.approx(0.15))


def test_a_baseline_of_zero_has_no_relative_difference() -> None:
    assert against([0.0, 0.0, 0.0], [1.0, 2.0, 3.0]).relative is None


def test_welch_for_repeats_without_seeds() -> None:
    rng = np.random.default_rng(3)
    base, variant = rng.normal(0, 1, 9).tolist(), rng.normal(-3, 0.2, 7).tolist()
    c = against(base, variant, paired=False)
    expected = stats.ttest_ind(variant, base, equal_var=False).confidence_interval(0.95)
    assert (c.low, c.high) == pytest.approx((expected.low, expected.high))
    assert (c.paired, c.n, c.verdict) == (False, 7, "better")


@given(pairs)
def test_exchanging_the_sides_mirrors_the_result(values: list[tuple[float, float]]) -> None:
    base, variant = ([v[i] for v in values] for i in (0, 1))
    one, two = against(base, variant), against(variant, base)
    assert two.difference == pytest.approx(-one.difference, abs=1e-9)
    assert two.low == pytest.approx(-one.high, abs=1e-9)
    assert two.p == one.p
    assert {one.verdict, two.verdict} in ({"better", "worse"}, {"inconclusive"})
    assert one.low <= one.difference <= one.high


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6), st.booleans())
def test_the_direction_only_turns_gain_and_verdict(values: list[tuple[float, float]], paired: bool) -> None:
    base, variant = ([v[i] for v in values] for i in (0, 1))
    down, up = against(base, variant, ERROR, paired), against(base, variant, SCORE, paired)
    assert down.gain == -up.gain
    assert (down.low, down.p) == (up.low, up.p)
    if down.verdict == "inconclusive":
        assert up.verdict == "inconclusive"
    else:
        assert (down.verdict, up.verdict) == (("better", "worse") if down.gain > 0 else ("worse", "better"))
    assert down.wins + up.wins <= down.n


@given(st.lists(numbers, min_size=2, max_size=9), numbers)
def test_p_is_a_probability_unmoved_by_scale(d: list[float], scale: float) -> None:
    p = sign_flip_p(d)
    assert 2 / 2 ** len(d) <= p <= 1
    if abs(scale) > 0.01:
        assert sign_flip_p([scale * x for x in d]) == pytest.approx(p)


@given(st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=7))
def test_p_agrees_with_brute_force(d: list[float]) -> None:
    sums = [
        abs(sum(s * x for s, x in zip(signs, d, strict=True))) for signs in itertools.product((1, -1), repeat=len(d))
    ]
    assert sign_flip_p(d) == sum(s >= abs(sum(d)) for s in sums) / len(sums)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=5), st.lists(st.integers(-9, 9), min_size=2, max_size=5))
def test_relabelling_agrees_with_scipy(x: list[int], y: list[int]) -> None:
    reference = stats.permutation_test((x, y), lambda a, b: abs(np.mean(a) - np.mean(b)), alternative="greater")
    assert relabel_p(np.array(x, float), np.array(y, float)) == pytest.approx(reference.pvalue)


def test_many_pairs_are_sampled_near_the_exact_p_and_reproducibly() -> None:
    d = np.random.default_rng(0).normal(0.4, 1, 17)
    signs = 1 - 2 * ((np.arange(2**17)[:, None] >> np.arange(17)) & 1)
    exact = float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-9))
    assert sign_flip_p(d, 1) == pytest.approx(exact, abs=0.01)
    assert sign_flip_p(d, 1) == sign_flip_p(d, 1)
    assert sign_flip_p([1.0] * 30) == 1 / 20_001
    assert relabel_p([0.0] * 20, [1.0] * 20) == 1 / 20_001


def test_noise_floor_of_normal_values() -> None:
    values = dict(enumerate(np.random.default_rng(0).normal(0, 1, 400)))
    expected = 1.96 * math.sqrt(2 / 20)
    assert noise_floor(values, 20) == pytest.approx(expected, rel=0.1)
    assert noise_floor(values, 20, 1) == noise_floor(values, 20, 1)
    # Too few values for two sets of 20: halves are compared, and scaled.
    few = {s: values[s] for s in range(16)}
    floor = noise_floor(few, 20)
    assert floor is not None
    assert floor == pytest.approx(1.96 * np.std(list(few.values()), ddof=1) * math.sqrt(2 / 20), rel=0.25)


def test_noise_floor_needs_four_values() -> None:
    assert noise_floor({1: 0.1, 2: 0.2, 3: 0.3}, 8) is None
    assert noise_floor(dict.fromkeys(range(9), 0.5), 4) == 0


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_raises_and_keeps_the_order(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(p <= a <= min(1, len(ps) * p + 1e-12) for p, a in zip(ps, adjusted, strict=True))
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


def test_detectable_effect_has_the_power_it_says() -> None:
    for n, power in ((8, 0.8), (20, 0.8), (20, 0.95)):
        effect = detectable_effect(2.0, n, power=power)
        shift = effect / 2.0 * math.sqrt(n)
        t = stats.t.ppf(0.975, n - 1)
        assert stats.nct.sf(t, n - 1, shift) == pytest.approx(power, abs=1e-3)
    assert detectable_effect(0.0, 8) == 0
    assert detectable_effect(2.0, 20, floor=5.0) > 5 > detectable_effect(2.0, 20)


def test_the_effect_interval_is_that_of_the_pseudo_values() -> None:
    rng = np.random.default_rng(3)
    for n in (4, 20):
        x = rng.normal(size=n)
        d = rng.standard_t(3, n) + 1.0
        whole = d.mean() / d.std(ddof=1)
        pseudo = [n * whole - (n - 1) * (rest := np.delete(d, i)).mean() / rest.std(ddof=1) for i in range(n)]
        expected = stats.ttest_1samp(pseudo, 0).confidence_interval(0.95)
        assert effect_interval(x, x + d, paired=True) == pytest.approx((expected.low, expected.high))


def test_the_effect_interval_of_two_unpaired_sides_leaves_out_one_value_of_either() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=12), rng.normal(1.0, 2.0, 9)

    def effect(a: np.ndarray, b: np.ndarray) -> float:
        return float((b.mean() - a.mean()) / math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))

    whole = effect(x, y)
    of_x = np.array([effect(np.delete(x, i), y) for i in range(12)])
    of_y = np.array([effect(x, np.delete(y, i)) for i in range(9)])
    centre = whole - 11 * (of_x.mean() - whole) - 8 * (of_y.mean() - whole)
    error = math.sqrt(11 / 12 * ((of_x - of_x.mean()) ** 2).sum() + 8 / 9 * ((of_y - of_y.mean()) ** 2).sum())
    found = effect_interval(x, y, paired=False)
    assert found is not None
    assert sum(found) / 2 == pytest.approx(centre)
    # Between the t of the smaller side and that of both together.
    half = (found[1] - found[0]) / 2 / error
    assert stats.t.ppf(0.975, 19) <= half <= stats.t.ppf(0.975, 8)


@pytest.mark.parametrize("d", [[1.0, 2.0], [1.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
def test_without_spread_once_a_seed_is_left_out_there_is_no_effect_interval(d: list[float]) -> None:
    assert effect_interval(np.zeros(len(d)), np.array(d), paired=True) is None


def test_equivalence_is_two_one_sided_tests_and_one_inner_interval() -> None:
    rng = np.random.default_rng(5)
    base = rng.normal(10, 1, 20)
    variant = base + rng.normal(0.05, 0.3, 20)
    c = compare(
        ERROR, dict(enumerate(base)), dict(enumerate(variant)), variant_id="n1", baseline_id="n0", margin=0.4,
        noise_floor=0.2,
    )  # fmt: skip
    d = variant - base
    lower = stats.ttest_1samp(d, -0.4, alternative="greater").pvalue
    upper = stats.ttest_1samp(d, 0.4, alternative="less").pvalue
    assert c.p_equivalence == pytest.approx(max(lower, upper))
    expected = stats.ttest_1samp(d, 0).confidence_interval(0.9)
    assert (c.inner_low, c.inner_high) == pytest.approx((expected.low, expected.high))
    assert c.equivalent
    assert c.sd_difference == pytest.approx(d.std(ddof=1))
    assert equivalence_p(0.5, 0.1, 19, 0.5) == pytest.approx(0.5)


@given(pairs, st.floats(0.01, 50))
def test_equivalence_means_that_the_inner_interval_lies_within_the_margin(
    values: list[tuple[float, float]], margin: float
) -> None:
    base, variant = (dict(enumerate(v[i] for v in values)) for i in (0, 1))
    c = compare(ERROR, base, variant, variant_id="n1", baseline_id="n0", margin=margin)
    if c.p_equivalence is None:
        assert len(set(base.values())) == len(set(variant.values())) == 1
    elif abs(c.p_equivalence - 0.05) > 1e-9:
        assert c.inner_low is not None
        assert c.inner_high is not None
        assert c.equivalent == (-margin < c.inner_low and c.inner_high < margin)


def test_the_noise_floor_is_the_margin_where_none_is_declared() -> None:
    base = [0.5 + i / 100 for i in range(8)]
    c = against(base, [b - 0.01 - i / 1000 for i, b in enumerate(base)], floor=0.02)
    assert (c.margin, c.equivalent, c.verdict) == (0.02, True, "inconclusive")
    assert against(base, [b - 0.01 for b in base]).margin is None
    # One measurement told eight times is equivalent to nothing.
    assert against([0.3] * 8, [0.3] * 8, floor=0.1).p_equivalence is None


def test_a_secondary_verdict_needs_its_adjusted_p() -> None:
    base = [float(i) for i in range(8)]
    clear = against(base, [b - 1 - i / 100 for i, b in enumerate(base)])
    assert (clear.p, clear.verdict) == (2 / 2**8, "better")
    one, *_ = holm_adjusted([clear, against(base, base)])
    assert (one.p_adjusted, one.verdict) == (4 / 2**8, "better")
    many = holm_adjusted([clear] * 10)
    assert {c.verdict for c in many} == {"inconclusive"}
    assert many[0].p_adjusted == pytest.approx(20 / 2**8)
    assert holm_adjusted(many) == many


def test_calibration_under_the_null_and_with_an_effect() -> None:
    """The larger tables are made by ``benchmarks/statistics_calibration.py``."""
    rng = np.random.default_rng(42)
    rounds, n = 600, 10
    decided = covered = found = 0
    for _ in range(rounds):
        shared = rng.normal(0, 1, n)
        base, noise = shared + rng.normal(0, 0.5, n), rng.normal(0, 0.5, n)
        null = against(base.tolist(), (shared + noise).tolist())
        decided += null.verdict != "inconclusive"
        covered += null.low <= 0 <= null.high
        found += against(base.tolist(), (shared + noise - 1.0).tolist()).verdict == "better"
    assert decided / rounds <= 0.065
    assert 0.93 <= covered / rounds <= 0.97
    assert found / rounds > 0.9
