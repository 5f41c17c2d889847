"""Every rung that works here keeps the contract."""

from __future__ import annotations

import os
import subprocess

import pytest

from hakken.core.types import Rung
from hakken.execution.probe import status_of
from hakken.testing import IsolationContract, SandboxContract
from tests.ordinary_user import ROOT, ordinary_user


class TestBubblewrap(IsolationContract):
    rung = Rung.BUBBLEWRAP


class TestLandlock(IsolationContract):
    rung = Rung.LANDLOCK


class TestRlimits(SandboxContract):
    rung = Rung.RLIMITS


if status_of(Rung.CONTAINER).available:

    class TestContainer(IsolationContract):
        rung = Rung.CONTAINER


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; anybody else has just run the above")
def test_contract_as_an_ordinary_user() -> None:
    with ordinary_user() as user:
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(user.folder / "tmp"), __file__]
        done = subprocess.run(
            [*user.prefix, *words], env=user.variables, cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
