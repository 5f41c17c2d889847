"""Results leave a paper, and its method stays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hakken.bench.tasks.folder import PAPER
from hakken.bench.tasks.making import Proved
from hakken.bench.texts.numerals import in_code
from hakken.bench.texts.papers import Known, leftovers, numbers_in, strip_results
from hakken.bench.texts.passages import best_passages
from tests.bench.conftest import gold


def test_numbers_that_read_as_measured_go_everywhere() -> None:
    text = "# T\n\n## Method\n\nWe reach 91.3 % (0.913, that is .91) after 120 steps at a rate of 0.05.\n"
    assert strip_results(text, gold(accuracy=0.91304, steps=120.0)) == (
        "# T\n\n## Method\n\nWe reach […] ([…], that is […]) after […] steps at a rate of 0.05.\n"
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


def test_references_keep_years_volumes_and_pages() -> None:
    text = (
        "## Results\n\nIt takes 30 rounds.\n\n## References\n\nDiebold, F. (1995). Accuracy. *JBES* 13, 253.\n"
        "Efron, B. (1987). *JASA* 82, with 0.913.\n\n## Appendix: results\n\nIt takes 82.\n"
    )
    measured = gold(rounds=30.0, volume=82.0, page=253.2, share=0.9131, year=1987.0, first=13.0)
    stripped = strip_results(text, measured)
    assert stripped.splitlines()[2] == "It takes […] rounds."
    assert stripped.splitlines()[6:8] == [
        "Diebold, F. (1995). Accuracy. *JBES* 13, 253.",
        "Efron, B. (1987). *JASA* 82, with […].",
    ]
    assert stripped.splitlines()[-1] == "It takes […]."
    assert leftovers(stripped, measured) == ()
    assert leftovers(text, measured) == ("0.913",)
    assert leftovers(text.replace("## References", "## Sources"), measured) == ("253", "1987", "0.913")


def test_settings_stay_in_the_head_and_the_first_column_of_a_table() -> None:
    text = (
        "## Results\n\n| | 0.5 | 3.5 | $m=10$ |\n|---|---|---|---|\n| coverage, 20 batches | 0.5 | 3.5 | 20 |\n"
        "| share of 0.61 | 0.71 | 10 | 3 |\n\nAt 3.5 it is 0.71.\n\n| 0.71 | 3.5 |\n"
    )
    measured = gold(values=(0.5, 3.5, 20.0, 0.7123, 0.6101, 10.0, 3.01))
    assert strip_results(text, measured, inputs=[0.5, 3.5, 10.0, 20.0]).splitlines()[2:] == [
        "| | 0.5 | 3.5 | $m=10$ |",
        "|---|---|---|---|",
        "| coverage, 20 batches | […] | […] | […] |",
        "| share of […] | […] | […] | […] |",
        "",
        "At […] it is […].",
        "",
        "| […] | […] |",
    ]
    assert "[…] | […] | $m=[…]$" in strip_results(text, measured)


def test_headings_keep_their_number() -> None:
    golds = gold(x=12.0, y=0.9134)
    assert strip_results("## 12 Results\n", golds) == "## 12 Results\n"
    assert strip_results("### 9.1. A score of 0.913\n", golds) == "### 9.1. A score of […]\n"


_FORMS = (
    *("{}", "[{}]", "[{}, {}]", "[{},{}]", "({}; {})", '{{"acc": [{}, 1]}}', '{{"acc":{}}}', "acc={},", "{}.", "{}:"),
    *("**{}**", "_{}_", "__{}__", "*{}*", "`{}`", "<td>{}</td>", "| a | {} |", "a & {} & b \\\\", "\\textbf{{{}}}"),
    *("{}x", "{}×", "x{}", "{}ms", "{} ms", "{}s", "{}dB", "{}%", "{}\\%", "{}pp", "{}†", "{}*", "{}^a", "~{}", "≈{}"),
    *("{} ± {}", "{}±{}", "{}(12)", "{}-{}", "{}–{}", "{}/{}", "+{}", "−{}", "vs.{}", "@{}", "{}-fold", "{} [4]"),
    *("${}$", "$x = {}$", "${}_{{\\pm 0.5}}$", "$0.5_{{\\pm {}}}$", "${} \\pm {}$", "$[{}, {}]$", "$x \\in ({}, {})$"),
    *("$\\mathbf{{{}}}$", "${}^{{*}}$", "${}\\times$", "${}\\,\\mathrm{{ms}}$", "\\({}\\)", "$$ {} $$", "$12 and ${}"),
)


@settings(deadline=None, max_examples=300)
@given(st.floats(0.1, 1e4), st.integers(3, 5), st.sampled_from(_FORMS), st.sampled_from(["Method", "Results"]))
def test_a_measured_number_goes_in_whatever_form(value: float, digits: int, form: str, section: str) -> None:
    printed = f"{value:.{digits}g}"
    assume("." in printed and "e" not in printed and len(printed.replace(".", "").lstrip("0")) >= 3)
    if value < 1 and digits % 2:
        printed = printed.removeprefix("0")
    golds = gold(x=value)
    text = f"## {section}\n\n{form.format(printed, printed)}\n"
    stripped = strip_results(text, golds)
    assert printed not in stripped, stripped
    letters = re.compile("[^A-Za-z]")
    assert letters.sub("", stripped) == letters.sub("", text)
    assert leftovers(stripped, golds) == ()
    assert not text.isascii() or "$" in form or leftovers(text, golds)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12,346"),
        (12345.6, "12{,}346"),
        (12345.6, "$12\\,346$"),
        (12345.6, "12 346 s"),
        (12345.6, "12\u202f346"),
        (12345.6, "12'346"),
        (12345.6, "12.3k"),
        (12345.6, "12.3 thousand"),
        (0.01234, "12.3 ms"),
        (0.9134, "0,913"),
        (3.521, "3,52"),
        (0.9134, "0·913"),
        (0.9134, "91.3 percent"),
        (0.9134, "$91.3\\,\\%$"),
        (0.9134, "ninety-one percent"),
        (0.00025, "2.5×10⁻⁴"),
        (0.00025, "2.5 x 10^-4"),
        (0.00025, "2.5e−4"),
        (0.95, "57/60"),
        (0.95, "57 out of 60"),
        (12.0, "12x"),
        (120.0, "120ms"),
        (230.0, "between: [120, 230]"),
        (230.0, "a 95 % CI [120, 230]"),
        (230.0, "150 [120, 230]"),
        (2019.3, "It stops after 2019 steps."),
    ],
)
def test_results_in_other_notations(value: float, text: str) -> None:
    stripped = strip_results(f"## Results\n\n{text}\n", gold(x=value))
    assert "[…]" in stripped
    assert not {"346", "12.3", "91", "913", "52", "2.5", "57", "120m", "2019", "230"} & set(
        re.findall(r"\w+(?:[.]\w+)?", stripped)
    )


def _kept_numbers() -> st.SearchStrategy[tuple[str, float]]:
    """A text with a number that is no quantity, and a measured value that it is like."""
    whole, place = st.integers(3, 99), st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda p: f"{p[0]}.{p[1]}")
    return st.one_of(
        st.tuples(st.sampled_from(["as in [{}]", "as in [{}, 7]", "in [2, {}] and", "a[{}]", "[1–{}]"]), whole),
        st.tuples(st.sampled_from(["x{}", "layer{}", "v{}", "H{}O", "{}D", "{}rd", "x_{}", "$x_{{{}}}$"]), whole),
        st.tuples(st.sampled_from(["Table {}", "Figure {}", "Figs. 1 and {}", "(Eq. {})", "Appendix {}"]), whole),
        st.tuples(st.sampled_from(["Section {}", "§{}", "Sections 1.2 and {}", "Table {}", "Python {}"]), place),
        st.tuples(st.sampled_from(["Lee et al. ({})", "(Lee, {})", "Lee ({})", "(Lee, 1999; Kim, {})"]), _years()),
        st.tuples(st.sampled_from(["on {}-05-17", "https://x.org/{}/a", "doi:10.1000/{}"]), _years()),
        st.tuples(st.sampled_from(["version {}.1", "release {}.2.3", "arXiv:{}.19724"]), whole),
    ).map(lambda found: (found[0].format(found[1]), float(found[1])))


def _years() -> st.SearchStrategy[int]:
    return st.integers(1950, 2049)


@settings(deadline=None, max_examples=200)
@given(_kept_numbers(), st.sampled_from(["Method", "Results"]))
def test_numbers_that_are_no_quantities_stay(found: tuple[str, float], section: str) -> None:
    text, value = found
    assert strip_results(f"## {section}\n\n{text}\n", gold(x=value)) == f"## {section}\n\n{text}\n"


def test_a_year_is_no_result_that_is_nearly_right() -> None:
    text = "## Results\n\nSince 2015, and in 2031, the count is 1990 and 1,990.\n"
    assert strip_results(text, gold(x=1990.0)) == text.replace("1990", "[…]").replace("1,990", "[…]")


@settings(deadline=None)
@given(st.text(max_size=80), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3))
def test_any_text_is_read_and_what_is_no_number_stays(text: str, values: list[float]) -> None:
    golds = gold(x=tuple(values))
    for section in ("## Results\n\n", ""):
        stripped = strip_results(section + text, golds)
        assert strip_results(stripped, golds) == stripped
        if not any(character.isalnum() for character in text):
            assert stripped == section + text


def test_numbers_beyond_all_bounds_are_read() -> None:
    text = "## Results\n\n1e400, 1e-400, 10^{999}, 1e99999999999999999999 and " + "9" * 5000 + "\n"
    assert strip_results(text, gold(x=0.5)) == text
    assert leftovers(text, gold(x=0.5)) == ()


def test_numbers_of_a_configuration() -> None:
    code = '{"rates": [0.01,0.1, 1.0], "sizes": [10, 20], "n": 1_000, "x2": -.5}'
    assert numbers_in(code) == {0.01, 0.1, 1.0, 10.0, 20.0, 1000.0, -0.5}
    assert leftovers("a = [0.91305]", gold(x=0.913051), prose=False) == ("0.91305",)
    assert leftovers("[123,456]", gold(x=456.2), prose=False) == ("456",)


@settings(deadline=None)
@given(st.floats(0.001, 1e6), st.integers(3, 6))
def test_a_printed_result_is_never_left(value: float, digits: int) -> None:
    printed = f"{value:.{digits}g}"
    golds = gold(x=value)
    stripped = strip_results(f"## Results\n\nWe find {printed} here.\n", golds)
    assert stripped == "## Results\n\nWe find […] here.\n"
    assert leftovers(stripped, golds) == ()


class Slow(Known):
    """Compares a number with every value."""

    def _is_near(self, number: Decimal, scales: Iterable[float]) -> bool:
        return True


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0.9, 1.1), st.sampled_from([1.0, 100.0, 0.001]), st.integers(1, 12))
def test_what_is_told_quickly_is_told_right(value: float, off: float, scale: float, digits: int) -> None:
    golds = gold(x=(value, 2 * value))
    for written in (value, value * off, int(value * 10**digits) / 10**digits):
        for number in (*in_code(f"{written * scale:.{digits}g}"), *in_code(f"{written * scale:.{digits}g} ms")):
            expected = Slow(golds, ()).reads(number, among_results=False)
            assert Known(golds, ()).reads(number, among_results=False) is expected


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
