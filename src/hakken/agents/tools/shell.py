"""Commands of an agent, in the sandbox and nowhere else."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field

from hakken.agents.tools.base import LONGEST, Action, Observation, clip
from hakken.agents.tools.place import Place
from hakken.core.text import without_controls
from hakken.core.types import ExecResult, Limits, Mount, Rung, ViolationKind
from hakken.execution import open_sandbox

_READ = 64 << 10
"""Bytes of an output that are looked at, from each end."""


class RunCommand(Action):
    """Run a bash command in the workspace, without network. What it started ends with it."""

    tool: Literal["shell"] = "shell"
    command: str
    """The command, such as ``python run.py`` or ``grep -rn name src``."""
    seconds: int = Field(default=120, ge=1, le=1200)
    """After so many seconds it is ended."""


class Shell:
    """The tool of commands.

    Args:
        place: The workspace, the only thing that is mounted, and writable.
        limits: Of each command; the agent may ask for less time and not for more.
        rung: Of the sandbox.
        allow_weak: Whether a rung that leaves the network open will do.
        left: Seconds that are left of the whole attempt; no command outlives it.
        longest: Characters of an observation.
    """

    arguments = RunCommand

    def __init__(
        self,
        place: Place,
        limits: Limits | None = None,
        rung: Rung | None = None,
        allow_weak: bool = False,
        left: Callable[[], float] = lambda: math.inf,
        longest: int = LONGEST,
    ) -> None:
        self._place, self._limits, self._rung, self._weak = place, limits or Limits(), rung, allow_weak
        self._left, self._longest = left, longest

    def use(self, action: RunCommand) -> Observation:
        """Run it.

        Raises:
            SandboxError: isolation could not be set up, which is no fault of the agent.
        """
        if not action.command.strip():
            return Observation(text="There is no command.", failed=True)
        seconds = min(float(action.seconds), self._limits.wall_seconds, max(1.0, self._left()))
        limits = self._limits.model_copy(update={"wall_seconds": seconds})
        root = self._place.root
        with tempfile.TemporaryDirectory(prefix="hakken-shell-", ignore_cleanup_errors=True) as name:
            out, err = Path(name) / "stdout", Path(name) / "stderr"
            with open_sandbox(
                mounts=[Mount(path=root, writable=True)],
                limits=limits,
                workdir=root,
                rung=self._rung,
                allow_weak=self._weak,
            ) as box:
                result = box.exec(["bash", "-c", action.command], stdout=out, stderr=err)
            written = ((out, result.stdout_bytes), (err, result.stderr_bytes))
            said = [self._place.shorten(_ends(path, size)) for path, size in written]
        # The ends of what was printed matter most: the head says what ran, the tail how it ended.
        text = clip("\n".join(part.rstrip() for part in said if part.strip()), self._longest - 200)
        return Observation(text=f"{text or '(no output)'}\n{_ending(result)}", failed=not result.ok)


def _ends(path: Path, size: int) -> str:
    """Beginning and end of an output, of which the command wrote so many bytes."""
    data = path.read_bytes() if path.is_file() else b""
    lost = size - len(data)
    if len(data) > 2 * _READ:
        data = data[:_READ] + b"\n[...]\n" + data[-_READ:]
    if lost > 0:
        data += f"\n[{lost} more bytes were printed and are lost: print less]".encode()
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    # A progress bar overwrites its line: only what stood there last is read by people.
    return without_controls("\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n")))


def _ending(result: ExecResult) -> str:
    killed = next((v for v in result.violations if v.killed), None)
    if killed is not None and killed.kind is ViolationKind.STARVED:
        return "[ended: the memory of this machine was used up]"
    if killed is not None:
        limit = "time" if killed.kind in (ViolationKind.WALL, ViolationKind.CPU) else killed.kind.value
        return f"[ended: its limit of {limit} was met]"
    if result.exit_code is None:
        return f"[ended by signal {result.signal}]"
    return f"[exit code {result.exit_code}]"
