"""From the words of a command line to an agent: the one place where agents are chosen.

A spec is ``kind`` or ``kind:argument``, such as ``mending``, ``verified:react`` or ``external:COMMAND``. A kind is one
entry of ``KINDS``; whoever adds one writes its function here and imports the agent itself late, in that function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import Field, NonNegativeInt, PositiveInt

from hakken.bench.agents.context import Retrieval
from hakken.bench.agents.pipeline import Pipeline
from hakken.bench.agents.simple import Null, Oracle
from hakken.bench.agents.types import Agent
from hakken.bench.proving import Lab
from hakken.core.config import ModelSettings
from hakken.core.errors import UsageError
from hakken.core.types import Budget, CallLog, Model, Record, Role
from hakken.models import Ledger


class AgentOptions(Record):
    """Everything about agents that can be chosen; each kind takes what concerns it."""

    retrieval: Retrieval = Retrieval.BOTH
    candidates: PositiveInt = 2
    """Versions of a function before any is mended."""
    mends: NonNegativeInt = 2
    """Rounds with the traceback."""
    steps: PositiveInt = Field(default=50)
    """Steps of an agent that acts step by step."""


@dataclass(frozen=True)
class Setup:
    """What an agent is built from.

    Args:
        lab: Where experiments run.
        models: By role; empty for agents that need none.
        log: Where calls are recorded and found again.
        budget: Limits of one attempt.
        settings: How models are called.
        options: What was chosen.
        model: Name of the model, for the record.
    """

    lab: Lab
    models: Mapping[Role, Model]
    log: CallLog
    budget: Budget
    settings: ModelSettings
    options: AgentOptions
    model: str = ""

    def ledger(self, seed: int) -> Ledger:
        """The account of one attempt."""
        return Ledger(self.models, self.log, self.budget, self.settings, seed=seed)

    @property
    def seconds(self) -> float:
        """Wall seconds of an attempt."""
        return self.budget.seconds or 1800.0


@dataclass(frozen=True)
class Kind:
    """One way of solving tasks."""

    build: Callable[[str, Setup], Agent]
    """From what stands behind the colon, and the set-up."""
    about: str
    model: bool = True
    """Whether it asks a model of ours."""
    argument: str = ""
    """What stands behind the colon; empty where nothing may."""


def _null(_argument: str, _setup: Setup) -> Agent:
    return Null()


def _oracle(_argument: str, setup: Setup) -> Agent:
    return Oracle(setup.lab)


def _fixed(_argument: str, setup: Setup) -> Agent:
    return Pipeline(setup.ledger, setup.lab, setup.options.retrieval, 1, 0, setup.seconds, setup.model)


def _mending(_argument: str, setup: Setup) -> Agent:
    options = setup.options
    return Pipeline(
        setup.ledger, setup.lab, options.retrieval, options.candidates, options.mends, setup.seconds, setup.model
    )


def _external(argument: str, setup: Setup) -> Agent:
    from hakken.bench.agents.external import external

    return external(argument, setup)


KINDS: dict[str, Kind] = {
    "null": Kind(_null, "does nothing", model=False),
    "oracle": Kind(_oracle, "puts the removed functions back", model=False),
    "fixed": Kind(_fixed, "looks up, writes, runs, reports; mends nothing"),
    "mending": Kind(_mending, "writes several versions, runs each, mends what fails"),
    "external": Kind(
        _external, "a program of its own, in the same sandbox and on the same budget", argument="NAME-or-COMMAND"
    ),
}


def kind_of(spec: str) -> tuple[Kind, str]:
    """The kind of a spec, and what stands behind its colon.

    Raises:
        UsageError: there is no such kind, or its argument is missing or too much.
    """
    name, _, argument = spec.partition(":")
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(f"There is no agent {name!r}.", f"Take one of: {', '.join(KINDS)}.")
    if argument and not kind.argument:
        raise UsageError(f"The agent {name} takes nothing behind a colon.", f"Write --agent {name}.")
    if kind.argument and not argument:
        raise UsageError(f"The agent {name} needs {kind.argument}.", f"Write --agent {name}:{kind.argument}.")
    return kind, argument


def choose(spec: str, setup: Setup) -> Agent:
    """The agent that a spec names.

    Raises:
        UsageError: there is no such agent.
    """
    kind, argument = kind_of(spec)
    return kind.build(argument, setup)
