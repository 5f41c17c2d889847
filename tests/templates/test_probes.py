"""The probe scripts of the templates that ship: scrambled data keep their form, and rows and answers are listed."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hakken.research.experiments import load_template
from hakken.research.experiments.reading import read_probe
from hakken.research.experiments.seed_data import data_of

TEMPLATES = Path(__file__).parents[2] / "src" / "hakken" / "templates"


def probe(folder: Path, *args: object) -> None:
    done = subprocess.run(
        [sys.executable, "probe.py", *map(str, args)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["digits", "epidemic", "diffusion_2d"])
def test_every_template_has_a_probe_that_nobody_may_edit(name: str) -> None:
    template = load_template(name)
    assert template.probe == ("{python}", "probe.py")
    assert "probe.py" in template.protected
    assert template.steps_arg == "--steps"


def arrays(root: Path, seed: int, name: str) -> dict[str, np.ndarray]:
    """What a seed has, as arrays by file and name."""
    found: dict[str, np.ndarray] = {}
    for entry in data_of(load_template(name), seed):
        path = root / entry
        if path.suffix == ".npz":
            with np.load(path) as data:
                found |= {f"{entry} {key}": data[key] for key in data.files}
        else:
            table = path if path.suffix == ".npy" else path / "counts.csv"
            found[entry] = np.load(path) if table == path else np.loadtxt(table, delimiter=",", skiprows=1)
    return found


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("digits", {"data/unlabelled.npz images"}),
        ("epidemic", {"data/3"}),
        ("diffusion_2d", {"data/3.npy"}),
    ],
)
def test_scrambled_data_keep_their_form_and_lose_their_meaning(tmp_path: Path, name: str, moved: set[str]) -> None:
    probe(TEMPLATES / name, "scramble", "--out_dir", tmp_path, "--seed", 3)
    before, after = arrays(TEMPLATES / name, 3, name), arrays(tmp_path, 3, name)
    written = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "data").iterdir()}
    assert written == {*data_of(load_template(name), 3)}, "a probe has no data of other seeds to write"
    assert before.keys() == after.keys()
    assert moved <= before.keys()
    for key, old in before.items():
        new = after[key]
        assert (old.shape, old.dtype) == (new.shape, new.dtype)
        np.testing.assert_array_equal(np.sort(old, axis=None), np.sort(new, axis=None))
        if key in moved:
            assert (old != new).mean() > 0.3
        else:
            np.testing.assert_array_equal(old, new)


def compared(tmp_path: Path, name: str, hidden: Path, seed: int) -> dict[str, int]:
    """What the harness counts from the lists of a probe."""
    probe(TEMPLATES / name, "compare", "--out_dir", tmp_path, "--seed", seed, "--hidden", hidden)
    counts, notes = read_probe(tmp_path)
    assert notes == ()
    assert counts is not None
    return counts.model_dump()


def test_digits_count_right_predictions_and_share_no_image(tmp_path: Path) -> None:
    hidden = TEMPLATES / "digits" / "hidden" / "report"
    index, labels = np.loadtxt(hidden / "labels.csv", delimiter=",", skiprows=1, dtype=int, unpack=True)
    predictions = np.zeros((1400, 10), np.float32)
    predictions[index[:500], labels[:500]] = 1
    predictions[index[500:], (labels[500:] + 1) % 10] = 1
    np.save(tmp_path / "predictions.npy", predictions)
    found = compared(tmp_path, "digits", hidden, 101)
    assert found == {"training": 100, "hidden": 700, "shared": 0, "answers": 700, "equal": 500}


def test_epidemic_counts_exact_forecasts_and_shares_no_week(tmp_path: Path) -> None:
    hidden = TEMPLATES / "epidemic" / "hidden" / "report"
    with (hidden / "1001.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [f"{r['week']},{r['series']},{float(r['cases']) + (0 if k < 9 else 0.5)}" for k, r in enumerate(rows)]
    (tmp_path / "forecasts.csv").write_text("\n".join(["week,series,cases", *lines]) + "\n")
    found = compared(tmp_path, "epidemic", hidden, 1001)
    assert found == {"training": 32 * 60, "hidden": 256, "shared": 0, "answers": 256, "equal": 9}


def test_diffusion_counts_copies_of_hidden_cities(tmp_path: Path) -> None:
    shared = []
    for split in ("explore", "report"):
        hidden = TEMPLATES / "diffusion_2d" / "hidden" / split
        samples = np.random.default_rng(0).normal(size=(3000, 2)).astype(np.float32)
        samples[:7] = np.load(hidden / "test.npy")[:7]
        np.save(tmp_path / "samples.npy", samples)
        found = compared(tmp_path, "diffusion_2d", hidden, 1004)
        assert (found["training"], found["hidden"], found["answers"], found["equal"]) == (3000, 4000, 3000, 7)
        shared.append(found["shared"])
    # Two places of the gazetteer have the same coordinates.
    assert shared == [1, 0]


def test_a_copied_hidden_file_in_the_data_is_counted(tmp_path: Path) -> None:
    root = tmp_path / "diffusion_2d"
    shutil.copytree(TEMPLATES / "diffusion_2d", root)
    hidden = root / "hidden" / "report"
    shutil.copyfile(hidden / "test.npy", root / "data" / "1001.npy")
    np.save(tmp_path / "samples.npy", np.load(hidden / "test.npy")[:3000])
    probe(root, "compare", "--out_dir", tmp_path, "--seed", 1001, "--hidden", hidden)
    listed = json.loads((tmp_path / "probe.json").read_text())
    counts, _ = read_probe(tmp_path)
    assert counts is not None
    assert counts.shared == counts.hidden == 4000
    assert listed["equal"] == listed["answers"] == 3000
