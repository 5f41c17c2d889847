"""``hakken run`` in a competition: the template that it starts from, and the one look at the private score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hakken.bench.competitions.entering import Finished
    from hakken.cli.target import Target

FOLDER = "competitions"
"""Where ``hakken run --competition`` keeps templates, below the folder of runs."""


def template_for(name: str, runs: Path) -> str:
    """The folder of a competition's template, which is made where it is not there."""
    from hakken.bench.competitions.definition import load_competition
    from hakken.bench.competitions.entering import write_template
    from hakken.bench.competitions.preparing import prepare

    folder = runs / FOLDER / name
    write_template(prepare(load_competition(name).root), folder)
    return str(folder)


def outcome(job: Target) -> Finished | None:
    """What the run's selected version is worth in its competition; None where it entered none."""
    from hakken.bench.competitions.entering import competition_of, finish
    from hakken.core.types import Claim

    if competition_of(Path(job.template.root)) is None:
        return None
    with job.folder.read() as store:
        if store.get("claim/C1", Claim) is None:
            return None
    return finish(job.folder, allow_weak=job.settings.sandbox.allow_weak)
