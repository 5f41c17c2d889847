"""A rung that cannot stop the network runs no code written by a model, unless the user says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Hakken
from tests.cli.test_bad_input import sentence
from tests.cli.test_commands import DATA, SMALL

WEAK = ("-c", "sandbox.rung=rlimits")


def refusing(here: Path) -> tuple[str, str]:
    """A model that refuses every call: whoever gets so far has passed the check of the sandbox."""
    script = here / "script.toml"
    script.write_text("[[rules]]\nerror = 'quota'\n")
    return "--model", f"scripted:{script}"


@pytest.mark.parametrize("verb", ["run", "experiment"])
def test_a_weak_rung_is_refused_before_anything_is_spent(hakken: Hakken, template: Path, here: Path, verb: str) -> None:
    said = sentence(hakken(verb, "guess", *refusing(here), *WEAK), 3)
    assert said.startswith("The rlimits sandbox cannot stop the network, so it does not run code written by a model.")
    assert "accept the risk with --allow-weak-sandbox" in said
    assert not list(here.glob("hakken-runs/*/hakken.db"))


@pytest.mark.parametrize("verb", ["run", "experiment"])
def test_the_user_may_accept_the_risk(hakken: Hakken, template: Path, here: Path, verb: str) -> None:
    assert sentence(hakken(verb, "guess", "--allow-weak-sandbox", *refusing(here), *WEAK), 5)  # the model was asked


@pytest.mark.parametrize("words", [("idea", "guess"), ("review", "paper.md")])
def test_what_runs_no_code_of_a_model_needs_no_sandbox(
    hakken: Hakken, template: Path, here: Path, words: tuple[str, ...]
) -> None:
    (here / "paper.md").write_text("# A Title\n\n## Method\n\n" + 40 * "Readings are averaged without their ends. ")
    assert sentence(hakken(*words, *refusing(here), *WEAK), 5)  # the model was asked


def test_the_users_own_code_needs_no_such_word(hakken: Hakken, template: Path) -> None:
    assert hakken("experiment", "guess", "--baseline-only", *WEAK).exit_code == 0


@pytest.mark.slow
def test_code_written_by_a_model_runs_where_the_risk_was_accepted(hakken: Hakken, here: Path) -> None:
    shutil.copytree(DATA / "tiny", here / "tiny")
    model = ("--model", f"scripted:{DATA / 'weak.toml'}")
    assert hakken("experiment", "tiny", "--allow-weak-sandbox", *model, *SMALL, *WEAK).exit_code == 0
    events = json.loads(hakken("show", "--events", "--json").stdout)
    assert events
    record = "".join(path.read_text(errors="replace") for path in here.glob("hakken-runs/tiny-001/hakken.toml"))
    assert "allow_weak = true" in record
