"""Medals and reports by the rules of MLE-bench, against rules written out again here."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.competitions.medals import Ranking, is_lower_better, place_of, places, rank, thresholds
from hakken.bench.competitions.pointers import LfsPointer
from hakken.bench.competitions.reports import (
    CompetitionReport,
    aggregate,
    load_report,
    load_reports,
    report_of,
    summary,
)
from hakken.core.errors import UsageError

SCORES = st.integers(-1000, 1000).map(lambda n: n / 8)


@st.composite
def boards(draw: st.DrawFn) -> list[float]:
    """Leaderboards, best first, in either direction."""
    scores = draw(st.lists(SCORES, min_size=1, max_size=60))
    return sorted(scores, reverse=draw(st.booleans()))


@pytest.mark.parametrize(
    ("teams", "wanted"),
    [
        (1, (1, 1, 1)),
        (9, (1, 1, 3)),
        (10, (1, 2, 4)),
        (99, (9, 19, 39)),
        (100, (10, 20, 40)),
        (249, (10, 49, 99)),
        (250, (10, 50, 100)),
        (999, (11, 50, 100)),
        (1000, (12, 50, 100)),
        (3929, (17, 196, 392)),
    ],
)
def test_the_places_of_the_thresholds(teams: int, wanted: tuple[int, int, int]) -> None:
    assert places(teams) == wanted


def test_no_teams_no_thresholds() -> None:
    with pytest.raises(ValueError, match="at least one team"):
        places(0)


def reference(score: float, scores: list[float]) -> tuple[str, bool]:
    """The rules once more, for up to 99 teams."""
    lower = scores[0] < scores[-1]
    sign = -1 if lower else 1
    medal = "none"
    for name, share in (("bronze", 0.4), ("silver", 0.2), ("gold", 0.1)):
        if sign * score >= sign * scores[max(1, int(share * len(scores))) - 1]:
            medal = name
    return medal, sign * score > sign * median(scores)


@settings(deadline=None)
@given(boards(), SCORES)
def test_a_score_gets_the_medal_of_the_rules(scores: list[float], score: float) -> None:
    ranking = rank(score, scores)
    assert (ranking.medal, ranking.above_median) == reference(score, scores)
    assert ranking.gold_medal + ranking.silver_medal + ranking.bronze_medal == ranking.any_medal


@settings(deadline=None)
@given(boards(), SCORES, SCORES)
def test_a_better_score_is_never_worth_less(scores: list[float], first: float, second: float) -> None:
    lower = is_lower_better(scores)
    better, worse = (min(first, second), max(first, second)) if lower else (max(first, second), min(first, second))
    order = ["none", "bronze", "silver", "gold"]
    assert order.index(rank(better, scores).medal) >= order.index(rank(worse, scores).medal)
    assert rank(better, scores).above_median >= rank(worse, scores).above_median
    assert place_of(better, scores) <= place_of(worse, scores)


@settings(deadline=None)
@given(boards())
def test_ties_with_a_threshold_count_and_ties_with_the_median_do_not(scores: list[float]) -> None:
    limits = thresholds(scores)
    assert rank(limits.gold, scores).gold_medal
    assert rank(limits.silver, scores).medal in ("gold", "silver")
    assert rank(limits.bronze, scores).any_medal
    assert not rank(limits.median, scores).above_median
    assert place_of(scores[0], scores) == 1


@settings(deadline=None)
@given(boards())
def test_an_invalid_submission_gets_nothing(scores: list[float]) -> None:
    assert rank(None, scores) == Ranking()


def entry(name: str, medal: str = "none", *, above: bool = False, valid: bool = True) -> CompetitionReport:
    given_medal = Ranking(**{f"{medal}_medal": True}) if medal != "none" else Ranking()
    return report_of(
        name,
        0.5 if valid else None,
        thresholds([0.9, 0.8, 0.7]),
        given_medal.model_copy(update={"above_median": above}),
        lower_better=False,
        exists=True,
        path="submission.csv",
        created_at="2026-01-01T00:00:00",
    )


def test_a_report_has_the_keys_of_mle_bench_and_survives_a_file(tmp_path: Path) -> None:
    report = summary([entry("a", "gold", above=True), entry("b", "bronze"), entry("c", valid=False)])
    keys = "competition_id score gold_threshold silver_threshold bronze_threshold median_threshold any_medal gold_medal"
    keys += " silver_medal bronze_medal above_median submission_exists valid_submission is_lower_better created_at"
    raw = json.loads(report.model_dump_json())
    assert list(raw["competition_reports"][0]) == [*keys.split(), "submission_path"]
    assert (raw["total_medals"], raw["total_gold_medals"], raw["total_valid_submissions"]) == (2, 1, 2)
    raw["competition_reports"][0]["a_key_of_a_fork"] = 1
    file = tmp_path / "report.json"
    file.write_text(json.dumps(raw))
    assert load_report(file) == report


def test_a_pointer_of_git_lfs_is_named(tmp_path: Path) -> None:
    file = tmp_path / "1_grading_report.json"
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 91827\n")
    with pytest.raises(LfsPointer, match=r"91827 bytes.*git lfs pull"):
        load_report(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("{}", "no list competition_reports"),
        ('{"competition_reports": [1]}', "entry 0"),
        ('{"competition_reports": [{"competition_id": "a"}]}', "entry 0: score"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_report(tmp_path / "r.json")


def test_seeds_that_are_put_together_from_several_files_are_said_to_be(tmp_path: Path) -> None:
    whole = [summary([entry("a", "gold"), entry("b")]), summary([entry("a"), entry("b", "gold")])]
    assert aggregate(whole, ["a", "b"]).mixed == 0
    # The first file lacks b and the second a: the original makes a seed of the two.
    torn = {"9.json": [entry("a", "gold")], "10.json": [entry("b", "gold")], "8.json": [entry("a"), entry("b")]}
    for name, entries in torn.items():
        (tmp_path / name).write_text(summary(entries).model_dump_json())
    reports = load_reports(tmp_path / name for name in torn)
    assert [r.competition_reports[0].competition_id for r in reports] == ["b", "a", "a"], "in the order of the names"
    found = aggregate(reports, ["a", "b"])
    assert (found.num_seeds_averaged, found.mixed) == (2, 2)
    assert found.metrics["gold_medal_percentage"].mean == 50
    alone = aggregate([reports[0]], ["a", "b"], pad_missing=True)
    assert (alone.mixed, alone.padded) == (0, 1)


def test_the_headline_is_the_mean_and_its_standard_error() -> None:
    seeds = [summary([entry("a", medal), entry("b")]) for medal in ("gold", "none", "bronze")]
    found = aggregate(seeds, ["a", "b"])
    share = found.metrics["any_medal_percentage"]
    assert share.mean == pytest.approx(100 / 3)
    assert share.standard_error == pytest.approx(50 / 3)  # 50, 0, 50: a deviation of 28.87 over the root of three
    assert share.ci_upper == pytest.approx(share.mean + 1.96 * share.standard_error)
    assert (found.num_seeds_averaged, found.padded, found.enough_seeds) == (3, 0, True)


def test_one_seed_has_no_error_and_no_interval() -> None:
    share = aggregate([summary([entry("a", "gold"), entry("b")])], ["a", "b"]).metrics["any_medal_percentage"]
    assert share.mean == 50
    assert (share.standard_error, share.ci_lower, share.ci_upper) == (None, None, None)
    assert json.loads(share.model_dump_json())["standard_error"] is None
    alike = aggregate([summary([entry("a", "gold")])] * 2, ["a"]).metrics["any_medal_percentage"]
    assert alike.standard_error == 0, "two that are alike do say something"


def test_missing_runs_are_padded_with_failures_only_where_asked() -> None:
    seeds = [summary([entry("a", "gold"), entry("b", "gold")]), summary([entry("a", "gold")])]
    complete = aggregate(seeds, ["a", "b"])
    assert (complete.num_seeds_averaged, complete.metrics["any_medal_percentage"].mean) == (1, 100)
    assert not complete.enough_seeds
    padded = aggregate(seeds, ["a", "b"], pad_missing=True)
    assert (padded.num_seeds_averaged, padded.padded, padded.metrics["any_medal_percentage"].mean) == (2, 1, 75)
    with pytest.raises(UsageError, match="no report of c"):
        aggregate(seeds, ["a", "c"])
    with pytest.raises(UsageError, match="5 seeds are asked for"):
        aggregate(seeds, ["a"], seeds=5)
    assert aggregate(seeds, ["a"], seeds=1).num_competitions_per_seed == 1
