"""Run folders: where a run lives on disk, which one the same command resumes, and who may write to it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
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

        Raises:
            RunLocked: another process writes here.
            StoreError: the folder cannot be written.
        """
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
                yield
        finally:
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


def unfinished_run(root: Path, template: str, template_hash: str) -> RunFolder | None:
    """The newest run of this template that has not finished: the one that the same command resumes."""
    for folder in reversed(_runs_of(root, template)):
        try:
            with folder.read() as store:
                started = store.get("run", Started)
                outcome = store.get("outcome", RunOutcome)
        except StoreError:
            continue  # damaged, or of a newer version: no reason not to begin another
        if started is None or started.run.template_hash != template_hash:
            continue
        return folder if outcome is None or outcome.status != "finished" else None
    return None


def next_run_folder(root: Path, template: str) -> RunFolder:
    """A folder that does not exist yet: ``<template>-<number>``; the last one where no run was begun in it."""
    runs = _runs_of(root, template)
    if runs and _is_empty(runs[-1]):
        return runs[-1]  # killed between making the record and its first event
    numbers = [int(folder.path.name.rpartition("-")[2]) for folder in runs]
    return RunFolder(root / f"{template}-{max(numbers, default=0) + 1:03d}")


def _is_empty(folder: RunFolder) -> bool:
    try:
        with folder.read() as store:
            return store.last_seq() == 0
    except StoreError:
        return folder.record.stat().st_size == 0


def _runs_of(root: Path, template: str) -> list[RunFolder]:
    pattern = re.compile(rf"{re.escape(template)}-\d+")
    found = [folder for folder in list_runs(root) if pattern.fullmatch(folder.path.name)]
    return sorted(found, key=lambda folder: int(folder.path.name.rpartition("-")[2]))
