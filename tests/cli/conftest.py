"""A template that takes moments, and the command as a user calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hakken.cli.app import app

TOML = """
name = "guess"
title = "A tiny experiment"
task = "Guess the hidden number."
editable = ["experiment.py:guess"]
hidden = "hidden"

[limits]
wall_seconds = 10
cpu_seconds = 10
memory_mb = 400
file_mb = 8
disk_mb = 12

[seeds]
explore = 2
report = 3
noise = 2

[[metrics]]
name = "miss"
dataset = "toy"
direction = "min"
"""

EXPERIMENT = '''
import argparse
import pathlib


def guess(seed):
    """Guess the number."""
    return 40 + seed


parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
(args.out_dir / "guess.txt").write_text(str(guess(args.seed)))
'''

EVALUATE = """
import argparse
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=pathlib.Path)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
value = float((args.out_dir / "guess.txt").read_text())
(args.out_dir / "metrics.json").write_text(json.dumps({"toy/miss": abs(value - 100)}))
"""

Hakken = Callable[..., Result]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def template(here: Path) -> Path:
    """The folder ``guess``."""
    root = here / "guess"
    (root / "hidden").mkdir(parents=True)
    (root / "hidden" / "note.txt").write_text("100")
    (root / "template.toml").write_text(TOML)
    (root / "experiment.py").write_text(EXPERIMENT)
    (root / "evaluate.py").write_text(EVALUATE)
    return root


@pytest.fixture
def hakken() -> Hakken:
    """Run the command in this process."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, list(words), prog_name="hakken")

    return call
