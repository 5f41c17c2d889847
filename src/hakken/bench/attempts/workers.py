"""Agents as data, so that attempts can be made by workers that share nothing with this process but its disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hakken.bench.agents.calls import SharedCalls
from hakken.bench.agents.registry import AgentOptions, Setup, choose, kind_of
from hakken.bench.agents.types import Agent
from hakken.bench.experiments.lab import Lab
from hakken.core.config import ModelSettings
from hakken.core.types import Budget
from hakken.models import open_models


@dataclass(frozen=True)
class SpecRecipe:
    """An agent by its spec, with all that it is set to. Every attempt has its own record of calls, written by it alone.

    Args:
        name: The agent's name.
        spec: Such as ``mending`` or ``verified:react``.
        options: What was chosen.
        settings: How models are called.
        budget: Limits of one attempt.
        model: Name of the model, for the record.
        calls: Folder of the records of calls, in that of the attempts.
    """

    name: str
    spec: str
    options: AgentOptions
    settings: ModelSettings
    budget: Budget
    model: str
    calls: Path

    @contextmanager
    def open(self, lab: Lab, key: str) -> Iterator[Agent]:
        """Make the agent where its attempt runs."""
        kind, _ = kind_of(self.spec)
        models = open_models(self.settings) if kind.model else {}
        self.calls.mkdir(parents=True, exist_ok=True)
        log = SharedCalls(self.calls / f"{key}.db")
        kept = self.calls.parent
        yield choose(self.spec, Setup(lab, models, log, self.budget, self.settings, self.options, self.model, kept))


def recipe_of(spec: str, setup: Setup, calls: Path) -> SpecRecipe:
    """What travels in the place of the agent that a spec names.

    Args:
        spec: Such as ``mending``.
        setup: What the agent is built from.
        calls: Where the records of calls go, in the folder of the attempts.

    Raises:
        UsageError: there is no such agent.
    """
    name = choose(spec, setup).name
    return SpecRecipe(name, spec, setup.options, setup.settings, setup.budget, setup.model, calls.absolute())
