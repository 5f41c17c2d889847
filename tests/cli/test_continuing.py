"""Which run a command continues, with which settings, and what it says of the way on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from hakken.cli.options import asked
from hakken.cli.target import resolve
from hakken.core.config import load_settings
from hakken.core.errors import BudgetExceeded
from hakken.research import experimenting
from tests.cli.conftest import Hakken
from tests.cli.test_bad_input import BASELINE, sentence
from tests.experiments.test_v1_import import make_v1

RUNS = Path("hakken-runs")


def kept(name: str, key: str) -> object:
    """A setting that a run folder holds."""
    settings = load_settings([RUNS / name / "hakken.toml"]).settings
    return {"seed": settings.seed, "model": settings.models.default}[key]


def names() -> list[str]:
    return sorted(path.name for path in RUNS.iterdir())


def test_a_stage_that_asks_no_model_leaves_the_choice_of_models_as_it_was(hakken: Hakken, template: Path) -> None:
    for _ in range(2):
        assert hakken(*BASELINE, "--model", "openai:gpt-5").exit_code == 0  # for which there is no key
    assert names() == ["guess-001"]
    assert kept("guess-001", "model") == "openai:gpt-5"
    assert hakken("experiment", "guess-001", "--baseline-only").exit_code == 0
    assert "OPENAI_API_KEY" in sentence(hakken("run", "guess-001"), 3)


def test_commands_that_begin_at_once_have_a_folder_each(template: Path) -> None:
    targets = [resolve("guess", asked(None, seed=seed)) for seed in range(3)]
    with ExitStack() as stack:
        held = [stack.enter_context(target.held()) for target in targets]
        assert [target.folder.path.name for target in held] == ["guess-001", "guess-002", "guess-003"]
    assert [kept(name, "seed") for name in names()] == [0, 1, 2]


def test_a_run_that_began_in_the_meantime_is_neither_continued_nor_changed(hakken: Hakken, template: Path) -> None:
    late = resolve("guess", asked(None, seed=5))
    assert late.folder.path.name == "guess-001"
    assert hakken(*BASELINE).exit_code == 0
    with late.held() as held:
        assert held.folder.path.name == "guess-002"
    assert (kept("guess-001", "seed"), kept("guess-002", "seed")) == (0, 5)


def test_a_profile_is_nothing_that_a_run_could_take_up(hakken: Hakken, template: Path) -> None:
    assert hakken(*BASELINE, "--profile", "short").exit_code == 0
    assert hakken(*BASELINE, "--profile", "short").exit_code == 0
    assert names() == ["guess-001"]
    said = sentence(hakken("experiment", "guess-001", "--baseline-only", "--profile", "short"), 2)
    assert said == "--profile is about a template, and guess-001 is a run. Name the template instead."


@pytest.mark.parametrize(
    ("option", "goes_on"), [((), "the same command"), (("--new",), "`hakken run hakken-runs/guess-002`")]
)
def test_what_was_broken_off_says_which_command_goes_on(
    hakken: Hakken, template: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...], goes_on: str
) -> None:
    assert hakken(*BASELINE).exit_code == 0

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    def too_late(_: object) -> None:
        raise BudgetExceeded("seconds", 2.0, 1.0)

    monkeypatch.setattr(experimenting, "measure_baseline", interrupted)
    result = hakken(*BASELINE, *option)
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == f"interrupted; {goes_on} continues"
    monkeypatch.setattr(experimenting, "measure_baseline", too_late)
    again = sentence(hakken(*BASELINE, *option), 4)
    assert f"{goes_on.replace('guess-002', 'guess-003')} with a higher limit continues where it stopped." in again


def test_nothing_runs_before_what_it_needs_is_there(
    hakken: Hakken, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_v1(here, info=None)
    monkeypatch.setenv("HAKKEN_CACHE", "nothing-here")
    assert "`hakken model pull`" in sentence(hakken("run", str(folder)), 3)
    assert not RUNS.exists()


def test_an_experiment_of_ones_own_is_measured_on_every_rung(hakken: Hakken, here: Path) -> None:
    folder = make_v1(here, info=None)
    counts = ("-c", "statistics.explore_seeds=2", "-c", "statistics.noise_seeds=0", "-c", "sandbox.rung=rlimits")
    for _ in range(2):
        result = hakken("experiment", str(folder), "--baseline-only", *counts)
        assert result.exit_code == 0, result.stderr
    assert names() == ["random_walk-001"]
