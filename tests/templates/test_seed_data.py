"""The templates that ship give each seed data of its own, and have them for more seeds than they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.errors import UsageError
from hakken.research.experiments import load_template, templates, with_seed_counts
from hakken.research.experiments.folders import code_files
from hakken.research.experiments.seed_data import data_of, seeds_with_data
from hakken.research.experiments.workspace import Workspace


@pytest.mark.parametrize("name", sorted(templates()))
def test_no_trial_is_shown_the_data_of_another_seed(name: str, tmp_path: Path) -> None:
    template = load_template(name)
    seeds = {*template.seeds.explore, *template.seeds.report, *template.seeds.noise}
    assert seeds <= (seeds_with_data(template) or set())
    code = code_files(template)
    assert not [path for path in code if path.startswith("data")], "data are linked and never copied"
    for seed in sorted(seeds):
        others = {path for other in seeds - {seed} for path in data_of(template, other)} - {*data_of(template, seed)}
        assert others
        shown = {Path(template.root, path).resolve() for path in data_of(template, seed)}
        hidden = {Path(template.root, path).resolve() for path in others}
        assert not any(path.is_relative_to(place) for path in hidden for place in shown)
    seed = template.seeds.report[0]
    mounts = Workspace(template, tmp_path, seed).build_work(code, {})
    assert [mount.path for mount in mounts if not mount.writable] == [
        Path(template.root, path).resolve() for path in data_of(template, seed)
    ]
    found = {path.relative_to(tmp_path / "work").as_posix() for path in (tmp_path / "work" / "data").iterdir()}
    assert found == set(data_of(template, seed))


@pytest.mark.parametrize(("name", "most"), [("digits", 60), ("diffusion_2d", 30), ("epidemic", 20)])
def test_shipped_templates_have_data_for_so_many_report_seeds(name: str, most: int) -> None:
    template = load_template(name)
    report = with_seed_counts(template, report=most).seeds.report
    assert report[: len(template.seeds.report)] == template.seeds.report
    assert len({*report, *template.seeds.explore, *template.seeds.noise}) == most + 8 + 16
    assert set(report) <= (seeds_with_data(template) or set())
    with pytest.raises(UsageError, match=f"{name} has data for {most} report seeds, and {most + 1} were asked for"):
        with_seed_counts(template, report=most + 1)
