"""Wait for one command: copy its output, watch its limits, end its whole tree, and say what was seen.

One loop waits for the output, the end of the process and the next look of the watchdog together, so that nothing is
added to the time of a command that ends by itself.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from contextlib import suppress
from pathlib import Path

from hakken.core.errors import SandboxError
from hakken.core.types import ExecResult, Limits, Rung, Violation, ViolationKind
from hakken.execution.capture import Capture
from hakken.execution.process import MB, Running
from hakken.execution.trees import DEEPEST
from hakken.execution.watchdog import FolderMeter, TreeMeter

_FIRST_LOOK, _LOOK = 0.01, 0.05
"""Looks come quickly at first, for short commands, then every 0.05 s."""
_DISK_LOOK, _DISK_SHARE = 0.1, 20.0
"""Folders are walked every 0.1 s, less often where a walk is slow: it takes at most a twentieth of the time."""
_LAST_WAIT = 10.0


class Supervision:
    """One command from its start to its ``ExecResult``."""

    def __init__(
        self, running: Running, limits: Limits, outputs: tuple[Capture, Capture], folders: FolderMeter, started: float
    ) -> None:
        self.running, self.limits, self.outputs, self.started = running, limits, outputs, started
        self.folders = folders
        self.tree = TreeMeter(running.popen.pid)
        self.violations: dict[ViolationKind, Violation] = {}
        self._next_look = started + _FIRST_LOOK
        self._next_disk_look = started + _DISK_LOOK
        self._killed_at: float | None = None
        self._starved = starved()

    def wait(self, argv: tuple[str, ...], rung: Rung) -> ExecResult:
        """Return when the command and everything that it started has ended."""
        with selectors.DefaultSelector() as selector:
            for output in self.outputs:
                selector.register(output.pipe, selectors.EVENT_READ, output)
            end = os.dup(self.running.end) if self.running.end is not None else _end_of(self.running.popen.pid)
            if end is not None:
                selector.register(end, selectors.EVENT_READ, None)
            try:
                while not self._step(selector, end):
                    pass
                wall = time.monotonic() - self.started
                status, usage = self._reap()
                self._drain(selector)
            finally:
                if end is not None:
                    os.close(end)
        return self._result(argv, rung, wall, status, usage)

    def _step(self, selector: selectors.BaseSelector, end: int | None) -> bool:
        """One turn of the loop; True when the process has ended."""
        now = time.monotonic()
        deadline = self.started + self.limits.wall_seconds
        until = self._next_look if self._killed_at is not None else min(self._next_look, deadline)
        over = False
        for key, _ in selector.select(max(0.0, until - now)):
            if key.data is None:
                over = True
            elif not key.data.pump():
                selector.unregister(key.fd)
        if over or (end is None and _ended(self.running.popen.pid)):
            return True
        now = time.monotonic()
        if self._killed_at is not None:
            if now - self._killed_at > _LAST_WAIT:
                raise SandboxError("A command could not be ended.", "Look for a process in state D; its disk may hang.")
        elif now >= deadline:
            self._violate(ViolationKind.WALL, self.limits.wall_seconds, now - self.started, kill=True)
        if now >= self._next_look:
            self._look(now)
        return False

    def _look(self, now: float) -> None:
        if self.running.tree_root is not None and self.tree.root == self.running.popen.pid:
            self.tree.root = self.running.tree_root() or self.tree.root
        self._next_look = now + min(_LOOK, 0.5 * (now - self.started))
        self.running.look()
        self.tree.look()
        if self._killed_at is not None:
            self.running.kill()  # a daemon may have been born while the tree was being ended
            return
        limits = self.limits
        if self.tree.cpu_seconds > limits.cpu_seconds:
            self._violate(ViolationKind.CPU, limits.cpu_seconds, self.tree.cpu_seconds, kill=True)
        if self.tree.memory > limits.memory_mb * MB:
            exact = self.tree.memory_without_shared()
            if exact > limits.memory_mb * MB:
                self._violate(ViolationKind.MEMORY, limits.memory_mb, exact / MB, kill=True)
        tasks = self.tree.tasks - self.running.own_tasks
        if tasks >= limits.processes:
            # At the limit the kernel has begun to refuse; beyond it, it did not.
            self._violate(ViolationKind.PROCESSES, limits.processes, tasks, kill=tasks > limits.processes)
        if now >= self._next_disk_look:
            self._look_at_disk()
            self._next_disk_look = now + max(_DISK_LOOK, _DISK_SHARE * (time.monotonic() - now))

    def _look_at_disk(self) -> None:
        self.folders.look()
        self.tree.look_inside()
        if self.folders.too_deep:
            self._violate(ViolationKind.UNSAFE, DEEPEST, DEEPEST + 1, kill=True)
        if self.tree.hidden:
            self._violate(ViolationKind.UNSAFE, 0, self.tree.hidden, kill=True)
        if self.tree.shared_bytes > self.limits.memory_mb * MB:
            self._violate(ViolationKind.MEMORY, self.limits.memory_mb, self.tree.shared_bytes / MB, kill=True)
        used = self.folders.grown + self.running.scratch_bytes() + self.tree.deleted_bytes
        if used > self.limits.disk_mb * MB:
            self._violate(ViolationKind.DISK, self.limits.disk_mb, used / MB, kill=True)
        if self.folders.largest >= self.limits.file_mb * MB:
            self._violate(ViolationKind.FILE, self.limits.file_mb, self.folders.largest / MB, kill=False)

    def _violate(self, kind: ViolationKind, limit: float, observed: float, *, kill: bool) -> None:
        before = self.violations.get(kind)
        if before is None or (kill and not before.killed) or observed > before.observed:
            killed = kill or (before is not None and before.killed)
            self.violations[kind] = Violation(kind=kind, limit=limit, observed=round(observed, 3), killed=killed)
        if kill and self._killed_at is None:
            self._killed_at = time.monotonic()
            self.running.kill()

    def _reap(self) -> tuple[int, tuple[float, float]]:
        """Status and (CPU seconds, largest resident MB) of the ended process; nothing of its tree is left."""
        buried = self.running.cpu_seconds()
        self.running.kill()
        own_peak = _own_peak()
        _, status, usage = os.wait4(self.running.popen.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        # Popen must not wait for a process id that may belong to somebody else by now.
        self.running.popen.returncode = code
        # The kernel starts the count of a new process at the memory of the one that it was forked from.
        peak = usage.ru_maxrss * 1024 if usage.ru_maxrss * 1024 > own_peak else 0
        return self._told(code), (max(buried, usage.ru_utime + usage.ru_stime), peak / MB)

    def _told(self, code: int) -> int:
        """The command's own status; where a limit ended it, possibly before its box was built, there is only one."""
        return -signal.SIGKILL if self._killed_at is not None else self.running.exit_code(code)

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """What is still in the pipes. All writers are dead, so this ends; the clock is for the weakest rung only."""
        until = time.monotonic() + 1.0
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(until - time.monotonic()):
                if key.data is None or not key.data.pump():
                    selector.unregister(key.fd)

    def _result(
        self, argv: tuple[str, ...], rung: Rung, wall: float, status: int, usage: tuple[float, float]
    ) -> ExecResult:
        out, err = self.outputs
        if self._killed_at is None:
            self._look_at_disk_once_more()
        if status == -signal.SIGXCPU:
            self._violate(ViolationKind.CPU, self.limits.cpu_seconds, usage[0], kill=True)
        if status == -signal.SIGXFSZ:
            self._violate(ViolationKind.FILE, self.limits.file_mb, self.limits.file_mb, kill=True)
        if status == -signal.SIGKILL and self._killed_at is None and (times := starved() - self._starved) > 0:
            self.violations[ViolationKind.STARVED] = Violation(
                kind=ViolationKind.STARVED, limit=0, observed=times, killed=True
            )
        kept = self.limits.output_kb * 1024
        if (most := max(out.seen, err.seen)) > kept:
            self._violate(ViolationKind.OUTPUT, self.limits.output_kb, most / 1024, kill=False)
        return ExecResult(
            argv=argv,
            exit_code=status if status >= 0 else None,
            signal=-status if status < 0 else None,
            wall_seconds=wall,
            cpu_seconds=max(usage[0], self.tree.cpu_seconds),
            peak_memory_mb=max(usage[1], self.tree.peak_memory / MB),
            stdout=out.path,
            stderr=err.path,
            stdout_bytes=out.seen,
            stderr_bytes=err.seen,
            violations=tuple(self.violations.values()),
            rung=rung,
        )

    def _look_at_disk_once_more(self) -> None:
        """A short command may end between two looks; its files are there still."""
        self.folders.look()
        if self.folders.grown > self.limits.disk_mb * MB:
            self._violate_after(ViolationKind.DISK, self.limits.disk_mb, self.folders.grown / MB)
        if self.folders.largest >= self.limits.file_mb * MB:
            self._violate_after(ViolationKind.FILE, self.limits.file_mb, self.folders.largest / MB)

    def _violate_after(self, kind: ViolationKind, limit: float, observed: float) -> None:
        self.violations[kind] = Violation(kind=kind, limit=limit, observed=round(observed, 3), killed=False)


def _end_of(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where there is none (no Linux)."""
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


def _ended(pid: int) -> bool:
    """The slower way: ask, without taking the status."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def starved() -> int:
    """Processes that the kernel has ended for want of memory since this machine began; 0 where it does not say.

    Boxes are the first that it takes, so one that ends by its signal while this number rises was taken.
    """
    with suppress(OSError, IndexError, ValueError):
        return int(Path("/proc/vmstat").read_text().partition("\noom_kill ")[2].split()[0])
    return 0


def _own_peak() -> int:
    """Largest resident memory of this process so far."""
    with suppress(OSError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return 1 << 62
