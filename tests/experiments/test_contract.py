"""The templates that ship, from their folder to metrics, through the real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import Split, Trial
from hakken.research.experiments import TrialJob, load_template, missing_packages, run_trial, templates


def smoke(name: str, folder: Path, seed: int) -> Trial:
    return run_trial(
        TrialJob(
            id=f"n0-smoke-{seed}",
            template=load_template(name),
            node_id="n0",
            split=Split.SMOKE,
            seed=seed,
            run_folder=folder,
            keep=folder / f"n0-smoke-{seed}",
        )
    )


@pytest.mark.parametrize(
    "name",
    # The torch template has tests of its own; three trials of it take longer than all others together.
    [pytest.param(name, marks=pytest.mark.slow) if name == "diffusion_2d" else name for name in sorted(templates())],
)
def test_a_smoke_run_of_each_template(name: str, tmp_path: Path) -> None:
    template = load_template(name)
    if missing := missing_packages(template):
        pytest.skip(f"{name} needs {', '.join(missing)}, which is an extra")
    trial = smoke(name, tmp_path, template.seeds.explore[0])
    assert trial.failure is None, trial.failure
    assert [m.key for m in trial.metrics] == [m.key for m in template.metrics]
    assert trial.notes == ()
    assert trial.cost is not None
    assert trial.cost.steps
    assert trial.curve
    again = smoke(name, tmp_path, template.seeds.explore[0])
    assert again.output_hash == trial.output_hash
    assert again.metrics == trial.metrics
    assert smoke(name, tmp_path, template.seeds.explore[1]).output_hash != trial.output_hash
