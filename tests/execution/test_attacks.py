"""Every attack on the sandbox: contained where code written by a model may run, and real where nothing stops it."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from hakken.core.types import Rung
from hakken.execution import probe
from hakken.testing.attacks import (
    ATTACKS,
    LIES,
    NAMES,
    NOT_BEGUN,
    OPEN,
    Attack,
    attack_nothing,
    attack_sandbox,
    running,
)
from tests.ordinary_user import ordinary_user

USABLE = [status.rung for status in probe() if status.available and not status.weak]
STRONGEST, OTHERS = USABLE[:1], USABLE[1:]
BY_NAME = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def check(attack: Attack, rung: Rung) -> None:
    outcome = attack_sandbox(attack, rung)
    if outcome.unavailable:
        pytest.skip(outcome.unavailable)
    if attack.name in OPEN[rung]:
        assert NOT_BEGUN not in outcome.harm
        assert outcome.harm, "it is stopped now: take it out of OPEN and measure docs/security.md again"
    else:
        assert outcome.harm == ()


@pytest.mark.parametrize("rung", STRONGEST)
@BY_NAME
def test_attack_does_no_harm(attack: Attack, rung: Rung) -> None:
    check(attack, rung)


@pytest.mark.slow
@pytest.mark.parametrize("rung", OTHERS)
@BY_NAME
def test_attack_does_no_harm_on_the_weaker_rungs(attack: Attack, rung: Rung) -> None:
    check(attack, rung)


@pytest.mark.parametrize("rung", STRONGEST)
@pytest.mark.parametrize("name", ["network_ipv4", "fork_bomb"])  # the second must be recorded, unless it failed
def test_a_box_in_which_nothing_begins_contains_nothing(name: str, rung: Rung, monkeypatch: pytest.MonkeyPatch) -> None:
    (attack,) = (attack for attack in ATTACKS if attack.name == name)
    monkeypatch.setattr(running, "_command", lambda *_: ["/nowhere/python"])
    outcome = attack_sandbox(attack, rung)
    assert outcome.harm == (NOT_BEGUN,)
    assert not outcome.contained


@pytest.mark.parametrize("rung", STRONGEST)
@pytest.mark.parametrize("program", ["import _nowhere", "each(lambda: nothing_of_the_kind)"])
def test_an_attack_that_stumbles_over_itself_contains_nothing(program: str, rung: Rung) -> None:
    (harm,) = attack_sandbox(replace(ATTACKS[0], program=program), rung).harm
    assert harm.startswith("the program stumbled, and so nothing is known: ")


@pytest.mark.slow
@BY_NAME
def test_attack_is_real(attack: Attack) -> None:
    outcome = attack_nothing(attack)
    if outcome.unavailable:
        pytest.skip(outcome.unavailable)
    assert outcome.harm, "an attack that does no harm without a sandbox proves nothing"


def test_the_suite_is_complete_and_each_attack_has_a_name_of_its_own() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(ATTACKS) + len(LIES) >= 25
    assert all(attack.tries and attack.contained for attack in (*ATTACKS, *LIES))
    assert {name for names in OPEN.values() for name in names} <= set(NAMES)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_has_real_isolation() -> None:
    rungs = [word for rung in USABLE for word in ("--rung", rung.value)]
    with ordinary_user() as user:
        process = user.start("-m", "hakken.testing.attacks", *rungs, "--json", str(user.folder / "found.json"))
        _, said = process.communicate()
        assert process.returncode == 0, said[-2000:]
        found = json.loads((user.folder / "found.json").read_text())
    assert found["who"] == "user"
    assert list(found["places"]) == [rung.value for rung in USABLE]
    for place_name, rows in found["places"].items():
        harmed = {row["name"] for row in rows if not row["contained"] and not row["unavailable"]}
        assert harmed == OPEN[Rung(place_name)]
