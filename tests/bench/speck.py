"""Runs of seconds for tests of the scientist's table: a scripted model on the template of the recovery tests."""

from __future__ import annotations

import shutil
from pathlib import Path

from hakken.bench.scientist.grid import Job, make_grid
from hakken.core.config import Settings, load_settings
from hakken.research.experiments import load_template

DATA = Path(__file__).parents[1] / "recovery" / "data"
SHORT = (
    "search.ideas=1",
    "search.spare_ideas=0",
    "search.nodes_per_idea=2",
    "search.debug_rounds=1",
    "search.candidates=1",
    "search.idea_reflections=0",
    "search.workers=2",
    "paper.tries=1",
    "review.members=1",
)


def settings(*more: str) -> Settings:
    return load_settings(files=[], assignments=[*SHORT, *more]).settings


def copied(folder: Path, name: str, *, broken: bool = False) -> Path:
    """The template of the recovery tests under another name."""
    root = folder / name
    shutil.copytree(DATA / "speck", root)
    file = root / "template.toml"
    file.write_text(file.read_text().replace('name = "speck"', f'name = "{name}"'))
    if broken:
        (root / "experiment.py").write_text("def combine(readings):\n    return 0\n\n\nraise SystemExit('no sensor')\n")
    return root


def jobs_of(folder: Path, runs: int, *more: str) -> list[Job]:
    """Runs of the model in ``folder/model.toml``, which the test writes, on the template as it ships."""
    template = load_template(DATA / "speck")
    return make_grid([f"scripted:{folder / 'model.toml'}"], [template], runs, folder / "out", settings(*more))


def write_model(folder: Path, error: str | None = None, at: str = "ideas/*") -> None:
    """The scripted model that does its work, or one that fails at these questions."""
    able = (DATA / "speck.toml").read_text()
    failing = f'[[rules]]\npurpose = "{at}"\nerror = "{error}"\n\n[[rules]]'
    (folder / "model.toml").write_text(able if error is None else able.replace("[[rules]]", failing, 1))
