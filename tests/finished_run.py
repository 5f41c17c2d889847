"""One finished run for all tests that only read a finished run, made by the example as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hakken.models.locks import file_lock
from tests.recovery.pipeline import RUN, TEMPLATE, short_run

EXAMPLES = Path(__file__).parents[1] / "examples"
SAID = "said.txt"


def call(folder: Path, *words: str) -> str:
    """What a Python program prints that runs in a folder and ends well."""
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_run(root: Path) -> Path:
    """Make a run below a folder, to its end; its own folder is returned, and what was printed is ``SAID``."""
    root.mkdir(parents=True, exist_ok=True)
    said = call(root, str(EXAMPLES / "minimal.py"), str(TEMPLATE), *short_run(Path("hakken-runs")))
    (root / SAID).write_text(said)
    return root / "hakken-runs" / RUN


def finished_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that is made once, whoever of pytest's workers is first; nobody may change it."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished-run"
    with file_lock(root.with_suffix(".lock")):
        return root / "hakken-runs" / RUN if (root / SAID).is_file() else make_run(root)
