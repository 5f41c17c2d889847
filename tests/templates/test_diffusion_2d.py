"""The diffusion_2d template keeps its contract: hidden cities apart, files out, strict scores."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "src" / "hakken" / "templates" / "diffusion_2d"
Judged = Callable[[Path], tuple[int, str]]
SETTINGS = tomllib.loads((FOLDER / "template.toml").read_text(encoding="utf-8"))


def run(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FOLDER / script), *map(str, args)], capture_output=True, text=True, check=False
    )


def evaluate(out: Path) -> subprocess.CompletedProcess[str]:
    return run("evaluate.py", "--out_dir", out, "--seed", 1, "--hidden", FOLDER / "hidden" / "explore")


@pytest.fixture(scope="module")
def evaluator() -> ModuleType:
    """``evaluate.py`` as a module."""
    spec = importlib.util.spec_from_file_location("diffusion_2d_evaluate", FOLDER / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def judged(evaluator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Judged:
    """Exit code and words of ``evaluate.py``, run in this process."""

    def run(out: Path) -> tuple[int, str]:
        words = ["--out_dir", str(out), "--seed", "1", "--hidden", str(FOLDER / "hidden" / "explore")]
        monkeypatch.setattr(sys, "argv", ["evaluate.py", *words])
        code = int(evaluator.main())
        return code, capsys.readouterr().err

    return run


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="the extra hakken[torch] is not installed")
    out = tmp_path_factory.mktemp("smoke")
    done = run("experiment.py", "--out_dir", out, "--seed", 1, *SETTINGS["smoke"])
    assert done.returncode == 0, done.stderr
    return out


def test_seeds_are_disjoint() -> None:
    seeds = SETTINGS["seeds"]
    every = [*seeds["explore"], *seeds["report"], *seeds["noise"]]
    assert len(set(every)) == len(every) == 44


def test_cities_are_real_places_and_the_three_sets_are_apart() -> None:
    own = {int(path.stem): np.load(path, allow_pickle=False) for path in (FOLDER / "data").iterdir()}
    assert own.keys() == {*SETTINGS["seeds"]["explore"], *SETTINGS["seeds"]["noise"], *range(1001, 1031)}
    assert {points.shape for points in own.values()} == {(3000, 2)}
    train = np.unique(np.concatenate([*own.values()]), axis=0)
    assert 11_000 < len(train) <= 12_000
    hidden = [np.load(FOLDER / "hidden" / part / "test.npy", allow_pickle=False) for part in ("explore", "report")]
    assert [points.shape for points in hidden] == [(4000, 2), (4000, 2)]
    sets = [train, *hidden]
    for points in sets:
        assert np.abs(points[:, 0]).max() <= 180
        assert np.abs(points[:, 1]).max() <= 90
    rows = [{tuple(point) for point in points.tolist()} for points in sets]
    shared = sum(len(a & b) for a, b in ((rows[0], rows[1]), (rows[0], rows[2]), (rows[1], rows[2])))
    assert shared < 30  # a few places have the coordinates of another one


def test_the_one_hidden_set_of_all_report_seeds_is_told() -> None:
    hidden = list((FOLDER / "hidden" / "report").iterdir())
    told = "All seeds of the report are scored on the same hidden cities"
    assert (told in " ".join(SETTINGS["setup"])) == (len(hidden) == 1)


def test_a_run_leaves_its_files_and_scores(smoke: Path) -> None:
    assert (smoke / "curve.csv").read_text(encoding="utf-8").startswith("step,value\n1,")
    assert json.loads((smoke / "cost.json").read_text(encoding="utf-8")).keys() == {"steps", "parameters", "examples"}
    done = evaluate(smoke)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((smoke / "metrics.json").read_text(encoding="utf-8"))
    assert metrics.keys() == {f"{spec['dataset']}/{spec['name']}" for spec in SETTINGS["metrics"]}
    assert all(value > 0 for value in metrics.values())


def test_a_seed_gives_the_same_samples_again(smoke: Path, tmp_path: Path) -> None:
    assert run("experiment.py", "--out_dir", tmp_path, "--seed", 1, *SETTINGS["smoke"]).returncode == 0
    assert (tmp_path / "samples.npy").read_bytes() == (smoke / "samples.npy").read_bytes()


def test_real_cities_score_better_than_noise(tmp_path: Path, judged: Judged) -> None:
    scores = []
    places = np.load(FOLDER / "hidden" / "report" / "test.npy")[:3000]
    noise = np.random.default_rng(0).normal(size=(3000, 2)) * places.std(axis=0) + places.mean(axis=0)
    for points in (places, noise.astype(np.float32)):
        np.save(tmp_path / "samples.npy", points)
        assert judged(tmp_path) == (0, "")
        scores.append(json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")))
    assert scores[0]["cities/energy_distance"] < 0.3 < 1.0 < scores[1]["cities/energy_distance"]
    assert scores[0]["cities/sliced_distance"] < scores[1]["cities/sliced_distance"]


def test_cities_to_learn_from_are_no_samples(tmp_path: Path, judged: Judged) -> None:
    """Nor if rounding moved them, nor if a part of the samples is the model's own."""
    generator = np.random.default_rng(0)
    places = np.load(FOLDER / "data" / "1.npy")
    own = np.load(FOLDER / "hidden" / "report" / "test.npy")[:3000]
    moved = places + generator.normal(scale=0.005, size=places.shape).astype(np.float32)
    for share, refused in ((1.0, True), (0.2, True), (0.02, False)):
        np.save(tmp_path / "samples.npy", np.where(generator.random((3000, 1)) < share, moved, own))
        code, said = judged(tmp_path)
        assert (code == 1) is refused, said
        assert ("they are copies" in said) is refused


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros((10, 2)), "shape"),
        (np.zeros((3000, 3)), "shape"),
        (np.zeros((3000, 2), dtype=int), "floating-point"),
        (np.full((3000, 2), np.nan), "not finite"),
        (np.full((3000, 2), 1e6), "degrees away"),
        (np.array([[None, "x"]], dtype=object), "cannot be loaded"),
    ],
)
def test_bad_samples_are_refused(tmp_path: Path, judged: Judged, samples: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "samples.npy", samples, allow_pickle=True)
    code, said = judged(tmp_path)
    assert code == 1
    assert reason in said
    assert not (tmp_path / "metrics.json").exists()


def test_missing_samples_are_refused(tmp_path: Path) -> None:
    done = evaluate(tmp_path)
    assert (done.returncode, done.stderr.strip()) == (1, "evaluate.py: samples.npy is missing")
