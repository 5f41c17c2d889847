"""The record is not taken at its word: statistics that do not follow from its trials are found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Comparison, Direction, Snapshot, Split
from hakken.research.experiments.statistics import compare, holm, holm_adjusted, noise_floor
from hakken.research.papers.audit import from_snapshot
from hakken.research.papers.audit.conduct.consistency import check_record, differing
from hakken.research.papers.audit.records.derive import contrast, noise_band, stepped_down
from tests.papers.builders import METRICS, REPORT, build_snapshot
from tests.papers.records import KEY, changed, recompared, with_error

Forge = Callable[[Comparison], dict[str, object]]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """With every secondary p adjusted, as the laboratory leaves it; n2 differs by chance alone."""
    return recompared(build_snapshot())


def forged(snapshot: Snapshot, split: Split, variant: str, change: Forge, metric: str = KEY) -> Snapshot:
    rows = [
        (s, c.model_copy(update=change(c)) if (s, c.variant_id, c.metric) == (split, variant, metric) else c)
        for s, c in snapshot.comparisons
    ]
    return snapshot.model_copy(update={"comparisons": tuple(rows)})


def said(snapshot: Snapshot) -> str:
    return "; ".join(f"{f.says} ({f.record})" for f in check_record(from_snapshot(snapshot)))


def test_what_the_laboratory_records_follows_from_its_trials(snapshot: Snapshot) -> None:
    assert said(snapshot) == ""
    assert said(build_snapshot()) == ""


@pytest.mark.parametrize(
    ("split", "variant", "change", "found"),
    [
        (Split.EXPLORE, "n2", lambda c: {"verdict": "better"}, "verdict of Focal weighting"),
        (Split.REPORT, "n1", lambda c: {"verdict": "worse"}, "verdict of Label smoothing"),
        (Split.EXPLORE, "n3", lambda c: {"p_adjusted": c.p_adjusted / 2}, "adjusted p of Multi-class margin"),
        (Split.EXPLORE, "n3", lambda c: {"p_adjusted": None}, "adjusted p of Multi-class margin"),
        (Split.REPORT, "n1", lambda c: {"p_adjusted": c.p}, "adjusted p of Label smoothing"),
        (Split.REPORT, "n1", lambda c: {"noise_floor": c.noise_floor / 10}, "noise floor of Label smoothing"),
        (Split.REPORT, "n1", lambda c: {"noise_floor": None}, "noise floor of Label smoothing"),
        (Split.EXPLORE, "n2", lambda c: {"p": c.p - 0.02}, "p of Focal weighting"),
        (Split.EXPLORE, "n2", lambda c: {"low": c.low * 0.99}, "lower end of Focal weighting"),
        (Split.EXPLORE, "n2", lambda c: {"gain": -c.gain}, "gain of Focal weighting"),
        (Split.EXPLORE, "n2", lambda c: {"effect_size": 2 * c.effect_size}, "effect size of Focal weighting"),
        (Split.EXPLORE, "n2", lambda c: {"wins": c.wins + 1}, "number of seeds won of Focal weighting"),
    ],
)
def test_a_forged_comparison_is_found(
    snapshot: Snapshot, split: Split, variant: str, change: Forge, found: str
) -> None:
    assert found in said(forged(snapshot, split, variant, change))


@pytest.mark.parametrize(("split", "variant"), [(Split.EXPLORE, "n2"), (Split.REPORT, "n7")])
def test_a_family_without_one_of_its_members_is_found(snapshot: Snapshot, split: Split, variant: str) -> None:
    rows = [(s, c) for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) != (split, variant, KEY)]
    primary = next(i for i, (s, c) in enumerate(rows) if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    adjusted = holm_adjusted(
        [c.model_copy(update={"p_adjusted": None}) for i, (_, c) in enumerate(rows) if i != primary]
    )
    adjusted.insert(primary, rows[primary][1])
    fewer = tuple((s, c) for (s, _), c in zip(rows, adjusted, strict=True))
    told = said(snapshot.model_copy(update={"comparisons": fewer}))
    assert f"the comparison of {snapshot.node(variant).title} on {KEY}, {split} seeds, is not recorded" in told


def test_a_p_on_the_wrong_side_of_the_level_is_found() -> None:
    """The exact p is 0.06 or so, the recorded one 0.045, and everything that follows from it is forged as well."""
    base = build_snapshot()
    values = {t.seed: t.value(KEY) for t in base.trials_of("n0", Split.REPORT)}
    steps = dict(zip(REPORT, [-1.0] * 13 + [0.96] * 6 + [0.3], strict=True))

    def moved(trial):  # type: ignore[no-untyped-def]
        ran = trial.node_id == "n1" and trial.split is Split.REPORT
        return with_error(trial, values[trial.seed] + steps[trial.seed]) if ran else trial

    snapshot = recompared(changed(base, moved))
    true = next(c for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    assert 0.05 < true.p < 0.2
    assert said(snapshot) == ""
    bold = forged(snapshot, Split.REPORT, "n1", lambda c: {"p": 0.045, "verdict": "better"})
    assert "p of Label smoothing" in said(bold)
    evidence = from_snapshot(bold)
    assert evidence.verdict("n1", "n0", "report", KEY) == "inconclusive"


def test_the_record_is_never_bolder_than_its_trials(snapshot: Snapshot) -> None:
    bold = forged(snapshot, Split.EXPLORE, "n2", lambda c: {"verdict": "better"})
    assert from_snapshot(bold).verdict("n2", "n0", "explore", KEY) == "inconclusive"
    shy = forged(snapshot, Split.REPORT, "n1", lambda c: {"verdict": "inconclusive"})
    assert from_snapshot(shy).verdict("n1", "n0", "report", KEY) == "inconclusive"


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("n", [6, 20])
@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_comparisons_of_the_laboratory_are_recomputed(paired: bool, n: int, effect: float) -> None:
    for seed in range(4):
        rng = np.random.default_rng([seed, n])
        base, other = (dict(enumerate(rng.normal(10 + shift, 1, n).round(2).tolist())) for shift in (0, effect))
        recorded = compare(METRICS[0], base, other, variant_id="n1", baseline_id="n0", paired=paired, rng_seed=seed)
        own = contrast(base, other, METRICS[0].direction, paired=paired, constant_once=True)
        assert own is not None
        assert [*differing(recorded, own)] == []


@given(st.lists(st.integers(0, 400), min_size=6, max_size=6).filter(lambda v: len({*v}) > 4), st.integers(1, 99_999))
def test_repeats_of_a_large_metric_are_recomputed(cents: list[int], level: int) -> None:
    """In whatever order values are added, the arrangement of the labels and its mirror image count alike."""
    base, other = (
        {k: level + (c + shift) / 100 for k, c in enumerate(part)}
        for part, shift in ((cents[:3], 0), (cents[3:], 1000))
    )
    recorded = compare(METRICS[0], base, other, variant_id="n1", baseline_id="n0", paired=False)
    own = contrast(base, other, METRICS[0].direction, paired=False, constant_once=True)
    assert own is not None
    assert recorded.p == pytest.approx(0.1)
    assert [*differing(recorded, own)] == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_agree_with_the_laboratory(ps: list[float]) -> None:
    adjusted = stepped_down(dict(enumerate(ps)))
    assert [adjusted[k] for k in range(len(ps))] == pytest.approx(holm(ps))


@given(st.lists(st.integers(0, 60), min_size=4, max_size=48), st.integers(2, 30), st.integers(0, 99))
def test_a_noise_floor_lies_in_its_band(values: list[int], size: int, seed: int) -> None:
    drawn = [value / 8 for value in values]
    floor, band = noise_floor(dict(enumerate(drawn)), size, seed), noise_band(tuple(drawn), size)
    assert floor is not None
    assert band is not None
    assert band[0] * (1 - 1e-9) <= floor <= band[1] * (1 + 1e-9)


def test_too_few_values_give_no_noise_floor() -> None:
    assert noise_band((1.0, 2.0, 3.0), 8) is None


def test_one_measurement_told_many_times_decides_nothing() -> None:
    """The laboratory has it so, and the audit finds nothing wrong with that."""
    told = contrast(dict.fromkeys(range(20), 5.0), dict.fromkeys(range(20), 4.0), Direction.MIN, constant_once=True)
    assert told is not None
    assert (told.p_low, told.verdict) == (1.0, "inconclusive")
    levels = {"n0": 5.0, "n1": 4.0}
    snapshot = recompared(changed(build_snapshot(), lambda t: with_error(t, levels.get(t.node_id, 6.0))))
    assert said(snapshot) == ""
