"""A driver that is killed leaves nothing behind, and lets nothing begin, at whatever moment it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hakken.core.types import Rung
from hakken.execution import warden
from hakken.execution.probe import status_of
from tests.ordinary_user import ordinary_user

pytestmark = pytest.mark.skipif(
    not status_of(Rung.BUBBLEWRAP).available, reason="the other rungs start a launcher, which looks after itself"
)
ROOT = Path(__file__).parents[2]
LOWER = [rung for rung in (Rung.LANDLOCK, Rung.RLIMITS) if status_of(rung).available]
BEFORE = [["started"], ["told", 0], ["told", 2], ["limits"], ["leave"]]


def let_die(moments: Sequence[Sequence[Any]], prefix: Sequence[str] = (sys.executable,), **more: Any) -> list[Any]:
    """One driver for each moment; see ``dying_drivers``."""
    program = ["-m", "tests.execution.dying_drivers", json.dumps(moments)]
    done = subprocess.run([*prefix, *program], cwd=ROOT, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def harmful(answer: dict[str, Any]) -> bool:
    """Something outlived the driver, or the driver did not meet its moment and so proves nothing."""
    return bool(answer["outlived"]) or not answer["killed"]


def test_a_driver_dies_before_the_command_has_leave() -> None:
    for moment, answer in zip(BEFORE, let_die(BEFORE), strict=True):
        assert answer == {"killed": True, "began": False, "outlived": []}, moment


def test_a_driver_dies_just_after_it_gave_leave() -> None:
    moments = [*(["running", delay] for delay in (0, 0.5, 2, 20)), ["begun"]]
    answers = let_die(moments)
    assert [moment for moment, answer in zip(moments, answers, strict=True) if harmful(answer)] == []
    assert answers[-1]["began"]


def test_a_driver_that_stumbles_before_its_moment_is_told_from_one_that_was_killed() -> None:
    """All that the others ask is also true of a driver that never started a box."""
    stumbled, killed = let_die([["nonsense"], ["leave"]])
    assert stumbled == {"killed": False, "began": False, "outlived": []}
    assert harmful(stumbled)
    assert not harmful(killed)


@pytest.mark.parametrize("rung", LOWER)
def test_a_driver_dies_while_the_launcher_of_a_lower_rung_starts(rung: Rung) -> None:
    moments = [["launched", delay, rung.value] for delay in (0, 10, 20, 30, 50, 100)]
    assert [moment for moment, answer in zip(moments, let_die(moments), strict=True) if harmful(answer)] == []


@pytest.mark.slow
@pytest.mark.parametrize("rung", LOWER)
def test_a_launcher_is_told_to_end_while_it_forks(rung: Rung) -> None:
    """The wish must not come between the fork and the moment from which the command can be found."""
    rng = Random(0)
    moments = [["launched", rng.uniform(15, 60), rung.value] for _ in range(150)]
    assert [answer for answer in let_die(moments) if harmful(answer)] == []


@pytest.mark.slow
def test_hundreds_of_drivers_die_while_a_box_is_built() -> None:
    rng = Random(0)
    moments = [[place, rng.uniform(0, 12)] for place in ("told", "running") for _ in range(150)]
    answers = let_die(moments)
    assert [answer for answer in answers if harmful(answer)] == []
    assert not any(answer["began"] for (place, _), answer in zip(moments, answers, strict=True) if place == "told")


def test_boxes_whose_driver_and_warden_are_dead_are_ended_by_the_next_driver() -> None:
    space, pid, start = (warden.mark_of(os.getpid()) or "").split("-")
    left = {
        "of a dead driver": f"{space}-{pid}-{int(start) + 1}",  # the number was given to another process
        "of a live driver": f"{space}-{pid}-{start}",
        "of another container": f"1{space}-{pid}-1",
        "of nobody we know": "nonsense",
    }
    sleepers = {
        name: subprocess.Popen(["sleep", "600"], env={warden.VARIABLE: mark, "PATH": os.defpath})
        for name, mark in left.items()
    }
    try:
        code = "import sys; from hakken.execution.lifeline import driver_mark; driver_mark(); sys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as driver:
            assert sleepers["of a dead driver"].wait(timeout=30) == -signal.SIGKILL
            assert driver.stdin is not None
            driver.stdin.close()
        del sleepers["of a dead driver"]
        assert [name for name, process in sleepers.items() if process.poll() is not None] == []
    finally:
        for process in sleepers.values():
            process.kill()
            process.wait()


def test_a_warden_leaves_with_its_driver_and_is_replaced_when_it_was_killed() -> None:
    code = """
import psutil
from hakken.execution.lifeline import driver_mark
first = driver_mark()
(warden,) = psutil.Process().children()
warden.kill()
while warden.status() != "zombie": pass
assert driver_mark() == first
print(*(child.pid for child in psutil.Process().children()))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    (pid,) = map(int, done.stdout.split())
    assert warden.mark_of(pid) is None


def test_a_fork_of_a_driver_is_a_driver_of_its_own() -> None:
    """It has another mark and another warden, and keeps its parent's from nothing."""
    code = """
import os, sys
from hakken.execution.lifeline import driver_mark
mine = driver_mark()
if os.fork() == 0:
    assert driver_mark() != mine
    os._exit(0)
os.wait()
assert driver_mark() == mine
print("ok")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ok\n", "")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; anybody else has just run the above")
def test_drivers_of_an_ordinary_user() -> None:
    moments = [*BEFORE, *(["told", delay / 2] for delay in range(20)), *(["running", delay] for delay in range(5))]
    moments += [["launched", 20 * step, rung.value] for rung in LOWER for step in range(5)]
    with ordinary_user() as user:
        answers = let_die(moments, user.prefix, env=user.variables)
    for (name, *_), answer in zip(moments, answers, strict=True):
        assert not harmful(answer), name
        assert not answer["began"] or name in ("running", "launched")
