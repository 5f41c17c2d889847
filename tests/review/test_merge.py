"""The meta-review's numbers are arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import ReviewForm
from hakken.research.review.form import Draft, fill
from hakken.research.review.merge import majority, merge, rounded_mean
from tests.review.replies import DRAFT


def form(**changes: object) -> ReviewForm:
    draft = Draft.model_validate(DRAFT | changes)
    return fill(draft, draft)


@pytest.mark.parametrize(
    ("values", "mean"),
    [([2, 3], 3), ([1, 2], 2), ([3, 4], 4), ([1, 1, 2], 1), ([4, 5, 5], 5), ([7], 7), ([1, 2, 2, 1], 2)],
)
def test_halves_are_rounded_up(values: list[int], mean: int) -> None:
    assert rounded_mean(values) == mean


@given(st.lists(st.integers(1, 10), min_size=1, max_size=9))
def test_a_mean_lies_between(values: list[int]) -> None:
    mean = rounded_mean(values)
    assert min(values) <= mean <= max(values)
    assert abs(mean - sum(values) / len(values)) <= 0.5


@pytest.mark.parametrize(
    ("overalls", "decision"),
    [
        ([6, 7], "accept"),
        ([5, 7], "reject"),  # a tie, though the mean is 6
        ([6, 6, 1], "reject"),  # a majority against the mean
        ([6, 6, 5], "accept"),
        ([5, 5, 10], "reject"),
        ([6], "accept"),
        ([5], "reject"),
    ],
)
def test_decision(overalls: list[int], decision: str) -> None:
    forms = [form(overall=overall) for overall in overalls]
    assert majority(forms) == decision
    assert merge(forms).decision == decision


def test_every_score_is_a_mean() -> None:
    meta = merge([form(overall=3, soundness=2), form(overall=6, soundness=3)])
    assert (meta.overall, meta.soundness, meta.originality) == (5, 3, 2)


def test_code_merges_the_points() -> None:
    shared = "The evaluation rests on a single data set of digits."
    one = form(weaknesses=["The method is not defined by a formula.", shared])
    two = form(weaknesses=["No baseline was tuned with the same effort.", f"{shared} Really."])
    weaknesses = merge([one, two]).weaknesses
    assert weaknesses[0].startswith(shared)
    assert len(weaknesses) == 3


def test_one_member_is_the_panel() -> None:
    assert merge([form()]) == form()
