"""The command as an ordinary user types it, without root: closed folders, a run that is killed and continued."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import hakken
from tests.recovery.disks import small_disk
from tests.recovery.endings import damage
from tests.recovery.pipeline import RUN, TEMPLATE, short_run

_UID = 1001


class User:
    """An ordinary user with a folder of their own; the one who runs the tests, unless that is root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._prefix = [sys.executable]
        if os.geteuid() == 0:
            python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
            if python is None or not shutil.which("setpriv"):
                pytest.skip("no Python that other users may run")
            os.chown(home, _UID, _UID)
            user = str(_UID)
            self._prefix = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--", python]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type a command."""
        packages = [path for path in sys.path if path.endswith("site-packages")]
        return subprocess.Popen(
            [*self._prefix, "-m", "hakken", *words],
            cwd=self.home,
            env={
                **{"HOME": str(self.home), "TMPDIR": str(self.home), "PATH": "/usr/bin:/bin"},
                **{"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
                "PYTHONPATH": ":".join([str(Path(hakken.__file__).parents[1]), *packages]),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def research(self, runs: Path) -> subprocess.Popen[str]:
        """Begin or continue a short run."""
        return self.start("run", str(TEMPLATE), *(word for value in short_run(runs) for word in ("-c", value)))

    def refused(self, runs: Path) -> str:
        """What the command says that cannot do its job."""
        process = self.research(runs)
        _, said = process.communicate()
        assert process.returncode == 1
        assert "Traceback" not in said
        return said.splitlines()[-1]


@pytest.fixture
def user() -> Iterator[User]:
    home = Path("/var/tmp", f"hakken-user-{os.getpid()}")
    home.mkdir()
    try:
        yield User(home)
    finally:
        shutil.rmtree(home)


def test_a_folder_that_may_not_be_written_is_one_sentence(user: User) -> None:
    closed = user.home / "closed"
    closed.mkdir(mode=0o555)
    said = user.refused(closed)
    assert said.startswith(f"error: {closed / RUN} cannot be written: Permission denied. ")
    assert list(closed.iterdir()) == []


def test_a_disk_without_a_free_byte_is_one_sentence(user: User) -> None:
    with small_disk(user.home / "disk", "4m") as disk:
        disk.path.chmod(0o777)
        disk.fill()
        assert "full" in user.refused(disk.path)


@pytest.mark.slow
def test_a_run_is_killed_looked_at_refused_and_continued(user: User) -> None:
    runs = user.home / "runs"
    first = user.research(runs)
    _wait_for(runs / RUN / "trials" / "n1-smoke-1", first)
    kept = (runs / RUN / "hakken.toml").read_bytes()
    assert user.refused(runs).startswith("error: Another process (pid ")
    assert (runs / RUN / "hakken.toml").read_bytes() == kept, "who is refused changes nothing"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    (runs / RUN).chmod(0o555)
    said = user.start("show", RUN, "-c", f"runs_dir={runs}").communicate()[0]
    assert said.startswith(f"{RUN} (speck, seed 0): unfinished\n")
    assert "cannot be used: Permission denied." in user.refused(runs)
    (runs / RUN).chmod(0o755)
    last = user.research(runs)
    said, told = last.communicate()
    assert last.returncode == 0, told
    assert said.endswith("paper/paper.pdf\n")
    assert damage(runs / RUN) == []


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
