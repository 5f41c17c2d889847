"""Metrics of small scale: what is printed is never all zeros, and zeros that hide a value are no evidence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Snapshot, Split, Trial
from hakken.research.papers.wording import decimals_for, number
from tests.papers.builders import REPORT, build_snapshot
from tests.papers.records import KEY, Paper, changed, null, planned, printed, recompared, with_error


def scaled(factor: float) -> Snapshot:
    """The same study of an error that is so much smaller."""
    snapshot = changed(build_snapshot(), lambda t: with_error(t, (t.value(KEY) or 0.0) * factor) if t.metrics else t)
    metrics = tuple(m.model_copy(update={"unit": ""}) for m in snapshot.template.metrics)
    template = snapshot.template.model_copy(update={"metrics": metrics})
    return planned(recompared(snapshot.model_copy(update={"template": template})))


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return printed(scaled(1e-7), tmp_path_factory.mktemp("small"))


def test_no_mean_and_no_difference_is_printed_as_zero(paper: Paper) -> None:
    c = next(c for s, c in paper.snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    assert abs(c.difference) < 1e-6
    assert f"the mean test error with *Label smoothing* was {c.variant_mean:.8f}" in paper.text
    assert f"a difference of {c.difference:.8f} (95 % interval".replace("-", "−") in paper.text
    assert paper.errors() == []


def test_swapped_means_of_small_scale_are_found(paper: Paper) -> None:
    c = next(c for s, c in paper.snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    found = paper.errors_after(f"was {c.variant_mean:.8f}", f"was {c.baseline_mean:.8f}")
    assert "misattributed" in {kind for kind, *_ in found}


@given(st.lists(st.floats(1e-14, 1e6), min_size=2, max_size=20))
def test_the_digits_of_a_typical_spread_are_shown(spreads: list[float]) -> None:
    typical = sorted(spreads)[len(spreads) // 2]
    shown = number(typical, decimals_for(spreads, []))
    assert float(shown) == pytest.approx(typical, rel=0.06 if typical < 1 else 0.5)


@given(st.floats(1e-300, 1e300))
def test_a_value_without_spread_keeps_four_digits(value: float) -> None:
    for spread in ((), (0.0,), (1e-14 * value,)):
        assert float(number(value, decimals_for(spread, [value, value]))) == pytest.approx(value, rel=1e-3)


def test_zeros_that_hide_a_mean_or_a_difference_that_was_found_are_weak(paper: Paper) -> None:
    c = next(c for s, c in paper.snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    assert c.verdict == "better"
    text = paper.path.read_text(encoding="utf-8")
    for lost in (f"{c.variant_mean:.8f} (standard", f"{c.difference:.8f} (95".replace("-", "−")):
        number, _, after = lost.partition(" ")
        pattern = rf"{number}\s+{re.escape(after)}"
        assert re.search(pattern, text)
        copy = paper.path.with_name("zeros.md")
        copy.write_text(re.sub(pattern, f"0.000 {after}", text), encoding="utf-8")
        found = [f for f in paper.auditor.audit(copy).report.findings if f.kind == "weak"]
        assert any("0.000" in f.says for f in found)


def test_a_difference_that_was_not_found_may_round_to_zero(tmp_path: Path) -> None:
    base = planned(null(spread=2.0))
    values = {t.seed: t.value(KEY) for t in base.trials_of("n0", Split.REPORT)}
    pulls = dict(zip(REPORT, [1.5, -1.498] * 10, strict=True))

    def even(trial: Trial) -> Trial:
        ran = trial.node_id == "n1" and trial.split is Split.REPORT
        return with_error(trial, (values[trial.seed] or 0.0) + pulls[trial.seed]) if ran else trial

    paper = printed(recompared(changed(base, even)), tmp_path)
    assert "a difference of 0.0 percentage points" in paper.text
    assert paper.auditor.audit(paper.path).report.findings == ()
