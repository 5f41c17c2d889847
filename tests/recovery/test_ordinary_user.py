"""The command as an ordinary user types it, without root: closed folders, a run that is killed and continued."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ordinary_user import User, ordinary_user
from tests.recovery.disks import small_disk
from tests.recovery.endings import damage
from tests.recovery.pipeline import RUN, TEMPLATE, short_run


class Researcher:
    """An ordinary user who types commands of Hakken."""

    def __init__(self, user: User) -> None:
        self.folder = user.folder
        self._user = user

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type a command."""
        return self._user.start("-m", "hakken", *words)

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
def user() -> Iterator[Researcher]:
    with ordinary_user() as user:
        yield Researcher(user)


def test_a_folder_that_may_not_be_written_is_one_sentence(user: Researcher) -> None:
    closed = user.folder / "closed"
    closed.mkdir(mode=0o555)
    said = user.refused(closed)
    assert said.startswith(f"error: {closed / RUN} cannot be written: Permission denied. ")
    assert list(closed.iterdir()) == []


def test_a_disk_without_a_free_byte_is_one_sentence(user: Researcher) -> None:
    with small_disk(user.folder / "disk", "4m") as disk:
        disk.path.chmod(0o777)
        disk.fill()
        assert "full" in user.refused(disk.path)


@pytest.mark.slow
def test_a_run_is_killed_looked_at_refused_and_continued(user: Researcher) -> None:
    runs = user.folder / "runs"
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
