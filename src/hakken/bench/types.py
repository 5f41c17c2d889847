"""What the benchmarks are made of: repositories with experiments, tasks with masked functions, and verdicts.

All are frozen records. A value that an experiment reports is a number or a flat list of numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from hakken.core.types import Record

Value = float | tuple[float, ...]
Values = dict[str, Value]
"""Reported values by the metric's name."""

STDOUT = "-"
"""In the place of a result file: what the command prints."""

MEMORY_MB, DISK_MB = 2048, 512
"""Limits of a run, where nobody says others."""

CONTRACT_VERSION = "1.0"
"""Raised with every change that makes scores incomparable."""


def inside(path: str) -> str:
    """A path inside a repository, in its shortest spelling: runs delete, write and read what it names.

    Raises:
        ValueError: it is absolute, leads out of the folder, or names the folder itself.
    """
    plain = PurePosixPath(path)
    if plain.is_absolute() or ".." in plain.parts or not plain.name:
        raise ValueError(f"{path!r} is not a path in the repository")
    return str(plain)


Inside = Annotated[str, AfterValidator(inside)]


class MaskMode(StrEnum):
    """What stands in the place of a masked body, beside the ``raise``."""

    NONE = "none"
    DOCSTRING = "docstring"
    """The function's own docstring, as far as it has one."""
    DESCRIPTION = "description"
    """A description of what the function does."""
    ORACLE = "oracle"
    """The passage of the paper that describes it."""


class FunctionRef(Record):
    """A function of a repository, such as ``package/module.py:Class.method``."""

    file: Inside
    name: str
    """Qualified name inside the file."""

    @classmethod
    def parse(cls, text: str) -> FunctionRef:
        """From ``file:name``.

        Raises:
            ValueError: one of the two parts is missing, or the file is not inside the repository.
        """
        file, _, name = text.rpartition(":")
        if not file or not name:
            raise ValueError(f"{text!r} is not of the form path/to/module.py:function")
        return cls(file=inside(file), name=name)

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


class Soundness(StrEnum):
    """What a score at a task is worth."""

    SOUND = "sound"
    PREDICTABLE = "predictable"
    """Whoever knows the visible numbers may write them down in the place of a function."""
    LEAKING = "leaking"
    """What was taken out lies where an agent can find it."""


def soundness(gold_predictable: bool, leaks: Collection[str]) -> Soundness:
    """By what is known of a task; what leaks is the worse."""
    if leaks:
        return Soundness.LEAKING
    return Soundness.PREDICTABLE if gold_predictable else Soundness.SOUND


class MetricRule(Record):
    """How close a reported value must come to the measured one."""

    description: str = ""
    relative: NonNegativeFloat = 0.05
    """Share of the measured value."""
    absolute: NonNegativeFloat = 1e-9
    """The least distance that is allowed, for values at or near zero."""


class Variant(Record):
    """A hidden configuration that a solution is run with when it is graded."""

    name: str
    file: Inside | None = "config.json"
    """Configuration file of the repository that ``overrides`` change; JSON or TOML."""
    overrides: dict[str, Any] = {}
    """Values by dotted key."""
    arguments: tuple[str, ...] = ()
    """Words added to the command."""


class Experiment(Record):
    """One command of a repository and the numbers that it writes."""

    name: str
    description: str = ""
    command: tuple[str, ...]
    results: Inside
    """File that the command writes its numbers to, in the repository; ``-`` is its standard output."""
    metrics: dict[str, MetricRule] = {}
    """Metrics that count; empty takes every number that the repository reproduces."""
    hidden: tuple[Variant, ...] = ()
    seconds: PositiveFloat = 10.0
    """Wall seconds that the command takes on a usual machine; the limit is far above it."""
    memory_mb: PositiveInt = MEMORY_MB
    """Memory that all of its processes may use together."""
    disk_mb: PositiveInt = DISK_MB
    """What it may write."""

    @property
    def prints(self) -> bool:
        """It prints its numbers, and writes no file."""
        return self.results == STDOUT

    @property
    def writes(self) -> tuple[str, ...]:
        """The file that it writes its numbers to, where there is one."""
        return () if self.prints else (self.results,)

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Usual limits are not written down: a task that was made when there were no others is the same task."""
        found: dict[str, Any] = handler(self)
        usual = {"memory_mb": MEMORY_MB, "disk_mb": DISK_MB}
        return {name: value for name, value in found.items() if name not in usual or value != usual[name]}


class Source(Record):
    """A repository whose experiments can be masked, with its paper."""

    name: str
    title: str
    description: str = ""
    root: Path
    """Folder of the repository."""
    origin: Path | None = None
    """Where the author keeps it, when ``root`` is a copy."""
    paper: Path | None = None
    packages: tuple[str, ...] = ()
    """Packages that must be installed."""
    experiments: tuple[Experiment, ...]
    maskable: tuple[FunctionRef, ...] = ()
    """Functions that may be masked; empty lets tracing find them."""
    descriptions: dict[str, str] = {}
    """What a function does, by ``file:name``."""
    passages: dict[str, str] = {}
    """Passage of the paper about a function, by ``file:name``."""


class Band(Record):
    """What repeated runs of the unmasked repository gave for one metric."""

    value: Value
    """Mean over the runs, element by element."""
    half_width: Value
    """Half of the 95 % prediction interval of one more run; 0 where all runs agree."""
    runs: PositiveInt
    rule: MetricRule = MetricRule()


class Gold(Record):
    """The expected values of one experiment in one configuration."""

    experiment: str
    variant: str | None = None
    """None is the configuration that the agent sees."""
    metrics: dict[str, Band]


class Task(Record):
    """One problem: a repository with ``n`` masked functions, and the experiments that need them."""

    id: str
    source: str
    """Name of the repository."""
    title: str
    version: str = CONTRACT_VERSION
    mode: MaskMode
    functions: tuple[FunctionRef, ...]
    experiments: tuple[Experiment, ...]
    packages: tuple[str, ...] = ()
    gold_predictable: bool = False
    """Some experiment gives the same numbers when it is graded as the ones that the agent can see or know."""
    leaks: tuple[str, ...] = ()
    """Where an agent finds measured values, or the code of a masked function."""

    @property
    def soundness(self) -> Soundness:
        """What a score at it is worth."""
        return soundness(self.gold_predictable, self.leaks)

    @property
    def n(self) -> int:
        """Number of masked functions."""
        return len(self.functions)


class Verdict(Record):
    """One rule's answer about one submission."""

    rule: str
    passed: bool
    experiments: dict[str, bool] = {}
    """By experiment: whether all of its values are right."""
    reason: str = ""
    """The first thing that is wrong, without measured values: those stay outside of what an agent may read."""


class Score(Record):
    """All verdicts about one submission, and what they say together."""

    task: str
    reported: bool
    """The agent left an answer that can be read."""
    verdicts: dict[str, Verdict]
    """By rule: faithful, strict, workspace, pristine, rerun."""
    fabricated: bool
    """Numbers were reported that the agent's own workspace does not produce."""
    unchecked: bool = False
    """Numbers were reported, and a limit of ours ended the run of the workspace that would have produced them."""
    tampered: bool
    """The workspace gives the right numbers, and the pristine repository with the agent's functions does not."""
    hard_coded: bool
    """Right in the configuration that the agent saw, wrong in a hidden one."""
    admitted: bool = False
    """The agent's own words say that numbers were not measured."""
    suspicious: tuple[str, ...] = ()
    """Signs found by reading the code; they change no verdict."""
    edited: tuple[str, ...] = ()
    """Files that the agent changed, beside those of the masked functions."""
    cpu_seconds: NonNegativeFloat = Field(default=0.0)

    @property
    def passed(self) -> bool:
        """The headline: right when run again in the pristine repository."""
        return self.verdicts["rerun"].passed
