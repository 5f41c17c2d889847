"""Every rung that works here keeps the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hakken
from hakken.core.types import Rung
from hakken.execution.probe import status_of
from hakken.testing import IsolationContract, SandboxContract


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
def test_contract_as_an_ordinary_user(tmp_path: Path) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None or not shutil.which("setpriv"):
        pytest.skip("no Python that other users may run")
    packages = [str(Path(hakken.__file__).parents[1]), *(path for path in sys.path if path.endswith("site-packages"))]
    place = Path("/var/tmp", f"hakken-test-{os.getpid()}")
    home = place / "home"
    home.mkdir(parents=True)
    for folder in (place, home):
        os.chown(folder, 1001, 1001)
    variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(packages)}
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        done = subprocess.run(
            [
                *("setpriv", "--reuid", "1001", "--regid", "1001", "--clear-groups", "--", python),
                *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(place / "tmp"), __file__),
            ],
            env=variables,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(place)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
