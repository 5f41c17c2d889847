"""``bwrap`` outside of a box, and the first process inside: what the parent learns from them, and how it ends them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from hakken.execution.process import SetupFailed
from hakken.execution.watchdog import buried_seconds


class Outer:
    """``bwrap`` outside of the box, and the first process inside, which it started.

    While the command runs the outer process is stopped. So the first process, when it ends, stays in the table with
    the CPU time of all that it has buried, which is exact; bubblewrap itself would not wait for it.
    """

    def __init__(self, pid: int, status: int) -> None:
        self.pid, self._status = pid, status
        self.first: int | None = None
        self.handle: int | None = None
        self._said = b""
        self._command: int | None = None
        """Descriptor of the command's first process, once the outer process is held."""

    def first_process(self) -> int | None:
        """Wait until bubblewrap says which one it is; None where it failed before."""
        while b"\n" not in self._said and (chunk := os.read(self._status, 4096)):
            self._said += chunk
        if self._said:
            self.first = int(json.loads(self._said.splitlines()[0])["child-pid"])
            self.handle = os.pidfd_open(self.first)
        return self.first

    def look(self) -> None:
        """Hold the outer process once the command has begun; end what the command leaves behind when it has ended."""
        if self.first is None:
            return
        if self._command is None:
            self._hold(self.first)
        elif _is_gone(self._command) and _was_told(self.pid):
            # The first process has taken the command's exit code and passed it on, and now waits for daemons.
            self.kill()

    def _hold(self, first: int) -> None:
        """Stop the outer process, once it has nothing more to do than to wait."""
        with suppress(OSError, IndexError):
            command = int(Path(f"/proc/{first}/task/{first}/children").read_text().split()[0])
            self._command = os.pidfd_open(command)
            os.kill(self.pid, signal.SIGSTOP)

    def cpu_seconds(self) -> float:
        """What the box used, where the outer process was held until its end."""
        return buried_seconds(self.first) if self._command is not None and self.first is not None else 0.0

    def kill(self) -> None:
        """End the box: the end of its first process ends a namespace."""
        with suppress(ProcessLookupError):
            if self.handle is not None:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                os.kill(self.pid, signal.SIGCONT)
            else:
                os.kill(self.pid, signal.SIGKILL)

    def exit_code(self, status: int) -> int:
        """The command's status out of bubblewrap's, which reports the end by a signal as a shell does.

        A command that was seen to begin has a status whatever it made of the box's first process.
        """
        self._said += b"".join(iter(lambda: os.read(self._status, 4096), b""))
        if status >= 0 and b"exit-code" not in self._said and self._command is None:
            raise SetupFailed
        return 128 - status if 128 < status <= 128 + 64 else status

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._status)
        for handle in (self.handle, self._command):
            if handle is not None:
                os.close(handle)


def _is_gone(handle: int) -> bool:
    """Whether a process has ended and its parent has taken its exit code."""
    try:
        signal.pidfd_send_signal(handle, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it has changed its user, and lives
    return False


def _was_told(pid: int) -> bool:
    """Whether the outer process has been told the command's exit code: the first one writes it into an eventfd.

    That the first one sleeps says nothing: the kernel calls it so while it takes the code, for as long as others run.
    """
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/fdinfo").iterdir():
            _, found, rest = path.read_text().partition("eventfd-count:")
            if found:
                return int(rest.split()[0], 16) > 0
    return False


@dataclass
class Ends:
    """The parent's ends of the pipes to ``bwrap``; -1 where one is closed.

    A box is built in three steps, and each waits for a word of the parent. So the parent's death, at whatever moment,
    never lets anything of the command begin: what waits for a word reads the end of its pipe instead.
    """

    told: int
    """What to build. ``bwrap`` reads it before all else, and is known to have begun when it is written."""
    status: int
    """What ``bwrap`` says."""
    gate: int
    """``bwrap`` waits here when the box is built; it takes the end of the pipe for leave."""
    leave: int
    """The guard before the command waits here, and takes nothing but a line for leave."""

    def tell(self, options: Sequence[str]) -> None:
        """Say what to build."""
        content = memoryview(b"".join(os.fsencode(option) + b"\0" for option in options))
        while content:
            content = content[os.write(self.told, content) :]
        self._close("told")

    def let_go(self) -> None:
        """Let the command begin."""
        os.write(self.gate, b"1")
        os.write(self.leave, b"\n")

    def close_all_but_status(self) -> None:
        """Close what was for the beginning only."""
        for name in ("told", "gate", "leave"):
            self._close(name)

    def close(self) -> None:
        """Close all."""
        self.close_all_but_status()
        self._close("status")

    def _close(self, name: str) -> None:
        if (descriptor := getattr(self, name)) >= 0:
            os.close(descriptor)
            setattr(self, name, -1)


def make_pipes() -> tuple[Ends, Ends]:
    """The parent's ends, and those for ``bwrap`` and the guard."""
    pairs: dict[str, tuple[int, int]] = {}
    try:
        for name in ("told", "status", "gate", "leave"):
            pairs[name] = os.pipe()
    except OSError:
        for end in chain.from_iterable(pairs.values()):
            os.close(end)
        raise
    pairs["status"] = pairs["status"][::-1]  # the only one that the parent reads
    ours = Ends(**{name: pair[1] for name, pair in pairs.items()})
    return ours, Ends(**{name: pair[0] for name, pair in pairs.items()})
