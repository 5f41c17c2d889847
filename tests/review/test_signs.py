"""What code counts in a paper, which a word too many does not change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.research.review.paper import PaperText, Section
from hakken.research.review.signs import Signs, signs

MISSING = [
    "We report no error bars.",
    "Confidence intervals are left to future work.",
    "The numbers lack confidence intervals.",
    "We did not compute standard deviations.",
    "Results are given without standard errors for the 20 seeds.",
    "95 % intervals aren't reported.",
    "Like others, we bootstrap the targets of the network.",
    "Error bars are not shown.",
    "Error bars are omitted for clarity.",
    "None of the tables gives error bars.",
    "Neither standard deviations nor confidence intervals are given.",
    "No run was repeated, so standard deviations cannot be given.",
    "We do not report means or standard deviations.",
]
THERE = [
    "The 95 % interval of the difference does not include zero.",
    "Error bars show the spread over seeds.",
    "There is no significant difference (permutation test).",
    "The change does not help: the error is 4.2 (standard deviation 0.3).",
    "No variant was better, p = 0.3.",
    "Without dropout it is 4.21 $\\pm$ 0.2.",
    "We give a bootstrap interval for every score.",
    "The permutation test does not reject equality of the two.",
    "The permutation test does not show a difference.",
    "None of the differences exceeds a standard error.",
    "The 95 % interval of no variant excludes zero.",
    "We report not only means but standard deviations.",
    "We do not tune the baseline, and report error bars over seeds.",
    "Error bars are in the table, and the seed is not given.",
]


def counted(text: str, title: str = "Results") -> Signs:
    return signs(PaperText(path="p", title="T", sections=(Section(title=title, text=text),)))


@pytest.mark.parametrize("text", MISSING)
def test_uncertainty_that_is_said_to_be_missing_does_not_count(text: str) -> None:
    assert not counted(text).has("uncertainty")


@pytest.mark.parametrize("text", THERE)
def test_uncertainty_that_is_reported_counts(text: str) -> None:
    assert counted(text).has("uncertainty")


@given(st.permutations([*MISSING, THERE[0]]))
def test_sentences_count_each_for_itself(sentences: list[str]) -> None:
    assert counted(" ".join(sentences)).uncertainty == 1


def test_titles_of_other_works_count_for_nothing_and_appendices_do() -> None:
    text = "Doe. Confidence intervals for deep networks, 2020."
    assert not counted(text, "References").has("uncertainty")
    assert not counted(text, "7 Bibliography").has("uncertainty")
    assert counted("The spread: 4.2 ± 0.3.", "Appendix").has("uncertainty")


def test_what_is_only_named_has_no_number() -> None:
    assert not counted("Standard deviations are in the table.").has("measured")
    assert counted("The standard deviation over 20 seeds is small.").has("measured")
