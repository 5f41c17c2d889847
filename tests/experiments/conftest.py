"""A template small enough to run in every test, in the real sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hakken.core.types import Split, Trial
from hakken.research.experiments import TrialJob, load_template, run_trial

TOML = """
name = "tiny"
title = "A tiny experiment"
task = "Guess the hidden number."
editable = ["experiment.py:guess"]
protected = ["evaluate.py"]
data = ["data"]
hidden = "hidden"
smoke = "--steps 1"

[limits]
wall_seconds = 15
cpu_seconds = 15
memory_mb = 400
processes = 16
file_mb = 8
disk_mb = 12

[[metrics]]
name = "miss"
dataset = "toy"
direction = "min"
"""

EXPERIMENT = '''
import argparse
import json
import os
import pathlib


def guess(start, seed):
    """Guess the number."""
    return start + seed


parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
parser.add_argument("--steps", type=int, default=10)
args = parser.parse_args()
start = float(pathlib.Path("data/start.txt").read_text())
value = guess(start, args.seed)
(args.out_dir / "guess.txt").write_text(str(value))
(args.out_dir / "curve.csv").write_text("step,value\\n" + "".join(f"{i},{1 / (i + 1)}\\n" for i in range(args.steps)))
(args.out_dir / "cost.json").write_text(json.dumps({"steps": args.steps, "parameters": 1}))
'''

EVALUATE = """
import argparse
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
truth = float(pathlib.Path("hidden/number.txt").read_text())
value = float((args.out_dir / "guess.txt").read_text())
(args.out_dir / "metrics.json").write_text(json.dumps({"toy/miss": abs(value - truth)}))
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The template's folder."""
    root = tmp_path / "tiny"
    for split, number in (("explore", 100), ("report", 200)):
        (root / "hidden" / split).mkdir(parents=True)
        (root / "hidden" / split / "number.txt").write_text(str(number))
    (root / "data").mkdir()
    (root / "data" / "start.txt").write_text("40")
    (root / "template.toml").write_text(TOML)
    (root / "experiment.py").write_text(EXPERIMENT)
    (root / "evaluate.py").write_text(EVALUATE)
    return root


Runner = Callable[..., Trial]


@pytest.fixture
def run(tiny: Path, tmp_path: Path) -> Runner:
    """Run the template with another body of ``guess``, or whatever else the job is given."""

    def runner(body: str | None = None, **changes: Any) -> Trial:
        files = {} if body is None else {"experiment.py": EXPERIMENT.replace("    return start + seed", body)}
        given: dict[str, Any] = {
            "id": "n1-explore-1",
            "template": load_template(tiny),
            "node_id": "n1",
            "files": files,
            "split": Split.EXPLORE,
            "seed": 1,
            "run_folder": tmp_path / "run",
            "keep": tmp_path / "run" / "trials" / "n1-explore-1",
        }
        return run_trial(TrialJob(**given | changes))

    return runner
