"""Results leave a paper, and its method stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.folder import PAPER
from hakken.bench.making import Proved
from hakken.bench.papers import leftovers, strip_results
from hakken.bench.passages import best_passages
from hakken.bench.types import Band, Gold, MetricRule, Value


def gold(**values: Value) -> list[Gold]:
    bands = {}
    for name, value in values.items():
        width = (0.0,) * len(value) if isinstance(value, tuple) else 0.0
        bands[name] = Band(value=value, half_width=width, runs=2, rule=MetricRule())
    return [Gold(experiment="e", metrics=bands)]


def test_numbers_that_read_as_measured_go_everywhere() -> None:
    text = "# T\n\n## Method\n\nWe reach 91.3 % (0.913, that is .91) after 120 steps at a rate of 0.05.\n"
    assert strip_results(text, gold(accuracy=0.91304, steps=120.0)) == (
        "# T\n\n## Method\n\nWe reach […] ([…], that is .91) after […] steps at a rate of 0.05.\n"
    )


def test_inputs_stay_in_the_method_and_single_digits_are_no_results_there() -> None:
    text = (
        "## Method\n\nWe use 40 points, 5 folds and 3 layers.\n\n## Results\n\nThe count is 40, the error 5 and 3.02.\n"
    )
    stripped = strip_results(text, gold(count=40.2, error=5.1, loss=3.05), inputs=[40.0])
    assert stripped.splitlines()[2] == "We use 40 points, 5 folds and 3 layers."
    assert stripped.splitlines()[6] == "The count is […], the error […] and […]."


def test_a_parameter_that_is_like_a_hidden_value_stays_in_the_method() -> None:
    hidden = [g.model_copy(update={"variant": "hidden1"}) for g in gold(bias=-0.1357, total=1159.62)]
    text = "## Method\n\nBlocks of 14 days, 1159.6 in all.\n\n## Results\n\nThe bias is 14 %.\n"
    assert strip_results(text, [*gold(bias=0.029), *hidden]) == (
        "## Method\n\nBlocks of 14 days, […] in all.\n\n## Results\n\nThe bias is […].\n"
    )
    assert "Blocks of […] days" in strip_results(text, gold(bias=-0.1357))


def test_tables_words_powers_and_signs() -> None:
    text = "## Results\n\n| a | b |\n|---|---|\n| 12 | −0.25 |\n\n"
    text += "It takes twelve rounds, and $2.5 \\times 10^{-4}$ seconds, or 2.5e-4.\n"
    stripped = strip_results(text, gold(rounds=12.0, slope=-0.2512, time=0.00025))
    assert "12" not in stripped
    assert "25" not in stripped
    assert "twelve" not in stripped
    assert "| a | b |\n|---|---|" in stripped


@pytest.mark.parametrize(
    "kept",
    [
        "We add a jitter of $10^{-6}$ to the diagonal.",
        "The jitter is 10^{-6}, or 10^-6, never 2.5 \\times 10^{3}.",
        "Let $s = 1.4826 \\cdot m$ and $z^{6} + x_6$ with $\\frac{1}{12}$.",
        "$$ f(x) = 0.913 x^2 + \\tfrac{1}{2} \\log 12 $$",
        "$$\nf(x) = 0.913 x^2 +\n\\frac{12}{x + 10^{-6}}\n$$",
        "A bound of \\(2 \\sqrt{12 n}\\) holds.",
    ],
)
def test_constants_of_formulas_stay_in_the_method(kept: str) -> None:
    golds = gold(a=6.0, b=-6.0, c=10.0, d=0.913, e=12.0, f=1.4826, g=2.5, h=3.0)
    assert strip_results(f"## Method\n\n{kept}\n", golds) == f"## Method\n\n{kept}\n"


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("It reaches $0.913$, so $R = 0.913$.", "It reaches $[…]$, so $R = […]$."),
        ("Here $a \\approx 0.913, b = 12$ hold.", "Here $a \\approx […], b = […]$ hold."),
        ("It took $2.5 \\times 10^{-4}$ s.", "It took $[…]$ s."),
        ("$$ R = 0.913. $$", "$$ R = […]. $$"),
        ("$$\nR = 0.913\n$$", "$$\nR = […]\n$$"),
    ],
)
def test_values_that_are_stated_in_a_formula_go(text: str, stripped: str) -> None:
    golds = gold(d=0.913, e=12.0, time=0.00025)
    assert strip_results(f"## Method\n\n{text}\n", golds) == f"## Method\n\n{stripped}\n"
    assert "0.913" not in strip_results(f"## Results\n\n{text}, $x + 0.913$\n", golds)


def test_headings_stay() -> None:
    assert strip_results("## 12 Results\n", gold(x=12.0)) == "## 12 Results\n"


@settings(deadline=None)
@given(st.floats(0.001, 1e6), st.integers(3, 6))
def test_a_printed_result_is_never_left(value: float, digits: int) -> None:
    printed = f"{value:.{digits}g}"
    golds = gold(x=value)
    stripped = strip_results(f"## Results\n\nWe find {printed} here.\n", golds)
    assert stripped == "## Results\n\nWe find […] here.\n"
    assert leftovers(stripped, golds) == ()


def test_what_is_left_is_named() -> None:
    text = "## Method\n\nWe find 0.913, 0.9131 and 91 %, with 0.500 of 12.\n"
    assert leftovers(text, gold(x=0.91305)) == ("0.913", "0.9131")


def test_the_paper_of_a_task_holds_no_result_and_all_of_the_method(proved: Proved) -> None:
    text = proved.texts[PAPER]
    for printed in ("2.859", "0.835", "57.9", "571.5", "twenty-seven", "2.86", "27"):
        assert printed not in text
    assert "standard deviation 0.5" in text
    assert "penalty of 0.1" in text
    assert proved.leaks == ()


def test_the_nearest_paragraph_is_found(proved: Proved) -> None:
    (found,) = best_passages(proved.texts[PAPER], "fit_line Slope and intercept of the ridge fit")
    assert found.startswith("The fit centres both variables")
