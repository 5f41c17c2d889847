"""What a sandboxed command may use, and what was seen of it from outside."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from hakken.core.types.base import Record


class Limits(Record):
    """Limits of one command, enforced by the parent and never readable or writable by the command."""

    wall_seconds: PositiveFloat = 120.0
    cpu_seconds: PositiveFloat = 120.0
    memory_mb: PositiveInt = 2048
    """Resident memory of the whole process tree."""
    processes: PositiveInt = 64
    file_mb: PositiveInt = 256
    """Largest single file."""
    disk_mb: PositiveInt = 512
    """Everything the command writes in its writable mounts and in /tmp, together."""
    output_kb: PositiveInt = 1024
    """Each of stdout and stderr; what is beyond is dropped and counted."""


class Mount(Record):
    """A file or folder that the command may see, at the same path inside as outside."""

    path: Path
    writable: bool = False


class Rung(StrEnum):
    """The isolation ladder, strongest first."""

    BUBBLEWRAP = "bubblewrap"
    CONTAINER = "container"
    LANDLOCK = "landlock"
    RLIMITS = "rlimits"


class ViolationKind(StrEnum):
    """The limit that the parent saw crossed."""

    WALL = "wall"
    CPU = "cpu"
    MEMORY = "memory"
    PROCESSES = "processes"
    FILE = "file"
    DISK = "disk"
    OUTPUT = "output"
    STARVED = "starved"
    """The memory of the whole machine ran out, and the system ended the command, which may have kept all its limits."""
    UNSAFE = "unsafe"
    """Done to harm or mislead whoever looks: pipes and devices among the results, folders that no path reaches, a
    process that hides from the watchdog. What was left of that kind is removed."""


class Violation(Record):
    """One limit that was crossed: what was allowed and what was seen."""

    kind: ViolationKind
    limit: float
    observed: float
    killed: bool
    """False where the limit only cut something off (output) and the command went on."""


class ExecResult(Record):
    """What the parent measured of one command. It never says whether the result is good."""

    argv: tuple[str, ...]
    exit_code: int | None
    """None when a signal ended the process."""
    signal: int | None = None
    wall_seconds: NonNegativeFloat
    cpu_seconds: NonNegativeFloat
    """User and system time of the whole process tree."""
    peak_memory_mb: NonNegativeFloat
    stdout: Path
    stderr: Path
    """Files that hold the capped output."""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    """Bytes that the command wrote, dropped ones included."""
    violations: tuple[Violation, ...] = ()
    rung: Rung

    @property
    def ok(self) -> bool:
        """The process ended by itself with status 0 and no limit killed it."""
        return self.exit_code == 0 and not any(v.killed for v in self.violations)


class RungStatus(Record):
    """What probing found out about one rung of the ladder on this machine."""

    rung: Rung
    available: bool
    why: str
    """The command that ran, or what is missing."""
    mend: str = ""
    """How to get it, where it is missing."""
    isolates: tuple[str, ...] = ()
    """Of ``network``, ``home`` and ``processes``: what a command on this rung cannot reach."""

    @property
    def weak(self) -> bool:
        """The network cannot be stopped on this rung."""
        return "network" not in self.isolates
