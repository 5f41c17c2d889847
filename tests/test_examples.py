"""The examples run as they are, with the scripted model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.finished_run import EXAMPLES, SAID, call, finished_run


def test_the_pipeline_in_ten_lines_and_its_record(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = finished_run(tmp_path_factory).parents[1]
    said = (root / SAID).read_text().splitlines()
    assert (root / said[-1]).read_bytes().startswith(b"%PDF")
    record = call(root, str(EXAMPLES / "read_record.py"), "hakken-runs/speck-001")
    assert record.startswith("speck-001: 1 ideas, ")
    assert "claim: The selected variant has a lower mean absolute error" in record


def test_the_template_of_ones_own(tmp_path: Path) -> None:
    words = ("-m", "hakken", "experiment", str(EXAMPLES / "own_template"), "--baseline-only", "--json")
    counts = ("-c", "statistics.explore_seeds=2", "-c", "statistics.noise_seeds=2")
    metric = json.loads(call(tmp_path, *words, *counts))["metrics"]["line/distance"]
    assert metric["n"] == 2
    assert 0 < metric["mean"] < 2
