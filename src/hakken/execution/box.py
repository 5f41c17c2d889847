"""A box: commands run in it one after the other, each isolated and limited anew."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from hakken.core.errors import SandboxError
from hakken.core.types import ExecResult, Limits, Rung
from hakken.execution.capture import Capture
from hakken.execution.identity import hand_over, take_back
from hakken.execution.process import MB, Running, SetupFailed, Starter, Streams, memory_file
from hakken.execution.supervise import Supervision
from hakken.execution.watchdog import FolderMeter


class Box(Protocol):
    """Where untrusted commands run. What a result means is decided elsewhere."""

    @property
    def rung(self) -> Rung:
        """The isolation that is in force."""

    def exec(
        self,
        argv: Sequence[str],
        *,
        limits: Limits | None = None,
        stdout: Path,
        stderr: Path,
        stdin: bytes = b"",
    ) -> ExecResult:
        """Run one command to its end, or to the first limit that ends it.

        Args:
            argv: The program and its arguments; no shell.
            limits: Other limits than the box's.
            stdout: File of the host that the parent writes, cut off at the limit.
            stderr: The same for standard error.
            stdin: What the command may read; nothing by default.

        Raises:
            SandboxError: the isolation could not be set up. A failing command raises nothing.
        """


class StartedBox:
    """The box of every rung: what differs is how a command is started."""

    def __init__(self, starter: Starter, limits: Limits) -> None:
        self._starter, self._limits = starter, limits

    @property
    def rung(self) -> Rung:
        """The isolation that is in force."""
        return self._starter.rung

    def exec(
        self,
        argv: Sequence[str],
        *,
        limits: Limits | None = None,
        stdout: Path,
        stderr: Path,
        stdin: bytes = b"",
    ) -> ExecResult:
        """Run one command; see ``Box``."""
        if not argv:
            raise SandboxError("There is no command to run.", "Give a program and its arguments.")
        limits = limits or self._limits
        with ExitStack() as stack:
            out = Capture(stdout, limits.output_kb * 1024)
            stack.callback(out.close)
            err = Capture(stderr, limits.output_kb * 1024)
            stack.callback(err.close)
            source = memory_file(stdin) if stdin else os.open(os.devnull, os.O_RDONLY)
            stack.callback(os.close, source)
            for folder in self._starter.writable:
                stack.callback(take_back, folder, folder.stat())
                if self._starter.user is not None:
                    hand_over(folder, self._starter.user)
            folders = FolderMeter(self._starter.writable, limits.file_mb * MB)
            started = time.monotonic()
            try:
                running = self._starter.start(argv, limits, Streams(source, out.child_end, err.child_end))
                stack.callback(_abandon, running)
                out.close_child_end()
                err.close_child_end()
                supervision = Supervision(running, limits, (out, err), folders, started)
                return supervision.wait(tuple(argv), self._starter.rung)
            except (SetupFailed, OSError) as problem:
                said = str(problem) or stderr.read_text(errors="replace").strip()[-500:]
                raise SandboxError(
                    f"The {self._starter.rung.value} sandbox could not be set up: {said}",
                    "`hakken doctor` shows which isolation this machine offers.",
                ) from problem


def _abandon(running: Running) -> None:
    """Leave nothing behind, also where an interrupt ended the wait."""
    if running.popen.returncode is None:
        running.kill()
        with suppress(subprocess.TimeoutExpired):
            running.popen.wait(timeout=10)
    running.close()
