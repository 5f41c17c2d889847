"""The whole pipeline on a template whose trials take milliseconds, with a scripted model: about two seconds a run."""

from __future__ import annotations

from pathlib import Path

from hakken.core.config import Settings, load_settings
from hakken.research.run import choose_folder, experiment, prepare
from hakken.research.session import open_session

DATA = Path(__file__).parent / "data"
TEMPLATE = DATA / "speck"
RUN = "speck-001"
"""Folder of the first run."""


def short_run(runs: Path) -> tuple[str, ...]:
    """Assignments of a short run below ``runs``, as on a command line."""
    return (
        f"models.default=scripted:{DATA / 'speck.toml'}",
        f"runs_dir={runs}",
        "search.ideas=1",
        "search.nodes_per_idea=2",
        "search.debug_rounds=1",
        "search.candidates=1",
        "search.idea_reflections=0",
        "search.workers=2",
        "paper.tries=1",
        "review.members=1",
    )


def settings(runs: Path, *more: str) -> Settings:
    """Settings of a short run below ``runs``."""
    return load_settings(files=[], assignments=[*short_run(runs), *more]).settings


def experimented(chosen: Settings) -> Path:
    """Begin or continue a run up to its claim, without the paper; returns its folder."""
    template = prepare(TEMPLATE, chosen)
    with choose_folder(template, chosen) as folder, open_session(folder, template, chosen) as session:
        experiment(session)
    return folder.path
