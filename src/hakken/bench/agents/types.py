"""The seam: an agent gets a task's text and a workspace, and leaves files in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import NonNegativeFloat, NonNegativeInt

from hakken.agents import Trajectory
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.errors import BudgetExceeded
from hakken.core.types import Record


class Ending(StrEnum):
    """Why an agent stopped."""

    FINISHED = "finished"
    STEPS = "steps"
    SECONDS = "seconds"
    TOKENS = "tokens"
    STUCK = "stuck"
    FAILED = "failed"
    """It broke down; whether it did so by itself, says ``Breakdown``."""

    @classmethod
    def of_limit(cls, met: BudgetExceeded) -> Ending:
        """How an agent ended that met a limit."""
        kinds = {"calls": cls.STEPS, "failed calls": cls.STEPS, "seconds": cls.SECONDS}
        return kinds.get(met.kind, cls.TOKENS)


class Breakdown(Record):
    """What failed, so that an agent could not end its work."""

    error: str
    """Its kind, such as ``ModelUnavailable``."""
    message: str
    infrastructure: bool
    """It says nothing about the agent: the attempt is not measured, whatever it scores, and is made again."""
    check: str = ""
    """How that was found out."""


class AgentRun(Record):
    """What an agent did, beside the files that it left."""

    ending: Ending
    words: str = ""
    """Its last words, in which it may admit what it did not measure."""
    steps: NonNegativeInt = 0
    prompt_tokens: NonNegativeInt = 0
    completion_tokens: NonNegativeInt = 0
    usd: NonNegativeFloat = 0.0
    thinking_tokens: NonNegativeInt = 0
    """Of the completion tokens those of a reasoning budget, before any code."""
    transcript: tuple[str, ...] = ()
    """One line a step."""
    trajectory: Trajectory | None = None
    """Every step whole, of an agent that acts step by step."""
    breakdown: Breakdown | None = None

    @property
    def measured(self) -> bool:
        """Whether it says something about the agent."""
        return self.breakdown is None or not self.breakdown.infrastructure


class Agent(Protocol):
    """Anything that works on a task."""

    @property
    def name(self) -> str:
        """Name in the record, with what tells its settings apart."""

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Work in ``workspace``, a copy of the visible repository, and return when no process of it is left.

        Of the folder an agent may read ``instruction.md`` and what is in the workspace; an oracle reads more.
        """
