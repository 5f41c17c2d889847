"""Disks that are full or read-only: one sentence, nothing lost, and the same command continues."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hakken.core.errors import StoreError
from hakken.core.types import Claim, Decision, EventKind, Trial
from hakken.research.run import run
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder
from tests.recovery.disks import At, small_disk
from tests.recovery.endings import damage
from tests.recovery.nursery import open_nursery
from tests.recovery.pipeline import RUN, TEMPLATE, experimented, settings


def continued(runs: Path, *, whole: bool = True) -> None:
    """Run the same command again, to the end or up to the claim, and look whether all is well."""
    if whole:
        assert run(TEMPLATE, settings(runs)).outcome.status == "finished"
    else:
        experimented(settings(runs))
    assert [path.name for path in runs.iterdir()] == [RUN]
    assert damage(runs / RUN) == []
    with RunFolder(runs / RUN).read() as store:
        claim = store.get("claim/C1", Claim)
        failed = [trial.id for trial in store.all("trial", Trial) if trial.failure]
        calls = [event.stream for event in store.events(EventKind.MODEL_CALLED)]
    assert claim is not None
    assert failed == ["n1-smoke-1"], "only what the script gets wrong on purpose"
    assert len(calls) == len(set(calls))


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("search", marks=pytest.mark.slow),
        "trial",
        pytest.param("report", marks=pytest.mark.slow),
        pytest.param("paper", marks=pytest.mark.slow),
        pytest.param("review", marks=pytest.mark.slow),
    ],
)
def test_a_disk_that_fills_up(tmp_path: Path, moment: str) -> None:
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(StoreError, match=r"disk .*is full"):
            run(TEMPLATE, settings(disk.path), progress=At(moment, disk.fill))
        disk.empty()
        continued(disk.path, whole=moment != "trial")


def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        disk.fill()
        with pytest.raises(StoreError, match="full"):
            run(TEMPLATE, settings(disk.path))


@pytest.mark.slow
def test_a_killed_run_on_a_disk_that_became_read_only(tmp_path: Path) -> None:
    """It can be looked at, is refused with one sentence, and is continued when the disk can be written again."""
    with small_disk(tmp_path / "disk") as disk:
        with open_nursery() as nursery:
            assert nursery.drive(disk.path, tmp_path / "log", event=40, place="after")["killed"]
        assert (disk.path / RUN / "hakken.db-wal").exists(), "a killed process leaves the log of its transactions"
        disk.read_only(True)
        folder = RunFolder(disk.path / RUN)
        with folder.read() as store:
            assert len(read_snapshot(folder, store).trials) > 5
        with pytest.raises(StoreError, match="cannot be written: Read-only file system"):
            run(TEMPLATE, settings(disk.path))
        disk.read_only(False)
        continued(disk.path)


def test_a_finished_run_on_a_read_only_disk_can_be_shown(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        with RunFolder(disk.path / RUN).write() as store:
            store.append(EventKind.DECIDED, "decision/1", Decision(what="This", by="code", why="a test"))
        disk.read_only(True)
        with RunFolder(disk.path / RUN).read() as store:
            assert store.all("decision", Decision)[0].why == "a test"


def test_a_limit_on_the_size_of_files_is_no_crash(tmp_path: Path) -> None:
    """Quotas look like this to a program, for any user: the record may not grow over 100 kB."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from hakken.core.errors import StoreError\nfrom hakken.research.run import run\n"
        "from tests.recovery.pipeline import TEMPLATE, settings\n"
        "try: run(TEMPLATE, settings(Path(sys.argv[1])))\n"
        "except StoreError as error: print(error.message)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"{tmp_path / RUN / 'hakken.db'} cannot be used: disk I/O error.\n"
    continued(tmp_path, whole=False)
