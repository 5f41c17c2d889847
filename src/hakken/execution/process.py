"""What every rung hands to the supervisor: a started command, how to look at it and how to end all of it."""

from __future__ import annotations

import math
import os
import platform
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Protocol

import psutil

from hakken.core.types import Limits, Rung

MB = 1 << 20


class SetupFailed(Exception):
    """The isolation ended before the command began; the reason is on its standard error."""


@dataclass
class Running:
    """A started command and the few things that differ from rung to rung."""

    popen: Popen[bytes]
    kill: Callable[[], None]
    """End the whole tree, daemons included; returns when the signal is sent, and may be called again."""
    scratch_bytes: Callable[[], int]
    """Bytes that the command keeps in its private temporary folders."""
    tree_root: Callable[[], int | None] | None = None
    """Process to measure from, where it is not ``popen``; None until it is there."""
    end: int | None = None
    """Descriptor that becomes readable when all of it has ended, where that is not the end of ``popen``."""
    look: Callable[[], None] = lambda: None
    """Called at each look of the watchdog."""
    cpu_seconds: Callable[[], float] = lambda: 0.0
    """CPU time that only this rung can tell; asked once, at the end and before ``popen`` is waited for."""
    own_tasks: int = 0
    """Processes in the tree that hold the box and are not the command's."""
    exit_code: Callable[[int], int] = lambda status: status
    """Translate the status of the outer process: negative for a signal, as ``subprocess`` has it.

    Raises:
        SetupFailed: the command never began.
    """
    close: Callable[[], None] = lambda: None
    """Called once, after the process has been waited for."""


@dataclass(frozen=True)
class Streams:
    """File descriptors for the command's standard streams."""

    stdin: int
    stdout: int
    stderr: int


class Starter(Protocol):
    """One rung, made ready for one box: it knows the mounts and the environment, and starts commands."""

    @property
    def rung(self) -> Rung:
        """Which rung it is."""

    @property
    def user(self) -> int | None:
        """User that the commands run as, where the parent can change it."""

    @property
    def writable(self) -> Sequence[Path]:
        """Folders of the host that the commands may write."""

    def start(self, argv: Sequence[str], limits: Limits, streams: Streams) -> Running:
        """Start a command in a fresh box.

        Raises:
            SetupFailed: the isolation could not be built.
        """

    def close(self) -> None:
        """Called once, when the box is closed."""


def kernel_limits(limits: Limits, tasks_elsewhere: int = 0) -> dict[int, int]:
    """Limits that the kernel enforces for each process, as a hard stop between two looks of the watchdog.

    Address space is far larger than what becomes resident, in torch above all, so its limit is only a brake on
    allocations faster than the watchdog.

    Args:
        limits: What the command may use.
        tasks_elsewhere: Processes and threads outside the box that the kernel counts on the same user.
    """
    return {
        resource.RLIMIT_CPU: math.ceil(limits.cpu_seconds) + 1,
        resource.RLIMIT_AS: (2 * limits.memory_mb + 1024) * MB,
        resource.RLIMIT_FSIZE: limits.file_mb * MB,
        resource.RLIMIT_NPROC: limits.processes + tasks_elsewhere,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_CORE: 0,
    }


def counts_tasks_per_namespace() -> bool:
    """Whether the kernel (5.14 and later) counts RLIMIT_NPROC inside each user namespace on its own."""
    major, minor = (int("".join(c for c in part if c.isdigit()) or 0) for part in platform.release().split(".")[:2])
    return (major, minor) >= (5, 14)


def tasks_of_this_user() -> int:
    """Processes and threads that run as this user now."""
    total = 0
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid():
                total += process.num_threads()
        except psutil.Error:
            continue  # it ended meanwhile
    return total


def memory_file(content: bytes) -> int:
    """A descriptor to read ``content`` from, with no file and no thread behind it."""
    descriptor = os.memfd_create("hakken")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
