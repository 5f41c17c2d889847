"""Data of one seed: a trial sees those of its own seed alone, and a seed without data is told before anything runs."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.errors import TemplateError, UsageError
from hakken.core.types import FailureCause, Split, Template
from hakken.research.experiments import TrialJob, load_template, run_trial, with_seed_counts
from hakken.research.experiments.folders import code_files
from hakken.research.experiments.seed_data import data_of, overlap, seeds_with_data

DIGITS = load_template("digits")
SEEDS = (1, 2, 101, 102, 301)
TOML = """
name = "own"
title = "A number for each seed"
task = "Guess the hidden number."
editable = ["experiment.py:guess"]
data = ["data/rule.txt", "data/{seed}.txt"]
hidden = "hidden"

[seeds]
explore = [1, 2]
report = [101, 102]
noise = 0

[[metrics]]
name = "miss"
dataset = "toy"
direction = "min"
"""
EXPERIMENT = '''
import argparse, os, pathlib


def guess(number):
    """Guess the hidden number."""
    return number


parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
(args.out_dir / "guess.txt").write_text(str(guess(int(pathlib.Path(f"data/{args.seed}.txt").read_text()))))
(args.out_dir / "seen.txt").write_text(" ".join(sorted(os.listdir("data"))))
'''
EVALUATE = """
import argparse, json, os, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
own = int(pathlib.Path(f"data/{args.seed}.txt").read_text())
miss = abs(own + 7 - int((args.out_dir / "guess.txt").read_text())) + 100 * (len(os.listdir("data")) - 2)
(args.out_dir / "metrics.json").write_text(json.dumps({"toy/miss": miss}))
"""
PROBE = """
import argparse, json, os, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("what")
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
if args.what == "scramble":
    (args.out_dir / "data").mkdir()
    for name in os.listdir("data"):
        (args.out_dir / "data" / name).write_text("0")
else:
    (args.out_dir / "probe.json").write_text(json.dumps({"training": os.listdir("data"), "hidden": ["x"]}))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    for split in ("explore", "report"):
        (folder / "hidden" / split).mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "rule.txt").write_text("add 7")
    for seed in SEEDS:
        (folder / "data" / f"{seed}.txt").write_text(str(1000 + seed))
    for name, text in (("template.toml", TOML), ("experiment.py", EXPERIMENT), ("evaluate.py", EVALUATE)):
        (folder / name).write_text(text)
    (folder / "probe.py").write_text(PROBE)
    return folder


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "template.toml").read_text()
    assert old in text
    (root / "template.toml").write_text(text.replace(old, new, 1))


def job(template: Template, folder: Path, **changes: object) -> TrialJob:
    given = {
        "id": "t", "template": template, "node_id": "n", "split": Split.REPORT, "seed": 101, "run_folder": folder,
        "keep": folder / "t",
    }  # fmt: skip
    return TrialJob.model_validate(given | changes)


def test_a_trial_sees_the_data_of_its_own_seed_alone(root: Path, tmp_path: Path) -> None:
    trial = run_trial(job(load_template(root), tmp_path, probe=True))
    assert trial.failure is None
    assert (tmp_path / "t" / "out" / "seen.txt").read_text() == "101.txt rule.txt"
    assert trial.value("toy/miss") == 7, "the evaluator sees as much"
    assert trial.probe is not None
    assert trial.probe.training == 2


@pytest.mark.parametrize("place", ["data/102.txt", "{root}/data/102.txt"])
def test_a_changed_experiment_cannot_open_the_data_of_another_seed(root: Path, tmp_path: Path, place: str) -> None:
    body = f"    return int(open({place.format(root=root)!r}).read())"
    files = {"experiment.py": EXPERIMENT.replace("    return number", body)}
    trial = run_trial(job(load_template(root), tmp_path, files=files))
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.CRASHED
    assert "102.txt" in trial.failure.message


def test_scrambled_data_take_the_place_of_those_of_the_seed(root: Path, tmp_path: Path) -> None:
    trial = run_trial(job(load_template(root), tmp_path, split=Split.PROBE))
    assert trial.failure is None
    assert (tmp_path / "t" / "out" / "seen.txt").read_text() == "101.txt rule.txt"
    assert (tmp_path / "t" / "out" / "guess.txt").read_text() == "0"


def test_a_probe_that_leaves_no_data_for_the_seed_is_told(root: Path, tmp_path: Path) -> None:
    (root / "probe.py").write_text(PROBE.replace("os.listdir", '["rule.txt"] or '))
    trial = run_trial(job(load_template(root), tmp_path, split=Split.PROBE))
    assert trial.failure is not None
    assert trial.failure.message == "The probe left no scrambled data/101.txt."


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("report = [101, 102]", "report = [101, 103]", "there is no data/103.txt for seed 103 of seeds.report"),
        ("explore = [1, 2]", "explore = 3", "there is no data/3.txt for seed 3 of seeds.explore"),
        ("noise = 0", "noise = [7]", "there is no data/7.txt for seed 7 of seeds.noise"),
        ('"data/rule.txt"', '"data"', "data names 'data' and 'data/{seed}.txt', which overlap"),
        ('"data/rule.txt"', '"data/301.txt"', "data names 'data/301.txt' and 'data/{seed}.txt', which overlap"),
        ('"data/{seed}.txt"', '"data/{sed}.txt"', "data names 'data/{sed}.txt', which does not exist"),
        ('"data/{seed}.txt"', '"../data/{seed}.txt"', "which is not a path inside the folder"),
        ('hidden = "hidden"', 'hidden = "data"', "which overlaps hidden"),
        ('"experiment.py:guess"', '"data/301.txt"', "editable names 'data/301.txt', which is protected"),
    ],
)
def test_each_breach_is_one_clear_sentence(root: Path, old: str, new: str, sentence: str) -> None:
    edit(root, old, new)
    with pytest.raises(TemplateError) as caught:
        load_template(root)
    assert sentence in caught.value.message
    assert caught.value.mend


def test_further_seeds_are_those_that_have_data_and_no_others(root: Path) -> None:
    template = load_template(root)
    assert with_seed_counts(template, report=3).seeds.report == (101, 102, 301)
    assert with_seed_counts(template, explore=3).seeds.explore == (1, 2, 301)
    with pytest.raises(UsageError, match="own has data for 3 report seeds, and 4 were asked for"):
        with_seed_counts(template, report=4)
    with pytest.raises(UsageError, match="own has data for 2 report seeds, and 3 were asked for"):
        with_seed_counts(template, explore=3, report=3)
    edit(root, "title =", "fixed_seeds = true\ntitle =")
    with pytest.raises(UsageError, match="own has data for 2 report seeds, and 3 were asked for"):
        with_seed_counts(load_template(root), report=3)


@given(
    seeds=st.sets(st.integers(0, 10**9), min_size=1, max_size=8),
    entry=st.sampled_from(["{seed}", "data/{seed}", "data/{seed}.npz", "a/s{seed}/b/{seed}0.npy", "a/{seed}-{seed}.x"]),
    other=st.sampled_from(["all.npz", "data/x1", "a/s01/b/010.npy", "a/1-2.x", "data/-1"]),
)
def test_seeds_with_data_are_found_by_name(seeds: set[int], entry: str, other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in [other, *(entry.replace("{seed}", str(seed)) for seed in seeds)]:
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text("")
        template = DIGITS.model_copy(update={"root": folder, "data": (entry,)})
        assert seeds_with_data(template) == seeds
        assert set(code_files(template)) == {other}


def test_data_that_name_no_seed_are_the_same_for_all() -> None:
    template = DIGITS.model_copy(update={"data": ("data", "more")})
    assert seeds_with_data(template) is None
    assert data_of(template, 5) == ("data", "more")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("data", "data/x", True),
        ("data/{seed}", "data/7/x", True),
        ("data/{seed}", "data/x", False),
        ("data/{seed}/x", "data/7", True),
        ("data/{seed}", "data/{seed}.npz", False),
        ("data/{seed}/x", "data/{seed}/y", False),
        ("data", "datas", False),
        (".", "x", True),
    ],
)
def test_overlapping_paths(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


def test_a_job_of_one_seed_is_complete_for_a_worker(root: Path, tmp_path: Path) -> None:
    text = job(load_template(root), tmp_path).model_dump_json()
    assert json.loads(text)["template"]["data"] == ["data/rule.txt", "data/{seed}.txt"]
    assert run_trial(TrialJob.model_validate_json(text)).failure is None
