"""The seam: an agent gets a task's text and a workspace, and leaves files in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import NonNegativeFloat, NonNegativeInt

from hakken.agents import Trajectory
from hakken.bench.folder import TaskFolder
from hakken.core.types import Record


class Ending(StrEnum):
    """Why an agent stopped."""

    FINISHED = "finished"
    STEPS = "steps"
    SECONDS = "seconds"
    TOKENS = "tokens"
    STUCK = "stuck"
    FAILED = "failed"
    """The agent itself broke down; that is recorded, and scores nothing."""


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


class Agent(Protocol):
    """Anything that works on a task."""

    @property
    def name(self) -> str:
        """Name in the record, with what tells its settings apart."""

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Work in ``workspace``, a copy of the visible repository, and return when no process of it is left.

        Of the folder an agent may read ``instruction.md`` and what is in the workspace; an oracle reads more.
        """
