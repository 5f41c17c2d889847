"""Changes told by two numbers: recomputed, and against the word that tells which way they go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Direction
from hakken.research.papers.audit.document.document import Unit, UnitKind
from hakken.research.papers.audit.statements.contradiction import check_pairs, pairs


def unit(text: str) -> Unit:
    return Unit(text, UnitKind.SENTENCE, "Results", "Results, paragraph 1")


def kinds(text: str, direction: Direction | None = Direction.MIN) -> list[str]:
    return [f.kind for f, _ in check_pairs(unit(text), lambda *_: direction)]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("The loss fell from 0.412 to 0.395.", 0.412, 0.395),
        ("from an average of 36.97 seconds for the baseline to 75.19 seconds", 36.97, 75.19),
        ("It needs 1923 steps, compared to 4200 steps in the baseline.", 4200, 1923),
        ("reaching 1073.3 steps, a 54.6% improvement over the baseline's 2363.3 steps", 2363.3, 1073.3),
    ],
)
def test_changes_are_read(text: str, old: float, new: float) -> None:
    (pair,) = pairs(text)
    assert (pair.old.value, pair.new.value) == (old, new)


@pytest.mark.parametrize(
    "text",
    [
        "We trained for 5 to 10 epochs.",
        "Scores range from 1 to 5 with a mean of 3.",
        "It uses 3 layers and 256 units.",
    ],
)
def test_other_numbers_are_no_change_that_goes_wrong(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The loss was reduced from 0.412 to 0.437.", "reversed"),
        ("3.3% improvement (from 0.090 to 0.093)", "reversed"),
        ("The loss increased from 0.437 to 0.412.", "reversed"),
        ("It degrades from 0.437 to 0.412.", "reversed"),
        ("The loss fell from 0.412 to 0.395, a 9.7% reduction.", "inconsistent"),
        ("It needs 1923 steps, compared to 4200 in the baseline, a 64% reduction.", "inconsistent"),
    ],
)
def test_a_change_against_its_word_or_percentage(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "The loss fell from 0.412 to 0.395, a 4.1% reduction.",
        "It needs 1923 steps, compared to 4200 in the baseline, a 54% reduction.",
        "The accuracy rose from 81.2% to 83.5%, an improvement of 2.3%.",
        "The loss did not improve (from 0.090 to 0.093).",
        "The loss increases from 0.412 to 0.437.",
        "It fell from 0.50 to 0.25, roughly a 50% reduction.",
    ],
)
def test_a_right_change_is_let_be(text: str) -> None:
    assert kinds(text) == []


def test_an_improvement_needs_a_direction() -> None:
    text = "It improved from 0.90 to 0.93."
    assert kinds(text, Direction.MIN) == ["reversed"]
    assert kinds(text, Direction.MAX) == []
    assert kinds(text, None) == []


@given(st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_a_percentage_that_code_computed_always_follows(old: float, new: float) -> None:
    change = 100 * (new - old) / old
    word = "reduction" if new < old else "increase"
    text = f"from {old:.3f} to {new:.3f}, a {abs(change):.1f}% {word}"
    assert "inconsistent" not in kinds(text, None)
