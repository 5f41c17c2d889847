"""What an attack is: a small program with a name, what it tries, and what "contained" means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hakken.core.types import Limits

if TYPE_CHECKING:
    from hakken.testing.attacks.scene import Scene

QUICK: Mapping[str, Any] = {
    "wall_seconds": 10,
    "cpu_seconds": 10,
    "memory_mb": 256,
    "processes": 32,
    "file_mb": 16,
    "disk_mb": 32,
    "output_kb": 64,
}
"""Limits of every attack, unless it names others: small ones are met sooner."""

PRELUDE = """
import json, os, sys
at = json.loads(sys.argv[1])
def each(*attempts):
    for attempt in attempts:
        try: said = attempt()
        except Exception as error: print('refused', type(error).__name__, error, flush=True)
        else: print('did', said, flush=True)
print('begun', flush=True)
"""
"""Every program begins so: ``at`` says where things are, ``each`` tries all ways and goes on."""
BEGUN = b"begun\n"
"""What a program has said once it began."""
NOT_BEGUN = "the program did not begin, and so nothing is known"
_STUMBLED = re.compile(rb"^(?:refused )?((?:Import|ModuleNotFound|Name)Error\b.*)", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """What one run of a hostile program left to judge it by."""

    stdout: bytes = b""
    """The first megabytes only."""
    output_bytes: int = 0
    """Size of the larger of the two files of output."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    exit_code: int | None = 0
    recorded: tuple[str, ...] = ()
    """What the record says of it: the limits crossed, or the cause of the failure."""
    raised: str = ""
    """The error that the attack caused in the parent's own code."""


def doubts(said: bytes) -> Iterator[str]:
    """Why a program that did no harm proves nothing, by what it printed: it never began, or stumbled over itself."""
    if BEGUN not in said:
        yield NOT_BEGUN
    elif found := _STUMBLED.search(said):
        yield f"the program stumbled, and so nothing is known: {found[1].decode(errors='replace')}"


def nothing(_: Scene) -> None:
    """No preparation."""


def no_more(_: Scene, __: Ran) -> Iterator[str]:
    """No harm beside the kinds that are looked for after every attack."""
    yield from ()


@dataclass(frozen=True)
class Attack:
    """A hostile program for the sandbox.

    After every attack the parent looks whether a secret came out, a file outside changed, a listener heard something,
    a process stayed, or the parent's own descriptors or the process that stands for it were touched. An attack adds
    what else it could do.
    """

    name: str
    group: str
    tries: str
    """A predicate: "sends a secret to a port of the machine"."""
    contained: str
    """What must hold afterwards, as a sentence."""
    program: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Scene], None] = nothing
    harm: Callable[[Scene, Ran], Iterator[str]] = no_more
    """Harm done, one sentence each, computed from data."""
    unavailable: Callable[[], str] = lambda: ""
    """Why this machine or user cannot show the attack to be real; empty where it can."""
    wants_record: bool = False
    """Holding it is not enough: the record must name it."""

    @property
    def code(self) -> str:
        """The whole program."""
        return PRELUDE + self.program

    @property
    def bounds(self) -> Limits:
        """The limits that it meets."""
        return Limits(**{**QUICK, **self.limits})
