"""Learn the metrics of a folder of The AI Scientist that has no baseline yet, by running it once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hakken.core.errors import TemplateError
from hakken.core.files import write_text
from hakken.core.types import Direction, Rung, Split, Template
from hakken.research.experiments.harness import TrialJob, run_trial
from hakken.research.experiments.v1_import import INFO, bare_v1, load_v1

_OF = "measured.txt"
"""Holds the hash of the folder that was measured."""


def measure_v1(
    root: Path,
    run_folder: Path,
    directions: Mapping[str, Direction] | None = None,
    *,
    rung: Rung | None = None,
    allow_weak: bool = False,
) -> Template:
    """Run the unchanged experiment in the sandbox, and load the template with the metrics that it reported.

    The folder itself is not written to; the run's logs and its ``final_info.json`` stay in ``run_folder/baseline``, and
    are what is asked the next time: the experiment runs once for each state of its folder.

    Raises:
        TemplateError: the experiment fails, or the directions of its metrics cannot be told.
    """
    template = bare_v1(root)
    keep = run_folder / "baseline"
    known, told = keep / _OF, keep / "out" / INFO
    if known.is_file() and known.read_text(encoding="utf-8") == template.source_hash and told.is_file():
        return load_v1(root, directions or {}, told)
    trial = run_trial(
        TrialJob(
            id="baseline",
            template=template,
            node_id="baseline",
            split=Split.NOISE,
            seed=template.seeds.noise[0],
            rung=rung,
            allow_weak=allow_weak,
            run_folder=run_folder,
            keep=keep,
        )
    )
    if trial.failure is not None:
        raise TemplateError(
            f"The baseline of {root} fails: {trial.failure.message}", f"Mend the experiment; its output is in {keep}."
        )
    write_text(known, template.source_hash)
    return load_v1(root, directions or {}, told)
