"""Run folders: where a run lives on disk, which one the same command resumes, and who may write to it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hakken.core.errors import RunLocked, StoreError, UsageError
from hakken.core.types import RunOutcome
from hakken.store.artifacts import Artifacts
from hakken.store.database import disk_errors
from hakken.store.kinds import Started
from hakken.store.store import Store

RECORD, LOCK = "hakken.db", "hakken.lock"
LEAST_FREE = 8 << 20
"""Bytes below which nothing new is begun."""


class RunFolder:
    """``hakken-runs/digits-001``: configuration, record, artifacts, trials, paper."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = False

    @property
    def record(self) -> Path:
        """The SQLite file."""
        return self.path / RECORD

    @property
    def touched(self) -> float:
        """When something was last recorded: what a run under way writes stands beside the record at first."""
        recorded = self.record.stat().st_mtime
        try:
            log = self.record.with_name(f"{RECORD}-wal").stat()
        except FileNotFoundError:
            return recorded
        return max(recorded, log.st_mtime) if log.st_size else recorded  # an empty one is what a reader makes

    @property
    def artifacts(self) -> Artifacts:
        """The content-addressed files."""
        return Artifacts(self.path / "artifacts")

    @property
    def trials(self) -> Path:
        """Logs and outputs of each trial."""
        return self.path / "trials"

    @property
    def paper(self) -> Path:
        """The paper, its figures, audit and review."""
        return self.path / "paper"

    def exists(self) -> bool:
        """Whether a record was begun here."""
        return self.record.is_file()

    def read(self) -> Store:
        """Open the record for reading.

        Raises:
            UsageError: this is not a run folder.
        """
        if not self.exists():
            raise UsageError(f"{self.path} is not a run folder (it has no {RECORD}).", "`hakken runs` lists the runs.")
        return Store(self.record, read_only=True)

    def check_space(self) -> None:
        """Say when the disk is full before an experiment is blamed for it.

        Raises:
            StoreError: less is free than a trial and its event need.
        """
        with disk_errors(self.path):
            disk = os.statvfs(self.path)
        free = disk.f_bavail * disk.f_frsize
        if free < LEAST_FREE or (disk.f_files and not disk.f_favail):
            raise StoreError(
                f"The disk of {self.path} is full: {free / 2**20:.0f} MB are free.",
                "Free some space; the same command continues.",
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make the folder where it is missing, and keep other processes from writing to it.

        Inside itself it does nothing: whoever holds the folder may go on to write the record.

        Raises:
            RunLocked: another process writes here.
            StoreError: the folder cannot be written.
        """
        if self._held:
            yield
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written: {error.strerror}.", "Choose another folder with -c runs_dir=PATH."
            ) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(handle, 20, 0).decode() or "unknown"
                raise RunLocked(
                    f"Another process (pid {owner.strip()}) is writing to {self.path}.",
                    "Wait for it, or stop it first.",
                ) from None
            with disk_errors(self.path):
                os.ftruncate(handle, 0)
                os.pwrite(handle, str(os.getpid()).encode(), 0)
                self._held = True
                yield
        finally:
            self._held = False
            os.close(handle)

    @contextmanager
    def write(self) -> Iterator[Store]:
        """Open the record for writing, alone; see ``alone``."""
        with self.alone(), Store(self.record) as store:
            yield store


def list_runs(root: Path) -> list[RunFolder]:
    """All run folders below ``root``, oldest number first."""
    if not root.is_dir():
        return []
    return [RunFolder(path) for path in sorted(root.iterdir()) if (path / RECORD).is_file()]


def unfinished_run(root: Path, template: str, same: Callable[[Started], bool]) -> RunFolder | None:
    """The one that the same command resumes: the newest run of this template that is the same, if it has not finished.

    Args:
        root: Folder of runs.
        template: Name of the template.
        same: Whether a run began in the way that is asked for now.
    """
    for folder in reversed(_runs_of(root, template)):
        try:
            with folder.read() as store:
                started = store.get("run", Started)
                outcome = store.get("outcome", RunOutcome)
        except StoreError:
            continue  # damaged, or of a newer version: no reason not to begin another
        if started is None or not same(started):
            continue
        return folder if outcome is None or outcome.status != "finished" else None
    return None


def next_run_folder(root: Path, template: str) -> RunFolder:
    """A folder that does not exist yet: ``<template>-<number>``; the last one where no run was begun in it.

    It is nobody's until it is held: see ``new_run_folder``.
    """
    runs = _runs_of(root, template)
    if runs and _is_empty(runs[-1]):
        return runs[-1]  # killed between making the record and its first event
    return RunFolder(root / f"{template}-{max(map(_number, runs), default=0) + 1:03d}")


@contextmanager
def new_run_folder(root: Path, template: str) -> Iterator[RunFolder]:
    """The next folder in which no run was begun and nobody else is about to begin one, held until the end.

    Raises:
        StoreError: the folder cannot be written.
    """
    folder = next_run_folder(root, template)
    with ExitStack() as stack:
        while not _claim(folder, stack):
            folder = RunFolder(root / f"{template}-{_number(folder) + 1:03d}")
        yield folder


def _claim(folder: RunFolder, stack: ExitStack) -> bool:
    """Hold a folder until the stack is left, if nobody else does and no run was begun in it."""
    try:
        stack.enter_context(folder.alone())
    except RunLocked:
        return False
    if folder.exists() and not _is_empty(folder):
        stack.close()
        return False
    return True


def _is_empty(folder: RunFolder) -> bool:
    try:
        with folder.read() as store:
            return store.last_seq() == 0
    except StoreError:
        return folder.record.stat().st_size == 0


def _number(folder: RunFolder) -> int:
    return int(folder.path.name.rpartition("-")[2])


def _runs_of(root: Path, template: str) -> list[RunFolder]:
    pattern = re.compile(rf"{re.escape(template)}-\d+")
    found = [folder for folder in list_runs(root) if pattern.fullmatch(folder.path.name)]
    return sorted(found, key=_number)
