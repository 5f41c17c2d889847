"""The template ``digits``: the contract by hand, what it hides, what its evaluator refuses, and its gradients."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hakken.core.types import Split
from hakken.research.experiments import TrialJob, load_template, run_trial

ROOT = Path(load_template("digits").root)
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
SPLITS = ("explore", "report")
Damage = Callable[[np.ndarray], Any]
Evaluate = Callable[..., int]


def train(out: Path, seed: int = 1, steps: int = 20) -> Path:
    command = [
        sys.executable,
        str(ROOT / "experiment.py"),
        "--out_dir",
        str(out),
        "--seed",
        str(seed),
        "--steps",
        str(steps),
    ]
    subprocess.run(command, env=ENVIRONMENT, check=True)
    return out


def load(name: str) -> ModuleType:
    """A script of the template as a fresh module, whose functions a test may replace."""
    spec = importlib.util.spec_from_file_location(f"digits_{name}", ROOT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def experiment() -> ModuleType:
    return load("experiment")


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Runs ``evaluate.py`` in this process; returns its exit code."""
    module = load("evaluate")

    def run(out: Path, split: str = "explore") -> int:
        hidden = str(ROOT / "hidden" / split)
        monkeypatch.setattr(sys, "argv", ["evaluate.py", "--out_dir", str(out), "--seed", "1", "--hidden", hidden])
        return int(module.main())

    return run


def labels(split: str) -> tuple[np.ndarray, np.ndarray]:
    index, digits = np.loadtxt(ROOT / "hidden" / split / "labels.csv", delimiter=",", skiprows=1, dtype=int).T
    return index, digits


def seeds() -> list[int]:
    """Seeds that have a training set."""
    return sorted(int(path.stem) for path in (ROOT / "data").glob("[0-9]*.npz"))


def arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(ROOT / "data" / f"{name}.npz", allow_pickle=False) as data:
        return dict(data)


@pytest.fixture(scope="module")
def predictions(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    out = train(tmp_path_factory.mktemp("trained"), steps=400)
    array: np.ndarray = np.load(out / "predictions.npy", allow_pickle=False)
    return array


def test_it_leaves_predictions_a_curve_and_its_cost(tmp_path: Path) -> None:
    out = train(tmp_path / "out")
    assert sorted(p.name for p in out.iterdir()) == ["cost.json", "curve.csv", "predictions.npy"]
    rows = list(csv.reader((out / "curve.csv").read_text().splitlines()))
    assert rows[0] == ["step", "value"]
    assert [int(step) for step, _ in rows[1:]] == list(range(1, 21))
    assert json.loads((out / "cost.json").read_text()) == {"steps": 20, "parameters": 2410, "examples": 400}


def test_a_smoke_trial_in_the_sandbox_is_measured(tmp_path: Path) -> None:
    template = load_template("digits")
    job = TrialJob(
        id="t", template=template, node_id="n", split=Split.SMOKE, seed=1, run_folder=tmp_path, keep=tmp_path / "t"
    )
    trial = run_trial(job)
    assert trial.failure is None
    assert [metric.key for metric in trial.metrics] == [spec.key for spec in template.metrics]
    assert trial.cost is not None
    assert (trial.cost.steps, trial.cost.parameters, trial.cost.examples) == (20, 2410, 400)
    assert len(trial.curve) == 20
    assert trial.notes == ()


def test_the_evaluator_writes_the_metrics_of_the_template(
    tmp_path: Path, evaluate: Evaluate, predictions: np.ndarray
) -> None:
    np.save(tmp_path / "predictions.npy", predictions)
    assert evaluate(tmp_path) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics) == {spec.key for spec in load_template("digits").metrics}
    index, digits = labels("explore")
    assert metrics["digits/test_error"] == pytest.approx(100 * np.mean(predictions[index].argmax(axis=1) != digits))
    assert 10 < metrics["digits/test_error"] < 60


def test_perfect_and_uniform_predictions_score_as_they_should(tmp_path: Path, evaluate: Evaluate) -> None:
    perfect = np.zeros((1400, 10))
    for split in SPLITS:
        index, digits = labels(split)
        perfect[index, digits] = 1.0
    for array, error, loss in ((perfect, 0.0, 0.0), (np.full((1400, 10), 0.1), 90.0, np.log(10))):
        np.save(tmp_path / "predictions.npy", array)
        for split in SPLITS:
            assert evaluate(tmp_path, split) == 0
            metrics = json.loads((tmp_path / "metrics.json").read_text())
            assert metrics["digits/test_error"] == pytest.approx(error, abs=0.5)
            assert metrics["digits/log_loss"] == pytest.approx(loss)


def test_one_seed_gives_one_result(tmp_path: Path) -> None:
    first, again, other = (train(tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    for path in first.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
    assert (first / "predictions.npy").read_bytes() != (other / "predictions.npy").read_bytes()


def test_the_labels_of_unlabelled_images_are_only_in_hidden() -> None:
    unlabelled = arrays("unlabelled")
    sets = {seed: arrays(str(seed)) for seed in seeds()}
    assert {p.name for p in (ROOT / "data").iterdir()} == {"unlabelled.npz", *(f"{seed}.npz" for seed in sets)}
    assert {name: array.shape for name, array in unlabelled.items()} == {"images": (1400, 8, 8)}
    for made in sets.values():
        assert {name: array.shape for name, array in made.items()} == {"images": (100, 8, 8), "labels": (100,)}
    everything = np.concatenate([unlabelled["images"], *(made["images"] for made in sets.values())]).reshape(-1, 64)
    assert everything.min() == 0
    assert everything.max() == 1
    assert len(np.unique(everything, axis=0)) == 1797, "an image is both labelled and unlabelled"


def test_every_seed_has_a_training_set_of_its_own() -> None:
    template = load_template("digits")
    named = {*template.seeds.explore, *template.seeds.report, *template.seeds.noise}
    assert set(seeds()) == named | set(range(301, 341))
    drawn = {arrays(str(seed))["images"].tobytes() for seed in seeds()}
    assert len(drawn) == len(seeds())


def test_a_seed_without_a_training_set_is_refused_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "experiment.py"), "--out_dir", str(tmp_path), "--seed", "613"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "experiment.py: there is no training set for seed 613 (data/613.npz)\n"


def test_the_two_halves_share_no_image_and_their_order_tells_nothing() -> None:
    (explore, digits), (report, _) = labels("explore"), labels("report")
    assert sorted([*explore, *report]) == list(range(1400))
    assert len(explore) == len(report)
    assert np.mean(digits[1:] == digits[:-1]) < 0.2


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda p: p[:-1], "shape (1399, 10)"),
        (lambda p: p.argmax(axis=1), "floating-point"),
        (lambda p: np.full_like(p, np.nan), "not finite"),
        (lambda p: p * 2, "outside [0, 1]"),
        (lambda p: p * 0.5, "do not sum to one"),
        (lambda p: p - 0.2, "outside [0, 1]"),
        (lambda p: p.astype(object), "allow_pickle=False"),
    ],
)
def test_bad_predictions_are_refused(
    tmp_path: Path,
    evaluate: Evaluate,
    capsys: pytest.CaptureFixture[str],
    predictions: np.ndarray,
    damage: Damage,
    sentence: str,
) -> None:
    np.save(tmp_path / "predictions.npy", damage(predictions), allow_pickle=True)
    assert evaluate(tmp_path) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize("content", [None, b"", b"no array"])
def test_a_missing_or_broken_file_is_refused(
    tmp_path: Path, evaluate: Evaluate, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "predictions.npy").write_bytes(content)
    assert evaluate(tmp_path) == 1
    assert capsys.readouterr().err.startswith("evaluate.py: predictions.npy ")


def test_backpropagation_equals_finite_differences(experiment: ModuleType) -> None:
    rng = np.random.default_rng(0)
    mask = rng.integers(0, 2, size=(5, 7)) * 2.0

    def dropout_mask(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        return mask[:, : shape[1]]

    experiment.dropout_mask = dropout_mask  # type: ignore[attr-defined]
    sizes = (64, 7, 4, 10)
    layers = [(rng.normal(size=pair) / 3, rng.normal(size=pair[1])) for pair in pairwise(sizes)]
    inputs, wanted = rng.random((5, 64)), rng.dirichlet(np.ones(10), size=5)

    def loss() -> float:
        values = inputs
        for weights, biases in layers[:-1]:
            values = experiment.activation(values @ weights + biases)[0]
            values = values * dropout_mask(values.shape, rng)
        logits = values @ layers[-1][0] + layers[-1][1]
        return float(-(wanted * np.log(experiment.softmax(logits))).sum(axis=1).mean())

    found = experiment.gradients(layers, inputs, wanted, rng)
    for layer, gradient in zip(layers, found, strict=True):
        for array, slope in zip(layer, gradient, strict=True):
            direction = rng.normal(size=array.shape)
            array += 1e-5 * direction
            above = loss()
            array -= 2e-5 * direction
            below = loss()
            array += 1e-5 * direction
            assert (above - below) / 2e-5 == pytest.approx((slope * direction).sum(), rel=1e-5)


REWRITES: list[tuple[str, Callable[..., Any], str]] = [
    ("activation", lambda sums: (np.tanh(sums), np.ones_like(sums)), "do not agree"),
    ("activation", lambda sums: (np.tanh(sums), 1.0), "activation returned shape"),
    ("augment", lambda images, rng: images.reshape(-1, 64), "augment returned shape (20, 64)"),
    ("targets", lambda labels: np.eye(10), "targets returned shape (10, 10)"),
    ("dropout_mask", lambda shape, rng: rng.random(shape[1]), "dropout_mask returned shape (32,)"),
    ("penalty_gradient", lambda weights: 0.01 * weights.sum(), "penalty_gradient returned shape ()"),
    ("update", lambda parameter, gradient, rate, memory: rate, "update returned shape ()"),
    ("average", lambda kept, parameter, step, steps: 0.5, "average returned shape ()"),
    ("learning_rate", lambda step, steps: float("nan"), "training diverged"),
]


@pytest.mark.parametrize(("name", "rewrite", "sentence"), REWRITES)
def test_a_wrong_rewrite_is_told_in_its_own_words(
    experiment: ModuleType, name: str, rewrite: Callable[..., Any], sentence: str
) -> None:
    setattr(experiment, name, rewrite)
    images, digits = np.random.default_rng(0).random((100, 8, 8)), np.repeat(np.arange(10), 10)
    with pytest.raises((ValueError, FloatingPointError)) as caught:
        experiment.train(images, digits, 1, 20)
    assert sentence in str(caught.value)


def test_a_relu_is_accepted(experiment: ModuleType) -> None:
    experiment.activation = lambda sums: (np.maximum(sums, 0), (sums > 0) * 1.0)  # type: ignore[attr-defined]
    experiment.check_slopes()


def test_a_change_in_place_reaches_nothing_else(experiment: ModuleType) -> None:
    images, digits = np.random.default_rng(0).random((100, 8, 8)), np.repeat(np.arange(10), 10)
    pure, _ = experiment.train(images, digits, 1, 20)

    def in_place(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        images *= 1.0
        return images

    def penalty(weights: np.ndarray) -> np.ndarray:
        weights *= 0.0
        return weights

    experiment.augment, experiment.penalty_gradient = in_place, penalty  # type: ignore[attr-defined]
    changed, _ = experiment.train(images, digits, 1, 20)
    for one, other in zip(pure, changed, strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_the_set_up_sentences_are_true(experiment: ModuleType) -> None:
    facts = " ".join(load_template("digits").setup)
    images, given, unlabelled = experiment.load_images(5)
    pool = len(np.unique(np.concatenate([arrays(str(seed))["images"] for seed in seeds()]), axis=0))
    assert np.bincount(given).tolist() == [10] * 10
    assert f"learns from {len(images)} labelled images, 10 for each given label" in facts
    assert f"pool of {pool}" in facts
    assert f"remaining {len(unlabelled):,} images" in facts
    assert len(list((ROOT / "hidden" / "report").iterdir())) == 1
    assert "All seeds of the report are scored on the same hidden images" in facts
    assert f"The data are the {pool + len(unlabelled):,}" in facts
    assert experiment.hidden_sizes() == [32]
    assert f"batches of {experiment.BATCH} images, {experiment.STEPS:,} steps" in facts
    assert {experiment.learning_rate(step, 100) for step in range(100)} == {0.1}
    weights, biases = experiment.initialise(1000, 100, np.random.default_rng(0))
    assert weights.std() == pytest.approx(0.1, rel=0.02)
    assert not biases.any()


def test_the_wrong_labels_of_the_pool_are_counted_right() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn makes the data; it is not needed to run")
    digits = datasets.load_digits()
    known = {
        (image / 16).astype(np.float32).tobytes(): int(y) for image, y in zip(digits.images, digits.target, strict=True)
    }
    hidden = [known[image.tobytes()] for image in arrays("unlabelled")["images"]]
    given: dict[bytes, int] = {}
    for seed in seeds():
        made = arrays(str(seed))
        names, told = [image.tobytes() for image in made["images"]], made["labels"]
        wrong = np.array([known[name] for name in names]) != told
        assert np.bincount(told[wrong]).tolist() == [2] * 10
        assert len(set(names)) == 100
        for name, label in zip(names, told.tolist(), strict=True):
            assert given.setdefault(name, label) == label, "an image has one given label in all sets"
    mistaken = sum(known[name] != label for name, label in given.items())
    assert f"in the pool {mistaken} labels" in " ".join(load_template("digits").setup)
    for split in SPLITS:
        index, label = labels(split)
        assert [hidden[i] for i in index] == label.tolist()
