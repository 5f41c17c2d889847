"""Numbers in text, and the audit's own statistics."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hakken.core.types import Direction
from hakken.research.papers.audit.document.document import sentences
from hakken.research.papers.audit.language.numbers import find_numbers
from hakken.research.papers.audit.records.derive import contrast


@given(st.floats(-1e5, 1e5), st.integers(0, 4), st.sampled_from(["-", "\N{MINUS SIGN}"]))
def test_printed_numbers_are_read_back(value: float, places: int, minus: str) -> None:
    printed = f"{value:,.{places}f}".replace("-", minus)
    (number,) = find_numbers(f"It was {printed} here.")
    assert number.value == pytest.approx(float(printed.replace(",", "").replace(minus, "-")))
    assert number.step == pytest.approx(10.0**-places)


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for number in find_numbers(text):
        assert 0 <= number.start < number.end <= len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.1 ± 0.4", [(9.1, "plain", ""), (0.4, "spread", "")]),
        ("[−1.1, −0.5]", [(-1.1, "low", ""), (-0.5, "high", "")]),
        ("18 of 20 seeds", [(18, "of", ""), (20, "total", "")]),
        ("three of the five ideas", [(3, "of", ""), (5, "total", "")]),
        ("seeds 101–120", [(101, "low", ""), (120, "high", "")]),
        ("21.3\N{THIN SPACE}%", [(21.3, "plain", "%")]),
        ("2.3x faster", [(2.3, "plain", "x")]),
        ("3.2 × 10^{-3}", [(0.0032, "plain", "")]),
        ("−2.1 percentage points", [(-2.1, "plain", "points")]),
        ("25\N{NARROW NO-BREAK SPACE}000 tokens", [(25000, "plain", "")]),
        ("CIFAR-10, n3-report-101, x86_64, EPYC 7B13, 2-D, Qwen2.5-1.5B, [@a2019]", []),
        ("8 x 8 images", [(8, "dimension", ""), (8, "dimension", "")]),
        ("no trial failed", [(0, "word", "")]),
    ],
)
def test_forms(text: str, expected: list[tuple[float, str, str]]) -> None:
    assert [(pytest.approx(n.value), n.form, n.unit) for n in find_numbers(text)] == expected


def test_versions_and_bounds() -> None:
    version, bound = find_numbers("Python 3.11.7 and p < 0.001")
    assert (version.form, version.text) == ("version", "3.11.7")
    assert (bound.relation, bound.value) == ("<", 0.001)


def test_sentences_end_where_they_end() -> None:
    text = "It fell by 0.5 % (cf. Fig. 2). The p was 0.03, i.e. small. Done."
    assert sentences(text) == ["It fell by 0.5 % (cf. Fig. 2).", "The p was 0.03, i.e. small.", "Done."]


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=9).filter(any))
def test_sign_flip_p_is_exact(differences: list[int]) -> None:
    d = np.array(differences, float) / 4
    base = dict.fromkeys(range(len(d)), 10.0)
    result = contrast(base, {k: 10.0 + x for k, x in enumerate(d)}, Direction.MIN)
    assert result is not None
    sums = [abs(sum(s * x for s, x in zip(signs, d, strict=True))) for signs in product((-1, 1), repeat=len(d))]
    exact = np.mean([s >= abs(d.sum()) - 1e-9 for s in sums])
    assert result.p_low == pytest.approx(exact)
    assert result.p_high == pytest.approx(exact)


def test_intervals_agree_with_scipy() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(10, 1, 20), rng.normal(8, 1, 20)
    base, other = dict(enumerate(x)), dict(enumerate(y))
    paired = contrast(base, other, Direction.MIN)
    welch = contrast(base, other, Direction.MIN, paired=False)
    assert paired is not None
    assert welch is not None
    interval = stats.ttest_rel(y, x).confidence_interval(0.95)
    assert (paired.low, paired.high) == pytest.approx((interval.low, interval.high))
    interval = stats.ttest_ind(y, x, equal_var=False).confidence_interval(0.95)
    assert (welch.low, welch.high) == pytest.approx((interval.low, interval.high))
    assert paired.verdict == "better"
    assert contrast(base, {0: 1.0}, Direction.MIN) is None


def test_the_noise_floor_stops_a_verdict() -> None:
    base = {k: 10.0 + k % 3 for k in range(20)}
    other = {k: v - 0.2 - 0.01 * k for k, v in base.items()}
    free, bound = (contrast(base, other, Direction.MIN, floor=f) for f in (None, 1.0))
    assert free is not None
    assert bound is not None
    assert (free.verdict, bound.verdict) == ("better", "inconclusive")
