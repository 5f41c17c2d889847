"""The examples run as they are, with the scripted model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
DATA = ROOT / "tests" / "recovery" / "data"


def call(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pipeline_in_ten_lines_and_its_record(tmp_path: Path) -> None:
    settings = (
        f"models.default=scripted:{DATA / 'speck.toml'}", "search.ideas=1", "search.nodes_per_idea=2",
        "search.debug_rounds=1", "search.candidates=1", "search.idea_reflections=0", "review.members=1",
    )  # fmt: skip
    said = call(tmp_path, str(EXAMPLES / "minimal.py"), str(DATA / "speck"), *settings).splitlines()
    assert (tmp_path / said[-1]).read_bytes().startswith(b"%PDF")
    record = call(tmp_path, str(EXAMPLES / "read_record.py"), "hakken-runs/speck-001")
    assert record.startswith("speck-001: 1 ideas, ")
    assert "claim: The selected variant has a lower mean absolute error" in record


def test_the_template_of_ones_own(tmp_path: Path) -> None:
    words = ("-m", "hakken", "experiment", str(EXAMPLES / "own_template"), "--baseline-only", "--json")
    counts = ("-c", "statistics.explore_seeds=2", "-c", "statistics.noise_seeds=2")
    metric = json.loads(call(tmp_path, *words, *counts))["metrics"]["line/distance"]
    assert metric["n"] == 2
    assert 0 < metric["mean"] < 2
