"""Records of other versions, several processes on one run, and clocks that jump."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hakken.core.errors import RunLocked, StoreError
from hakken.core.types import Decision, EventKind, Idea, RunOutcome, Split, Step, Trial, Usage
from hakken.research.run import choose_folder, prepare, run
from hakken.store import RunFolder, Store, list_runs, next_run_folder
from hakken.store.database import SCHEMA_VERSION
from hakken.store.kinds import Resumed
from tests.recovery.endings import damage, differences, ending
from tests.recovery.kills import left_alone
from tests.recovery.nursery import open_nursery
from tests.recovery.pipeline import RUN, TEMPLATE, settings

ROOT = Path(__file__).parents[2]
DECISION = Decision(what="This", by="code", why="a test")
TRIAL = Trial(id="n1-explore-1", node_id="n1", split=Split.EXPLORE, seed=1, run=None)


def begun(path: Path) -> RunFolder:
    """A run folder with one event and one artifact."""
    folder = RunFolder(path)
    with folder.write() as store:
        folder.artifacts.put("some code")
        store.append(EventKind.DECIDED, "decision/1", DECISION)
    return folder


def set_version(folder: RunFolder, version: int) -> None:
    with closing(sqlite3.connect(folder.record)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder, but for those that SQLite lays beside a record for its readers."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# Another version


def test_a_newer_record_is_refused_and_not_touched(tmp_path: Path) -> None:
    folder = begun(tmp_path / RUN)
    set_version(folder, SCHEMA_VERSION + 1)
    before = contents(folder.path)
    for attempt in (
        lambda: run(TEMPLATE, settings(tmp_path), folder=folder.path),
        lambda: folder.read(),
        lambda: folder.write().__enter__(),
    ):
        with pytest.raises(StoreError, match="written by a newer version of Hakken") as caught:
            attempt()
        assert len(caught.value.message.splitlines()) == 1
        assert caught.value.mend == "Upgrade Hakken to open it."
    assert contents(folder.path) == before


def test_a_newer_record_beside_it_stops_no_run(tmp_path: Path) -> None:
    set_version(begun(tmp_path / RUN), SCHEMA_VERSION + 1)
    with choose_folder(prepare(TEMPLATE, settings(tmp_path)), settings(tmp_path)) as chosen:
        assert chosen.path.name == "speck-002"
    done = subprocess.run(
        [sys.executable, "-m", "hakken", "runs", "-c", f"runs_dir={tmp_path}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "newer version" in done.stderr


def test_an_older_record_is_read_without_a_change_and_brought_along_when_written(tmp_path: Path) -> None:
    """What format 1 lacks is derived again: in memory for a reader, in the file for a writer."""
    folder = begun(tmp_path / RUN)
    with Store(folder.record, read_only=True) as store:
        expected = store.dump()
    with closing(sqlite3.connect(folder.record)) as connection:
        for table in ("stages", "moment", "current"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("CREATE TABLE current (stream TEXT PRIMARY KEY, data TEXT)")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    before = contents(folder.path)
    with folder.read() as store:
        assert store.all("decision", Decision) == [DECISION]
        assert store.dump() == expected
    assert contents(folder.path) == before
    with folder.write() as store:
        assert store.dump() == expected
        store.verify()


@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_record_cut_short_is_one_sentence(tmp_path: Path, size: int) -> None:
    folder = begun(tmp_path / RUN)
    with folder.record.open("r+b") as file:
        file.truncate(size)
    with pytest.raises(StoreError), folder.read() as store:
        store.verify()


# Between the folder and its first event


def test_a_run_killed_before_its_first_event_is_continued_in_its_folder(tmp_path: Path) -> None:
    with RunFolder(tmp_path / RUN).write():
        pass
    assert next_run_folder(tmp_path, "speck").path.name == RUN
    (tmp_path / RUN / "hakken.db").write_bytes(b"")
    assert next_run_folder(tmp_path, "speck").path.name == RUN
    with choose_folder(prepare(TEMPLATE, settings(tmp_path)), settings(tmp_path)) as chosen:
        assert chosen.path.name == RUN
    with RunFolder(tmp_path / RUN).write() as store:
        assert store.last_seq() == 0


# Two processes

HOLD = (
    "import sys; from pathlib import Path; from hakken.store import RunFolder\n"
    "with RunFolder(Path(sys.argv[1])).write(): print('writing', flush=True); sys.stdin.read()"
)


def test_a_second_process_is_refused_by_name_and_a_dead_one_blocks_nobody(tmp_path: Path) -> None:
    folder = begun(tmp_path / RUN)
    command = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "writing\n"
        with pytest.raises(RunLocked) as caught:
            run(TEMPLATE, settings(tmp_path), folder=folder.path)
        assert caught.value.message == f"Another process (pid {other.pid}) is writing to {folder.path}."
        with folder.read() as store:
            assert store.all("decision", Decision) == [DECISION], "reading is open to all"
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert (folder.path / "hakken.lock").read_text() == str(other.pid), "the stale lock is still there"
    with folder.write() as store:
        assert store.last_seq() == 1
    assert (folder.path / "hakken.lock").read_text() == str(os.getpid())


def test_runs_are_listed_while_one_is_written(tmp_path: Path) -> None:
    folder = begun(tmp_path / RUN)
    with folder.write() as store:
        store.append(EventKind.DECIDED, "decision/2", DECISION)
        assert [found.path for found in list_runs(tmp_path)] == [folder.path]
        with folder.read() as reader:
            assert reader.count("decision") == 2
            assert reader.get("idea/i1", Idea) is None


# Clocks


def test_a_clock_set_back_takes_no_time_from_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([2_000, 1_000, 1_010, 1_020])
    monkeypatch.setattr(Store, "now", staticmethod(lambda: datetime.fromtimestamp(next(times), UTC)))
    with Store(tmp_path / "hakken.db") as store:
        store.append(EventKind.STEP_STARTED, "step/search", Step(name="search"))
        for number in (1, 2, 3):
            store.append(EventKind.DECIDED, f"decision/{number}", DECISION)
        (cost,) = store.stage_costs()
    assert cost.seconds == 20


def test_a_run_that_is_continued_after_its_end_goes_on_in_the_stage_that_it_ended_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage begins once in the record, so nothing says again which one it is."""
    times = iter([0, 10, 1_000, 1_005, 1_020, 1_021, 1_022, 2_000, 2_010])
    monkeypatch.setattr(Store, "now", staticmethod(lambda: datetime.fromtimestamp(next(times), UTC)))

    def end(store: Store, status: str) -> None:
        ended = RunOutcome(status=status, seconds=1.0, usage=Usage(), trials=0, trials_failed=0, nodes=0, ideas=0)
        store.append(EventKind.RUN_FINISHED, "outcome", ended)

    with Store(tmp_path / "hakken.db") as store:
        store.append(EventKind.STEP_STARTED, "step/paper", Step(name="paper"))
        end(store, "stopped")
        store.append(EventKind.RUN_RESUMED, "resumed", Resumed(version="1"))
        store.append(EventKind.TRIAL_FINISHED, "trial/n1-explore-1", TRIAL)
        store.append(EventKind.STEP_FINISHED, "step/paper", Step(name="paper"))
        store.append(EventKind.STEP_STARTED, "step/review", Step(name="review"))
        end(store, "finished")
        store.append(EventKind.RUN_RESUMED, "resumed", Resumed(version="1"))
        store.append(EventKind.DECIDED, "decision/1", DECISION)
        found = store.stage_costs()
        assert [(cost.stage, cost.seconds, cost.trials) for cost in found] == [("paper", 30, 1), ("review", 1, 0)]
        store.rebuild()
        assert store.stage_costs() == found


@pytest.mark.slow
def test_a_clock_that_jumps_by_years_changes_nothing(tmp_path: Path) -> None:
    with open_nursery() as nursery:
        expected, *_ = left_alone(nursery, tmp_path / "0")
        runs = tmp_path / "1" / "runs"
        runs.parent.mkdir()
        answer = nursery.drive(runs, tmp_path / "log", jump=True, event=60, place="after")
        assert answer["killed"]
        assert nursery.drive(runs, tmp_path / "log", jump=True)["ok"]
    folder = tmp_path / "1" / "runs" / RUN
    assert differences(ending(folder), expected) == []
    assert damage(folder) == []
