"""Results folders of every kind become evidence: what was measured, of what, how often, and what it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hakken.core.errors import UsageError
from hakken.core.types import Direction
from hakken.research.papers.audit.records import read_record
from hakken.research.papers.audit.records.evidence import NO_DATASET, RESULTS, Evidence, Kind
from tests.papers.audit.samples import LETTER_TITLES, LETTERS, write_record


def fill(root: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def values(evidence: Evidence) -> dict[tuple[str, str], list[float]]:
    return {(v, key): list(by_seed.values()) for (v, _, key), by_seed in evidence.values.items()}


def test_runs_of_the_ai_scientist(tmp_path: Path) -> None:
    evidence = read_record(write_record(tmp_path, LETTERS, LETTER_TITLES, code="batch_size = 64\n"))
    assert evidence.kind is Kind.SCIENTIST_V1
    assert evidence.baseline == "run_0"
    assert evidence.variants["run_2"].title == "Style Router"
    assert {"run 2", "Style Router"} <= set(evidence.variants["run_2"].names)
    key = "plays/best_val_loss"
    assert list(evidence.values["run_1", RESULTS, key].values()) == [1.4690, 1.4721, 1.4640]
    assert evidence.mean("run_1", RESULTS, key) == pytest.approx(1.46837, abs=1e-5)
    assert (
        evidence.replicates("run_1", RESULTS, key),
        evidence.replicates("run_1", RESULTS, "wiki/best_val_loss"),
    ) == (3, 1)
    assert [s.kind for s in evidence.spreads["run_1", RESULTS, key]] == ["se"]
    assert evidence.direction(key) is Direction.MIN
    assert evidence.direction("plays/avg_inference_tokens_per_second") is Direction.MAX
    assert evidence.has_code
    assert ("run_1", "run_0", RESULTS, key) in evidence.contrasts
    assert ("run_1", "run_0", RESULTS, "wiki/best_val_loss") not in evidence.contrasts


def test_means_without_replicates_stand_for_themselves(tmp_path: Path) -> None:
    info = {"ring": {"means": {"mmd": 0.25, "accuracy_mean": 0.5}, "extra": {"style": {"left": 0.125}}}}
    evidence = read_record(fill(tmp_path, {"run_0/final_info.json": info, "notes.txt": "nothing of use"}))
    assert evidence.mean("run_0", RESULTS, "ring/mmd") == 0.25
    assert evidence.mean("run_0", RESULTS, "ring/accuracy") == 0.5
    assert evidence.mean("run_0", RESULTS, "ring/extra_style_left") == 0.125
    assert evidence.direction("ring/mmd") is Direction.MIN
    assert evidence.direction("ring/extra_style_left") is None


def test_names_of_runs_come_from_notes_labels_and_legends(tmp_path: Path) -> None:
    info = {"ring": {"means": {"mmd": 0.25}}}
    notes = (
        "# Title: x\n## Run 0: Baseline\n### Run 1: Two Branches with Gates\nResults: {}\n## Plots\n"
        "The legend shows each run (Baseline, Gated Branches, and Deep Gates).\n"
    )
    plot = 'labels = {"run_0": "Base", "run_1": "Gates"}\n'
    files = {f"run_{n}/final_info.json": info for n in range(3)}
    evidence = read_record(fill(tmp_path, {**files, "notes.txt": notes, "plot.py": plot}))
    assert {"Two Branches with Gates", "Gates", "Gated Branches", "run 1"} <= set(evidence.variants["run_1"].names)
    assert evidence.variants["run_2"].title == "Run 2"
    assert "Deep Gates" in evidence.variants["run_2"].names


def test_stages_of_the_second_ai_scientist(tmp_path: Path) -> None:
    def metric(value: float, best: float) -> dict[str, Any]:
        data = [{"dataset_name": "sst2", "final_value": value, "best_value": best}]
        names = [{"metric_name": "validation accuracy", "lower_is_better": False, "description": "", "data": data}]
        return {"value": {"metric_names": names}, "maximize": None}

    best = {"overall_plan": "tune", "metric": metric(0.8, 0.82), "code": "lr = 0.1"}
    seeds = [{"metric": metric(0.81, 0.81)}, {"metric": metric(0.79, 0.8)}]
    journal = {
        "nodes": [
            {
                "id": "abcdef123",
                "metric": metric(0.7, 0.7),
                "is_buggy": False,
                "code": "lr = 0.2",
                "hyperparam_name": "lr",
            },
            {"id": "b", "metric": metric(0.1, 0.1), "is_buggy": True},
        ]
    }
    files = {
        "logs/0-run/baseline_summary.json": {"best node": best, "best node with different seeds": seeds},
        "logs/0-run/ablation_summary.json": [
            {"ablation_name": "No gate", "metric": metric(0.6, 0.6), "code": "lr = 0.3"}
        ],
        "logs/0-run/stage_2_baseline_tuning_1_first_attempt/journal.json": journal,
        "idea.json": {"Title": "Gates for Text", "Name": "gates"},
    }
    evidence = read_record(fill(tmp_path, files))
    assert evidence.kind is Kind.SCIENTIST_V2
    assert evidence.baseline == "baseline"
    assert list(evidence.values["baseline", RESULTS, "sst2/validation_accuracy"].values()) == [0.8, 0.81, 0.79]
    assert evidence.variants["ablation 1"].ablation
    assert evidence.mean("lr", RESULTS, "sst2/validation_accuracy") == 0.7
    assert evidence.mean("baseline", RESULTS, "sst2/best_validation_accuracy") == pytest.approx(0.81)
    assert evidence.direction("sst2/validation_accuracy") is Direction.MAX
    assert (evidence.failed, evidence.sources["baseline"]["experiment_code.py"]) == (1, "lr = 0.1")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"results.json": {"baseline": {"svhn": {"accuracy": 0.9}}, "ours": {"svhn": {"accuracy": 0.95}}}},
            {("baseline", "accuracy"): [0.9], ("ours", "accuracy"): [0.95]},
            id="method, data set, metric",
        ),
        pytest.param(
            {"results.json": {"accuracy": {"baseline": [0.1, 0.2], "ours": [0.3, 0.4]}}},
            {("baseline", "accuracy"): [0.1, 0.2], ("ours", "accuracy"): [0.3, 0.4]},
            id="metric first, lists of seeds",
        ),
        pytest.param(
            {"out.json": [{"method": "baseline", "seed": s, "f1": 0.5 + s / 10} for s in (3, 4)]},
            {("baseline", "f1"): [0.8, 0.9]},
            id="list of records",
        ),
        pytest.param(
            {"out.jsonl": '{"model": "a", "loss": 2.0}\n\n{"model": "b", "loss": 1.5}\nbroken {\n'},
            {("a", "loss"): [2.0], ("b", "loss"): [1.5]},
            id="json lines with a broken one",
        ),
        pytest.param(
            {"t.csv": "model,metric,value\nbaseline,acc,0.8\nours,acc,0.85\n"},
            {("baseline", "acc"): [0.8], ("ours", "acc"): [0.85]},
            id="long table",
        ),
        pytest.param(
            {"t.tsv": "Method\tReward\nbaseline\t10\nppo\t12\n"},
            {("baseline", "Reward"): [10.0], ("ppo", "Reward"): [12.0]},
            id="one column a metric, tabs",
        ),
        pytest.param(
            {"baseline/seed_1.json": {"val_loss": 1.0}, "wide/seed_1.json": {"val_loss": 0.5}},
            {("baseline", "val_loss"): [1.0], ("wide", "val_loss"): [0.5]},
            id="folders",
        ),
        pytest.param(
            {"log.jsonl": "\n".join(json.dumps({"run": "a", "epoch": e, "loss": 3.0 - e}) for e in range(3))},
            {("a", "loss"): [1.0]},
            id="the last point of a curve",
        ),
        pytest.param(
            {"s.csv": "lr,seed,accuracy\n0.1,0,0.8\n0.1,1,0.9\n0.2,0,0.5\n0.2,1,0.6\n"},
            {("lr=0.1", "accuracy"): [0.8, 0.9], ("lr=0.2", "accuracy"): [0.5, 0.6]},
            id="a sweep",
        ),
        pytest.param(
            {"accuracy.csv": "dataset,baseline,ours\nmnist,0.9,0.95\n"},
            {("baseline", "accuracy"): [0.9], ("ours", "accuracy"): [0.95]},
            id="one column a method",
        ),
    ],
)
def test_shapes_of_result_files(
    tmp_path: Path, files: dict[str, Any], expected: dict[tuple[str, str], list[float]]
) -> None:
    evidence = read_record(fill(tmp_path, files))
    found = {(v, key.partition("/")[2]): x for (v, key), x in values(evidence).items()}
    assert found == {pair: pytest.approx(x) for pair, x in expected.items()}
    assert evidence.kind is Kind.FILES
    assert evidence.baseline == ("baseline" if any(v == "baseline" for v, _ in expected) else None)


def test_statistics_beside_values_are_no_metrics(tmp_path: Path) -> None:
    table = "Method,Accuracy,Accuracy std,n\nBaseline,80.1,0.3,5\nOurs,82.3,0.2,5\n"
    evidence = read_record(fill(tmp_path, {"table.csv": table}))
    key = f"{NO_DATASET}/Accuracy"
    assert [m.key for m in evidence.metrics] == [key]
    assert evidence.spreads["Ours", RESULTS, key][0].value == 0.2
    nested = {"adam": {"loss": {"mean": 0.5, "std": 0.1, "min": 0.4}}, "sgd": {"loss": {"mean": 0.7, "std": 0.2}}}
    evidence = read_record(fill(tmp_path / "nested", {"r.json": nested}))
    assert evidence.mean("adam", RESULTS, f"{NO_DATASET}/loss") == 0.5
    assert evidence.spreads["sgd", RESULTS, f"{NO_DATASET}/loss"][0].kind == "sd"


def test_configuration_is_no_result(tmp_path: Path) -> None:
    files = {
        "run.json": {"config": {"lr": 0.1, "hidden": 32}, "results": {"accuracy": 0.9}},
        "config.json": {"epochs": 7},
    }
    evidence = read_record(fill(tmp_path, files))
    assert [m.name for m in evidence.metrics] == ["accuracy"]
    assert {s.value for s in evidence.settings} == {0.1, 32.0, 7.0}


@pytest.mark.parametrize("content", ["", "[]", '{"a": NaN}', "not json", '{"a": null}', '{"a": [{}]}'])
def test_files_that_hold_nothing_are_told_in_one_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(UsageError) as error:
        read_record(fill(tmp_path, {"x.json": content}))
    assert error.value.message == f"No results were recognised in {tmp_path}."
    assert "run_*/final_info.json" in error.value.mend


def test_a_file_or_a_place_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match="is a file, and results are a folder"):
        read_record(tmp_path / "x.json")
    with pytest.raises(UsageError, match="There is no folder"):
        read_record(tmp_path / "nowhere")


def test_rows_with_two_lists_of_different_length(tmp_path: Path) -> None:
    record = [{"method": "a", "acc": [0.5, 0.6], "time": [1.0]}, {"method": "b", "acc": [0.7, 0.8], "time": [2.0]}]
    evidence = read_record(fill(tmp_path, {"r.json": record}))
    assert values(evidence)["a", f"{NO_DATASET}/acc"] == [0.5, 0.6]
    assert values(evidence)["b", f"{NO_DATASET}/time"] == [2.0]
