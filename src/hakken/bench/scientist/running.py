"""Make the runs of a table: one after the other here, or several at once, each in a process of its own.

Figures are drawn with a library that keeps its state in the process, so two runs never share one. Within a run, trials
go through the executor that was asked for. A run that breaks down is a row with its cause; what every other run would
meet too, such as an empty account, ends the table.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from contextlib import suppress
from typing import Protocol

from hakken.bench.attempts.unfinished import FOR_ALL
from hakken.bench.scientist.grid import Job, begin, check_as_begun, is_over
from hakken.bench.scientist.reading import FAILURE, read_run
from hakken.bench.scientist.types import RunRow
from hakken.core.errors import HakkenError, RunLocked, StoreError
from hakken.core.files import write_text
from hakken.execution import open_executor
from hakken.research.run import run
from hakken.research.session import Progress, Silent
from hakken.store import RunFolder

_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = {-signal.SIGKILL, *(end for number in _ASKED_TO_END for end in (-number, 128 + number))}
"""Ends of a process that leave a run unfinished and no failure: somebody, or the system, ended it."""
ENDS_TABLE = 75
"""Exit code of a process whose last line is an error that every other run would meet too."""


class Listener(Protocol):
    """Hears how the table goes on."""

    def begins(self, job: Job) -> Progress:
        """A run begins; what happens in it is told to what this returns, where it runs in this process."""
        ...

    def ended(self, job: Job, row: RunRow) -> None:
        """A run ended, well or not."""
        ...


class Unheard:
    """A listener for nobody."""

    def begins(self, job: Job) -> Progress:
        """Ignore."""
        return Silent()

    def ended(self, job: Job, row: RunRow) -> None:
        """Ignore."""


def run_table(
    jobs: Sequence[Job],
    listener: Listener | None = None,
    *,
    at_once: int = 1,
    executor: str = "threads",
    retry: bool = False,
) -> list[RunRow]:
    """Make every run that is not over, and return the rows of all.

    Args:
        jobs: All runs of the table.
        listener: Told what happens.
        at_once: Runs at the same time; more than one needs a process for each.
        executor: Where the trials of a run go: ``threads`` or ``ray``.
        retry: Go on with runs that failed or met their budget.

    Raises:
        UsageError: a folder holds a run with other settings, one that is over included.
        RunLocked: another process is at work on one of these runs.
        QuotaExceeded, PrerequisiteError, ConfigError, StoreError: no other run could be made either.
    """
    listener = listener or Unheard()
    check_as_begun(jobs)
    waiting = [job for job in jobs if not is_over(job, retry=retry)]
    _check_free(waiting)
    for job in waiting:
        begin(job)
    if at_once == 1:
        _run_in_turn(waiting, listener, executor)
    else:
        _run_apart(waiting, listener, at_once, executor)
    return [read_run(job.folder) for job in jobs]


def _check_free(jobs: Sequence[Job]) -> None:
    """Nobody else may be at work on a run, such as the processes of a command that was killed.

    Raises:
        RunLocked: somebody is.
    """
    for job in jobs:
        if job.folder.is_dir():
            with RunFolder(job.folder).alone():
                pass


def run_here(job: Job, progress: Progress | None = None, executor: str = "threads") -> RunRow:
    """Make one run in this process; what goes wrong in it alone becomes its row.

    Raises:
        QuotaExceeded, PrerequisiteError, ConfigError, StoreError: no other run could be made either.
    """
    (job.folder / FAILURE).unlink(missing_ok=True)
    try:
        run(job.template, job.settings, folder=job.folder, progress=progress, executor=executor)
    except FOR_ALL as error:
        if not isinstance(error, RunLocked):  # which is no end of the run: it goes on elsewhere
            _fail(job, type(error).__name__, str(error))
        # A damaged record is the affair of its run alone.
        if not isinstance(error, StoreError) or read_run(job.folder).status != "damaged":
            raise
    except HakkenError as error:
        _fail(job, type(error).__name__, str(error))
    except Exception as error:  # the boundary of a run: a mistake of ours in one must not end the table
        _fail(job, type(error).__name__, f"A mistake in Hakken: {error}")
    return read_run(job.folder)


def _run_in_turn(jobs: Sequence[Job], listener: Listener, executor: str) -> None:
    for job in jobs:
        try:
            row = run_here(job, listener.begins(job), executor)
        except FOR_ALL:
            _tell_last(job, listener)
            raise
        listener.ended(job, row)


def _run_apart(jobs: Sequence[Job], listener: Listener, at_once: int, executor: str) -> None:
    over: HakkenError | None = None
    with open_executor(workers=at_once) as threads:
        futures = {threads.submit(run_process, job, executor, listener.begins): job for job in jobs}

        def stop(done: Future[RunRow]) -> None:
            # Before its thread takes another run. Those under way go on to their end: they are paid for.
            if not done.cancelled() and isinstance(done.exception(), FOR_ALL):
                for other in futures:
                    other.cancel()

        for future in futures:
            future.add_done_callback(stop)
        try:
            for future in as_completed(futures):
                if future.cancelled():
                    continue
                try:
                    row = future.result()
                except FOR_ALL as error:
                    over = over or error
                    _tell_last(futures[future], listener)
                else:
                    listener.ended(futures[future], row)
        finally:
            for future in futures:
                future.cancel()
    if over is not None:
        raise over


def _tell_last(job: Job, listener: Listener) -> None:
    """Tell of a run whose end is that of the table, so that the report has it; a full disk has no room for one."""
    with suppress(OSError):
        listener.ended(job, read_run(job.folder))


def run_process(job: Job, executor: str, begins: Callable[[Job], object] = lambda _: None) -> RunRow:
    """Make one run in a process of its own, which may die without taking the table along.

    Raises:
        QuotaExceeded, PrerequisiteError, ConfigError, StoreError: no other run could be made either.
    """
    begins(job)
    asked = json.dumps({"job": job.model_dump(mode="json"), "executor": executor})
    command = [sys.executable, "-m", "hakken.bench.scientist.worker"]
    # A session of its own: Ctrl-C comes to the command, which ends its children itself.
    done = subprocess.run(command, input=asked, text=True, capture_output=True, start_new_session=True, check=False)
    if done.returncode == ENDS_TABLE:
        raise _unpacked(done.stdout.splitlines()[-1])
    if done.returncode != 0 and done.returncode not in _INTERRUPTED:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        _fail(job, "ProcessDied", f"The process of the run ended with {done.returncode}: {last[:300]}")
    return read_run(job.folder)


def packed(error: HakkenError) -> str:
    """An error that ends the table, as the process of a run tells it."""
    kind = next(kind.__name__ for kind in FOR_ALL if isinstance(error, kind))
    return json.dumps({"kind": kind, "message": error.message, "mend": error.mend})


def _unpacked(line: str) -> HakkenError:
    told = json.loads(line)
    return next(kind for kind in FOR_ALL if kind.__name__ == told["kind"])(told["message"], told["mend"])


def _fail(job: Job, error: str, message: str) -> None:
    said = json.dumps({"error": error, "message": message}, ensure_ascii=False)
    with suppress(OSError):  # a full disk has no room for the cause: the run is one that has not ended
        write_text(job.folder / FAILURE, said + "\n")
