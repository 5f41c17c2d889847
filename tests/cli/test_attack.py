"""``hakken doctor --attack``: the suite of hostile programs, for whoever asks what the sandbox here is worth."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hakken.core.types import Rung
from hakken.execution import probe
from hakken.testing.attacks import ATTACKS, OPEN, running, table
from tests.cli.conftest import Hakken

USED = next(status.rung.value for status in probe() if status.available)


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> str:
    """Only one attack, and a model that is there."""
    monkeypatch.setattr(table, "ATTACKS", ATTACKS[:1])
    monkeypatch.setattr(table, "LIES", ())
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    return ATTACKS[0].name


def attacked(hakken: Hakken) -> tuple[int, dict[str, Any]]:
    """The exit code and all that was found."""
    result = hakken("doctor", "--attack", "--json", "-c", "models.default=openai:gpt-5")
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.skipif(Rung(USED) not in OPEN, reason="nothing here stops an attack")
def test_what_is_stopped_is_counted(hakken: Hakken, one: str) -> None:
    code, found = attacked(hakken)
    assert (code, found["problems"]) == (0, [])
    assert found["attacks"][USED] == {"stopped": 1, "tried": 1, "not_stopped": [], "not_begun": []}


@pytest.mark.skipif(Rung(USED) not in OPEN, reason="nothing here stops an attack")
def test_a_sandbox_in_which_nothing_begins_is_a_problem(
    hakken: Hakken, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_command", lambda *_: ["/nowhere/python"])
    code, found = attacked(hakken)
    assert code == 3
    assert found["attacks"][USED] == {"stopped": 0, "tried": 1, "not_stopped": [one], "not_begun": [one]}
    (problem,) = found["problems"]
    assert problem.startswith(f"1 of 1 hostile programs did not begin in the {USED} sandbox")


@pytest.mark.slow
def test_doctor_attacks_every_sandbox_here(hakken: Hakken) -> None:
    found = json.loads(hakken("doctor", "--attack", "--json").stdout)["attacks"]
    assert list(found) == [status.rung.value for status in probe() if status.available]
    for rung, count in found.items():
        assert count["tried"] - count["stopped"] == len(count["not_stopped"])
        if Rung(rung) in OPEN:
            assert set(count["not_stopped"]) == OPEN[Rung(rung)]
