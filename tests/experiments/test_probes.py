"""Leakage probes: leaks of each kind are caught in real trials, and honest programs pass."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hakken.core.errors import TemplateError
from hakken.core.types import Failure, FailureCause, Metric, Probe, ProbeKind, Split, Template, Trial
from hakken.research.experiments import (
    TrialJob,
    judge_probes,
    load_template,
    run_trial,
    run_trials,
    with_seed_counts,
)
from hakken.research.experiments.reading import read_probe

SEEDS = (101, 102, 103)
NAMES = [f"item{k}" for k in range(40)]
TOML = """
name = "lookup"
title = "Guess a bit of each item"
task = "Items carry a bit; the labelled ones tell the rule."
editable = ["experiment.py:predict"]
data = ["data"]
hidden = "hidden"

[[metrics]]
name = "error"
dataset = "items"
direction = "min"
"""
EXPERIMENT = '''
import argparse, json, pathlib, random


def predict(item, table, labelled, rng):
    """Guess the bit of an item from its features; labelled items map names to bits."""
    return int(table[item] + rng.gauss(0, 0.05) > 0.5)


parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
data = json.loads(pathlib.Path("data/items.json").read_text())
rng = random.Random(args.seed)
guesses = {item: predict(item, data["features"], data["labelled"], rng) for item in sorted(data["features"])}
(args.out_dir / "guesses.json").write_text(json.dumps(guesses))
'''
EVALUATE = """
import argparse, json, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
truth = json.loads(pathlib.Path("hidden/bits.json").read_text())
guesses = json.loads((args.out_dir / "guesses.json").read_text())
error = sum(guesses[k] != v for k, v in truth.items()) / len(truth)
(args.out_dir / "metrics.json").write_text(json.dumps({"items/error": error}))
"""
PROBE = """
import argparse, json, pathlib, random

parser = argparse.ArgumentParser()
parser.add_argument("what")
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
data = json.loads(pathlib.Path("data/items.json").read_text())
if args.what == "scramble":
    values = list(data["features"].values())
    random.Random(args.seed).shuffle(values)
    data["features"] = dict(zip(data["features"], values))
    (args.out_dir / "data").mkdir()
    (args.out_dir / "data" / "items.json").write_text(json.dumps(data))
else:
    truth = json.loads(pathlib.Path("hidden/bits.json").read_text())
    guesses = json.loads((args.out_dir / "guesses.json").read_text())
    equal = sum(guesses[k] == v for k, v in truth.items())
    found = {"training": sorted(data["labelled"]), "hidden": sorted(truth), "answers": len(truth), "equal": equal}
    (args.out_dir / "probe.json").write_text(json.dumps(found))
"""


def build(root: Path, *, overlap: int = 0, probe: bool = True) -> Template:
    """Forty items, their feature near their bit; the first twenty are labelled, the others hidden."""
    bits = {name: k % 3 % 2 for k, name in enumerate(NAMES)}
    noise = {name: (k * 7 % 10 - 4.5) / 8 for k, name in enumerate(NAMES)}
    for split in ("explore", "report"):
        (root / "hidden" / split).mkdir(parents=True)
        (root / "hidden" / split / "bits.json").write_text(json.dumps({n: bits[n] for n in NAMES[20:]}))
    (root / "data").mkdir()
    labelled = {name: bits[name] for name in NAMES[: 20 + overlap]}
    features = {name: bits[name] + noise[name] for name in NAMES}
    (root / "data" / "items.json").write_text(json.dumps({"features": features, "labelled": labelled}))
    (root / "template.toml").write_text(TOML)
    (root / "experiment.py").write_text(EXPERIMENT)
    (root / "evaluate.py").write_text(EVALUATE)
    if probe:
        (root / "probe.py").write_text(PROBE)
    return load_template(root)


def measure(template: Template, run_folder: Path, body: str | None = None) -> dict[ProbeKind, Probe]:
    """Report and probe trials of a version, and report trials of the baseline, judged."""
    honest = "    return int(table[item] + rng.gauss(0, 0.05) > 0.5)"
    assert honest in EXPERIMENT
    files = {"experiment.py": EXPERIMENT.replace(honest, body)} if body else {}
    jobs = []
    for node, sources, splits in (("n0", {}, (Split.REPORT,)), ("n1", files, (Split.REPORT, Split.PROBE))):
        for split in splits:
            if split is Split.PROBE and template.probe is None:
                continue
            for seed in SEEDS:
                job = TrialJob(
                    id=f"{node}-{split.value}-{seed}", template=template, node_id=node, files=sources, split=split,
                    seed=seed, run_folder=run_folder, keep=run_folder / f"{node}-{split.value}-{seed}",
                    probe=split is Split.REPORT and node == "n1",
                )  # fmt: skip
                jobs.append(job)
    with ThreadPoolExecutor(3) as executor:
        found = run_trials(jobs, executor)
    assert [t.failure for t in found if t.failure] == []
    probes = judge_probes(template, "n1", "n0", found, files.get("experiment.py", EXPERIMENT))
    return {probe.kind: probe for probe in probes}


def outcomes(probes: dict[ProbeKind, Probe]) -> dict[str, str]:
    return {kind.value: probe.outcome for kind, probe in probes.items()}


def test_an_honest_program_passes_every_probe(tmp_path: Path) -> None:
    probes = measure(build(tmp_path / "t"), tmp_path / "run", "    return int(table[item] + rng.gauss(0, 0.3) > 0.5)")
    assert outcomes(probes) == dict.fromkeys(("overlap", "answers", "seeds", "input"), "passed")
    assert probes[ProbeKind.OVERLAP].values == {"training": 20, "hidden": 20, "shared": 0}
    assert probes[ProbeKind.INPUT].values["seeds"] == 3


def test_hidden_rows_in_the_training_data_that_a_program_looks_up_are_caught(tmp_path: Path) -> None:
    body = "    return labelled.get(item, int(table[item] > 0.5))"
    probes = measure(build(tmp_path / "t", overlap=20), tmp_path / "run", body)
    assert outcomes(probes) == dict.fromkeys(("overlap", "answers", "seeds", "input"), "failed")
    assert probes[ProbeKind.OVERLAP].values["shared"] == 20
    assert probes[ProbeKind.ANSWERS].values["share"] == 100


def test_a_program_that_ignores_its_input_is_caught(tmp_path: Path) -> None:
    body = f"    return {dict.fromkeys(NAMES, 0)!r}[item]"
    probes = measure(build(tmp_path / "t"), tmp_path / "run", body)
    assert outcomes(probes) == {"overlap": "passed", "answers": "passed", "seeds": "failed", "input": "failed"}
    assert probes[ProbeKind.INPUT].values["changed"] == 0


def test_a_score_that_does_not_suffer_from_scrambled_data_is_caught(tmp_path: Path) -> None:
    """The outputs change, since they hold noise, and yet nothing of the data is used."""
    probes = measure(build(tmp_path / "t"), tmp_path / "run", "    return int(rng.random() + table[item] * 1e-9 > 0.5)")
    assert probes[ProbeKind.INPUT].outcome == "failed"
    assert probes[ProbeKind.SEEDS].outcome == "passed"


@pytest.mark.parametrize(
    ("ran", "ended", "worse", "outcome"),
    [
        (4, 4, 4, "passed"),
        (4, 3, 3, "passed"),
        (4, 2, 2, "not_probed"),
        (4, 1, 1, "not_probed"),
        (4, 1, 0, "failed"),
        (4, 3, 2, "failed"),
        # A limit ended the report before all four had run.
        (3, 3, 3, "passed"),
        (2, 2, 2, "not_probed"),
        (1, 1, 1, "not_probed"),
        (1, 1, 0, "failed"),
        (1, 0, 0, "not_probed"),
        (0, 0, 0, "not_probed"),
    ],
)
def test_a_version_with_few_results_on_scrambled_data_has_not_passed(
    tmp_path: Path, ran: int, ended: int, worse: int, outcome: str
) -> None:
    template = build(tmp_path / "t")
    failure = Failure(cause=FailureCause.CRASHED, message="It crashed.")

    def trial(split: Split, seed: int, error: float | None) -> Trial:
        metrics = () if error is None else (Metric(key="items/error", value=error),)
        return Trial(
            id=f"n1-{split.value}-{seed}", node_id="n1", split=split, seed=seed, run=None, metrics=metrics,
            output_hash=f"{split} {seed}", failure=failure if error is None else None,
        )  # fmt: skip

    found = [trial(Split.REPORT, seed, 0.2) for seed in range(4)]
    found += [trial(Split.PROBE, s, None if s >= ended else 0.4 if s < worse else 0.1) for s in range(ran)]
    probe = judge_probes(template, "n1", "n0", found, "")[-1]
    assert (probe.kind, probe.outcome) == (ProbeKind.INPUT, outcome)
    if outcome == "not_probed":
        much = "Too few trials" if ended else "No trial"
        assert probe.why == f"{much} on scrambled data {'ended well' if ran else 'was run'}."


def test_a_template_with_two_report_seeds_is_probed_on_both(tmp_path: Path) -> None:
    template = with_seed_counts(build(tmp_path / "t"), report=2)

    def trial(split: Split, seed: int, error: float) -> Trial:
        return Trial(
            id=f"n1-{split.value}-{seed}", node_id="n1", split=split, seed=seed, run=None,
            metrics=(Metric(key="items/error", value=error),), output_hash=f"{split} {seed}",
        )  # fmt: skip

    found = [trial(Split.REPORT, seed, 0.2) for seed in range(2)] + [trial(Split.PROBE, seed, 0.4) for seed in range(2)]
    assert judge_probes(template, "n1", "n0", found, "")[-1].outcome == "passed"
    assert judge_probes(template, "n1", "n0", found[:3], "")[-1].outcome == "not_probed"


def test_without_a_probe_it_is_said_that_nothing_was_probed(tmp_path: Path) -> None:
    probes = measure(build(tmp_path / "t", probe=False), tmp_path / "run")
    assert outcomes(probes) == {
        "overlap": "not_probed", "answers": "not_probed", "seeds": "passed", "input": "not_probed",
    }  # fmt: skip
    assert probes[ProbeKind.INPUT].why == "The template has no probe."


def test_a_probe_that_fails_costs_no_trial(tmp_path: Path) -> None:
    template = build(tmp_path / "t")
    (tmp_path / "t" / "probe.py").write_text("raise SystemExit('no')")
    job = TrialJob(
        id="n1-report-101", template=template, node_id="n1", split=Split.REPORT, seed=101, probe=True,
        run_folder=tmp_path, keep=tmp_path / "keep",
    )  # fmt: skip
    trial = run_trial(job)
    assert trial.failure is None
    assert trial.probe is None
    assert any("The probe" in note for note in trial.notes)
    scrambled = run_trial(job.model_copy(update={"split": Split.PROBE, "probe": False}))
    assert scrambled.failure is not None
    assert scrambled.failure.cause is FailureCause.EVALUATOR


def test_nobody_may_edit_the_probe(tmp_path: Path) -> None:
    build(tmp_path / "t")
    toml = tmp_path / "t" / "template.toml"
    toml.write_text(toml.read_text().replace('"experiment.py:predict"', '"probe.py"'))
    with pytest.raises(TemplateError, match="probe"):
        load_template(tmp_path / "t")


@pytest.mark.parametrize(
    "text",
    [
        "[]", "{", '{"training": 3}', '{"hidden": [1]}', '{"answers": 2, "equal": 3}', '{"answers": -1}',
        '{"answers": true}', '{"answers": 1e9}',
    ],
)  # fmt: skip
def test_malformed_lists_are_ignored_with_a_note(tmp_path: Path, text: str) -> None:
    (tmp_path / "probe.json").write_text(text)
    counts, notes = read_probe(tmp_path)
    assert counts is None
    assert notes[0].startswith("probe.json was ignored")
