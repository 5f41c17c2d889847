"""The epidemic template keeps its contract: no future in the data, files out, strict scores."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from datetime import date, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "src" / "hakken" / "templates" / "epidemic"
SETTINGS = tomllib.loads((FOLDER / "template.toml").read_text(encoding="utf-8"))
HORIZON = 8


def run(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FOLDER / script), *map(str, args)], capture_output=True, text=True, check=False
    )


def evaluate(out: Path, seed: int = 1) -> subprocess.CompletedProcess[str]:
    return run("evaluate.py", "--out_dir", out, "--seed", seed, "--hidden", FOLDER / "hidden" / "explore")


def every_seed() -> list[int]:
    return [seed for seeds in SETTINGS["seeds"].values() for seed in seeds]


def histories(seed: int) -> list[tuple[str, date, date]]:
    """Town, first week and origin of each series of a seed, whose counts are as many as the weeks between."""
    folder = FOLDER / "data" / str(seed)
    with (folder / "series.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [(r["town"], date.fromisoformat(r["first_week"]), date.fromisoformat(r["origin"])) for r in rows]
    counts = (folder / "counts.csv").read_text(encoding="utf-8").splitlines()
    assert {(origin - first).days // 7 for _, first, origin in found} == {len(counts) - 1}
    assert counts[0].split(",") == [row["series"] for row in rows]
    return found


def weeks(first: date, end: date) -> set[date]:
    return {first + timedelta(weeks=week) for week in range((end - first).days // 7)}


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("smoke")
    done = run("experiment.py", "--out_dir", out, "--seed", 1, *SETTINGS["smoke"])
    assert done.returncode == 0, done.stderr
    return out


def test_seeds_are_disjoint_and_each_has_its_series() -> None:
    seeds = SETTINGS["seeds"]
    every = [*seeds["explore"], *seeds["report"], *seeds["noise"]]
    assert len(set(every)) == len(every) == 44
    assert {int(path.name) for path in (FOLDER / "data").iterdir()} == set(every)
    for path in (FOLDER / "data").iterdir():
        assert sorted(file.name for file in path.iterdir()) == ["counts.csv", "series.csv"]
    hidden = {part: {int(p.stem) for p in (FOLDER / "hidden" / part).glob("*.csv")} for part in ("explore", "report")}
    assert hidden["report"] == set(seeds["report"])
    assert hidden["explore"] == {*seeds["explore"], *seeds["noise"]}


def test_no_history_holds_a_week_of_any_future_and_no_count_belongs_to_two_seeds() -> None:
    known, future, owners = set(), set(), []
    for town, first, origin in (line for seed in every_seed() for line in histories(seed)):
        known |= weeks(first, origin)
        future |= weeks(origin, origin + timedelta(weeks=HORIZON))
        owners.append((town, origin))
    assert not known & future
    assert len(set(owners)) == len(owners) == 44 * 32


def test_what_a_trial_sees_ends_for_each_town_where_its_forecast_begins() -> None:
    """In other seeds the counts of the same towns go on behind the hidden weeks."""
    for seed in every_seed():
        own = histories(seed)
        assert len({town for town, _, _ in own}) == len(own) == 32
        for town, _, origin in own:
            seen = {week for other, first, end in own if other == town for week in weeks(first, end)}
            assert max(seen) < origin
    begin = {(town, first) for seed in every_seed() for town, first, _ in histories(seed)}
    ends = {(town, origin + timedelta(weeks=HORIZON)) for seed in every_seed() for town, _, origin in histories(seed)}
    assert begin & ends, "if no history went on behind a forecast, every trial could see them all"


def test_futures_of_the_report_come_after_those_of_exploration() -> None:
    origins = {seed: {origin for _, _, origin in histories(seed)} for seed in every_seed()}
    report = {origin for seed in SETTINGS["seeds"]["report"] for origin in origins.pop(seed)}
    assert max(max(found) for found in origins.values()) < min(report)


def test_dates_that_all_seeds_of_the_report_share_are_told() -> None:
    origins = {seed: {str(origin) for _, _, origin in histories(seed)} for seed in SETTINGS["seeds"]["report"]}
    shared = len(set(map(frozenset, origins.values()))) == 1
    told = "All seeds of the report share the same eight origins: intervals and p speak of other towns at these dates"
    assert (told in " ".join(SETTINGS["setup"])) == shared
    every = sorted({day for days in origins.values() for day in days})
    years = f"(origins from {every[0][:4]} to {every[-1][:4]}) to those of the report"
    assert years in " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())


def test_the_set_up_sentences_are_true() -> None:
    spec = spec_from_file_location("epidemic_experiment", FOLDER / "experiment.py")
    assert spec is not None
    assert spec.loader is not None
    experiment = module_from_spec(spec)
    spec.loader.exec_module(experiment)
    facts = " ".join(SETTINGS["setup"])
    assert f"fitted from {experiment.restarts()} random starts" in facts
    assert f"the counts of the next {experiment.HORIZON} weeks are hidden" in facts
    cases = np.array([[0.0, 4.0, 9.0]])
    assert "on the square roots of the counts" in facts
    assert experiment.transform(cases).tolist() == [[0.0, 2.0, 3.0]]
    assert "a constant contact rate" in facts
    assert set(experiment.season(np.arange(365.0))) == {1.0}
    # What the fit makes small besides the differences: at the usual values nothing, one deviation away one each.
    usual, spread = experiment.prior()
    towns = {"population": np.array([1e5]), "births": np.array([1e3]), "first_day": np.array([1.0]), "cases": cases}
    assert "the distances of its four parameters from usual values" in facts
    assert experiment.residuals(usual[None], towns)[0, 3:].tolist() == [0.0] * 4
    assert experiment.residuals((usual + spread)[None], towns)[0, 3:] == pytest.approx([1.0] * 4)


def test_a_run_leaves_its_files_and_scores(smoke: Path) -> None:
    assert (smoke / "curve.csv").read_text(encoding="utf-8").startswith("step,value\n1,")
    assert json.loads((smoke / "cost.json").read_text(encoding="utf-8")).keys() == {"steps", "parameters", "examples"}
    done = evaluate(smoke)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((smoke / "metrics.json").read_text(encoding="utf-8"))
    assert metrics.keys() == {f"{spec['dataset']}/{spec['name']}" for spec in SETTINGS["metrics"]}
    assert 0 < metrics["measles/log_error"] < 10


def test_a_seed_gives_the_same_forecasts_again(smoke: Path, tmp_path: Path) -> None:
    assert run("experiment.py", "--out_dir", tmp_path, "--seed", 1, *SETTINGS["smoke"]).returncode == 0
    assert (tmp_path / "forecasts.csv").read_bytes() == (smoke / "forecasts.csv").read_bytes()


def test_an_unknown_seed_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = run("experiment.py", "--out_dir", tmp_path, "--seed", 7777)
    assert done.returncode != 0
    assert "no series for seed 7777" in done.stderr


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "", "columns"),
        (lambda text: text.replace("week,series,cases", "a,b,c"), "columns"),
        (lambda text: text.rsplit("\n", 2)[0] + "\n", "missing"),
        (lambda text: text + "1,0,5\n", "repeats"),
        (lambda text: text + "9,0,5\n", "not asked for"),
        (lambda text: text.replace("1,0,", "1,0,nan\n#", 1), "no number of cases"),
        (lambda text: text.replace("1,0,", "1,0,-", 1), "no number of cases"),
        (lambda text: text.replace("1,0,", "1,0,many", 1), "three numbers"),
    ],
)
def test_bad_forecasts_are_refused(smoke: Path, tmp_path: Path, change, reason: str) -> None:
    text = (smoke / "forecasts.csv").read_text(encoding="utf-8")
    (tmp_path / "forecasts.csv").write_text(change(text), encoding="utf-8")
    done = evaluate(tmp_path)
    assert done.returncode == 1
    assert reason in done.stderr
    assert not (tmp_path / "metrics.json").exists()


def test_missing_forecasts_are_refused(tmp_path: Path) -> None:
    done = evaluate(tmp_path)
    assert (done.returncode, done.stderr.strip()) == (1, "evaluate.py: forecasts.csv is missing")
