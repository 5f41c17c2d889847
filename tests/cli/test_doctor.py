"""What ``hakken doctor`` says of the sandbox, and which keys it knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hakken.cli.doctor import KEYS
from hakken.core.types import Rung
from hakken.execution import probe
from tests.cli.conftest import Hakken

MODEL = ("-c", "models.default=http://127.0.0.1:9/v1#x")


def used(hakken: Hakken, *words: str) -> list[str]:
    """The rungs that it marks as used, in JSON; the same in its lines."""
    rungs = json.loads(hakken("doctor", "--json", *MODEL, *words).stdout)["sandbox"]
    found = [rung["rung"] for rung in rungs if rung["used"]]
    lines = [line.split() for line in hakken("doctor", *MODEL, *words).stdout.splitlines()]
    assert [line[1] for line in lines if line[0] == "sandbox" and line[2] == "used"] == [f"{name}:" for name in found]
    return found


@pytest.mark.parametrize("rung", [status.rung for status in probe() if status.available])
def test_the_rung_in_use_is_the_one_that_was_asked_for(hakken: Hakken, rung: Rung) -> None:
    asked = ("-c", f"sandbox.rung={rung.value}")
    assert used(hakken, *asked, "-c", "sandbox.allow_weak=true") == [rung.value]


def test_a_rung_that_is_refused_is_not_in_use(hakken: Hakken) -> None:
    assert used(hakken, "-c", "sandbox.rung=rlimits") == []


def test_an_integration_runs_without_any_of_the_keys() -> None:
    script = Path(__file__).parents[2] / ".ci" / "run"
    if not script.is_file():
        pytest.skip("this copy has no script of the integration")
    unset = next(line for line in script.read_text().replace("\\\n", " ").splitlines() if line.startswith("unset "))
    assert set(KEYS) <= set(unset.split())
