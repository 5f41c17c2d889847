"""A competition as a template: what the search sees, and the one look at the private score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.competitions.definition import load_competition, shipped
from hakken.bench.competitions.entering import (
    competition_of,
    final_submission,
    grade_final,
    template_files,
    write_template,
)
from hakken.bench.competitions.grading import arena, grade_bytes
from hakken.bench.competitions.preparing import prepare
from hakken.bench.competitions.tables import read_table
from hakken.cli.app import app
from hakken.cli.bench.entering import template_for
from hakken.core.errors import UsageError
from hakken.core.types import Split
from hakken.research.experiments import TrialJob, load_template, run_trial

SCRIPT = Path(__file__).parent / "fixtures" / "competition" / "model.toml"
WAVES = """
def trend(years):
    turns = 2 * np.pi * years
    return np.stack([np.ones_like(years), years, years**2, years**3, np.sin(turns), np.cos(turns)], axis=1)
"""


def written(name: str, folder: Path) -> Path:
    write_template(prepare(load_competition(name).root), folder)
    return folder


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_template_follows_the_contract_and_holds_no_test_row(name: str, tmp_path: Path) -> None:
    ready = prepare(load_competition(name).root)
    root = written(name, tmp_path / name)
    template = load_template(root)
    assert template.name == competition_of(root) == name
    assert (template.primary.direction.value == "min") == ready.competition.lower_better
    assert template.probe
    assert template.masked == ready.competition.masked
    asked = set(ready.test.column(ready.id))
    test = read_table(root / "data" / "test.csv")
    shown = set(read_table(root / "data" / "train.csv").column(ready.id))
    validation = set(test.column(ready.id))
    assert not asked & (shown | validation)
    assert not shown & validation
    halves = (read_table(root / "hidden" / half / "answers.csv") for half in ("explore", "report"))
    explore, report = (set(half.column(ready.id)) for half in halves)
    assert explore | report == validation
    assert not explore & report
    assert ready.competition.target not in test.columns


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    root = written("diabetes-year", tmp_path / "t")
    written("diabetes-year", root)  # again: nothing to do
    (root / "data" / "train.csv").write_text("mine")
    with pytest.raises(UsageError, match="something else"):
        written("diabetes-year", root)
    (root / "competition.json").write_text("[]")
    with pytest.raises(UsageError, match="does not name a competition"):
        competition_of(root)
    assert competition_of(tmp_path) is None


def test_one_trial_and_the_final_run(tmp_path: Path) -> None:
    """Waves beat the straight line on validation rows, and on the private ones: the parent alone computes those."""
    template = load_template(written("carbon-weekly", tmp_path / "t"))
    plain = (Path(template.root) / "experiment.py").read_text()
    start, end = plain.index("def trend"), plain.index("def season")
    better = {"experiment.py": plain[:start] + WAVES.strip() + "\n\n\n" + plain[end:]}

    def trial(name: str, files: dict[str, str]) -> float:
        job = TrialJob(
            id=name,
            template=template,
            node_id=name,
            files=files,
            split=Split.REPORT,
            seed=1001,
            run_folder=tmp_path,
            keep=tmp_path / name,
            probe=True,
        )
        found = run_trial(job)
        assert found.failure is None, found.failure
        assert found.probe is not None
        assert found.probe.shared == 0
        value = found.value("carbon-weekly/mae")
        assert value is not None
        return value

    assert trial("waves", better) < trial("line", {})
    where = arena("carbon-weekly")
    data, problem = final_submission(template, better, "carbon-weekly")
    assert problem == ""
    graded = grade_bytes(data, where, "waves")
    # The same curve stands on the leaderboard, trained by another program.
    (same,) = [e for e in where.board.entries if e.team == "baseline: cubic, 1 waves, all weeks"]
    assert graded.report.score == pytest.approx(same.score, abs=1e-4)
    assert graded.report.silver_medal
    nothing = grade_final(template, {"experiment.py": "raise SystemExit('no')"}, where, tmp_path / "nothing.csv")
    assert (nothing.report.submission_exists, nothing.report.valid_submission) == (False, False)
    assert "exit code 1: no" in nothing.problem
    assert not (tmp_path / "nothing.csv").exists()


def test_a_program_finds_no_answers_in_its_box(tmp_path: Path) -> None:
    template = load_template(written("tumour-odds", tmp_path / "t"))
    spy = """
import pathlib, sys
try:
    import hakken
    print("hakken")
except ImportError:
    pass
for root in [pathlib.Path("."), *map(pathlib.Path, sys.path)]:
    for name in ("hidden", "sklearn/datasets/data/breast_cancer.csv", "raw.csv.gz"):
        if root.joinpath(name).exists():
            print(root / name)
from sklearn.datasets import load_breast_cancer
load_breast_cancer()
"""
    keep = tmp_path / "spy"
    job = TrialJob(
        id="spy",
        template=template.model_copy(
            update={"editable": (template.editable[0].model_copy(update={"function": None}),)}
        ),
        node_id="spy",
        files={"experiment.py": spy},
        split=Split.EXPLORE,
        seed=1,
        run_folder=tmp_path,
        keep=keep,
    )
    assert run_trial(job).failure is not None
    assert (keep / "run.stdout.txt").read_text() == ""
    assert "No module named 'sklearn.datasets.data'" in (keep / "run.stderr.txt").read_text()


def test_the_command_validates_and_grades(tmp_path: Path) -> None:
    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["bench", "competition", *words])
        return result.exit_code, result.output

    folder = tmp_path / "d"
    assert call("prepare", "diabetes-year", "--out", str(folder))[0] == 0
    sample = folder / "public" / "sample_submission.csv"
    assert not (folder / "private").exists()
    assert call("validate", "diabetes-year", str(sample)) == (0, "valid\n")
    code, text = call("grade", "diabetes-year", str(sample), "--json", "--report", str(tmp_path / "r.json"))
    assert code == 0
    (entry,) = json.loads(text)
    assert entry["against"] == "baselines"
    assert entry["report"]["any_medal"] is False
    code, text = call("report", str(tmp_path / "r.json"), "--json")
    assert (code, json.loads(text)["enough_seeds"]) == (0, False)
    assert json.loads(text)["metrics"]["any_medal_percentage"]["standard_error"] is None
    rows = [line.split() for line in call("report", str(tmp_path / "r.json"))[1].splitlines()]
    assert ["any_medal_percentage", "0.0", "-"] in rows
    code, text = call("report", *[str(tmp_path / "r.json")] * 3)
    assert (code, "r.json is named 3 times. Name the report of each seed once." in text) == (2, True)
    sample.write_text("id,progression\n")
    code, text = call("validate", "diabetes-year", str(sample))
    assert code == 1
    assert text.startswith("invalid: 280 ids are missing")
    code, text = call("grade", "diabetes-year", str(sample))
    assert code == 1
    assert "invalid: 280 ids are missing" in text
    code, text = call("list", "--json")
    assert [c["name"] for c in json.loads(text)] == sorted(shipped())
    spy = tmp_path / "spy.py"
    spy.write_text("open('/private/answers.csv')")
    assert json.loads(call("inspect", "diabetes-year", str(spy), "--json")[1])[0]["rule"] == "private_paths"


def test_a_run_names_one_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words, said in (
        (("run", "digits", "--competition", "digits-few"), "Leave one away"),
        (("run", "--competition", "titanic"), "no competition 'titanic'"),
        (("bench", "competition", "grade", "digits-few"), "no submission to grade"),
    ):
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 2
        assert said in result.output
    assert template_for("diabetes-year", tmp_path) == template_for("diabetes-year", tmp_path)
    assert competition_of(tmp_path / "competitions" / "diabetes-year") == "diabetes-year"


@pytest.mark.slow
def test_a_whole_run_ends_with_a_private_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = written("carbon-weekly", tmp_path / "carbon")
    toml = root / "template.toml"
    text = toml.read_text()
    first, last = text.index("editable = ["), text.index("setup = [")
    toml.write_text(text[:first] + 'editable = ["experiment.py:trend"]\n' + text[last:])
    chosen = {
        "models.default": f"scripted:{SCRIPT}",
        "search.ideas": "1",
        "search.nodes_per_idea": "1",
        "search.candidates": "1",
        "statistics.explore_seeds": "3",
        "statistics.noise_seeds": "2",
        "statistics.report_seeds": "6",
        "review.members": "1",
    }
    words = [word for key, value in chosen.items() for word in ("-c", f"{key}={value}")]
    result = CliRunner().invoke(app, ["run", str(root), *words, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    entered = found["competition"]
    assert entered["competition"] == "carbon-weekly"
    assert entered["node_id"] != "n0"
    assert entered["graded"]["report"]["silver_medal"]
    assert not entered["baseline"]["report"]["any_medal"]
    # The record, which the search reads, never held a private score.
    record = (tmp_path / "hakken-runs" / "carbon-weekly-001" / "hakken.db").read_bytes()
    assert str(entered["graded"]["report"]["score"]).encode() not in record
    again = CliRunner().invoke(app, ["bench", "competition", "grade", "hakken-runs/carbon-weekly-001"])
    assert "private score" in again.output
    assert template_files(prepare(load_competition("carbon-weekly").root))["hidden/report/answers.csv"]
