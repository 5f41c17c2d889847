"""The templates that ship, from their folder to metrics, through the real sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hakken.core.types import Split, Trial
from hakken.research.experiments import TrialJob, load_template, missing_packages, run_trials, templates


def smoke(name: str, folder: Path, seeds: Sequence[int]) -> list[Trial]:
    """A smoke run with each of these seeds, side by side."""
    template = load_template(name)
    jobs = [
        TrialJob(
            id=f"n0-smoke-{number}",
            template=template,
            node_id="n0",
            split=Split.SMOKE,
            seed=seed,
            run_folder=folder,
            keep=folder / f"n0-smoke-{number}",
        )
        for number, seed in enumerate(seeds)
    ]
    with ThreadPoolExecutor(len(jobs)) as executor:
        return run_trials(jobs, executor)


@pytest.mark.parametrize(
    "name",
    # The torch template has tests of its own; three trials of it take longer than all others together.
    [pytest.param(name, marks=pytest.mark.slow) if name == "diffusion_2d" else name for name in sorted(templates())],
)
def test_a_smoke_run_of_each_template(name: str, tmp_path: Path) -> None:
    template = load_template(name)
    if missing := missing_packages(template):
        pytest.skip(f"{name} needs {', '.join(missing)}, which is an extra")
    first, second = template.seeds.explore[:2]
    trial, again, other = smoke(name, tmp_path, (first, first, second))
    assert trial.failure is None, trial.failure
    assert [m.key for m in trial.metrics] == [m.key for m in template.metrics]
    assert trial.notes == ()
    assert trial.cost is not None
    assert trial.cost.steps
    assert trial.curve
    assert again.output_hash == trial.output_hash
    assert again.metrics == trial.metrics
    assert other.output_hash != trial.output_hash
