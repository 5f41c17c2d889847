"""From the words of a command line to an agent: the one place where agents are chosen.

A spec is ``kind`` or ``kind:argument``, such as ``mending``, ``verified:react`` or ``external:COMMAND``. A kind is one
entry of ``KINDS``; whoever adds one writes its function here and imports the agent itself late, in that function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import NonNegativeInt, PositiveInt

from hakken.agents import LoopSettings, Memory, Style
from hakken.bench.agents.accounts import opened
from hakken.bench.agents.context import Retrieval
from hakken.bench.agents.dynamic import Dynamic
from hakken.bench.agents.mending import HOLES, VERSIONS, Mending
from hakken.bench.agents.pipeline import Pipeline
from hakken.bench.agents.simple import Null, Oracle
from hakken.bench.agents.types import Agent
from hakken.bench.agents.verifier import Verified, Verifying
from hakken.bench.experiments.lab import Lab
from hakken.core.config import ModelSettings
from hakken.core.errors import UsageError
from hakken.core.types import Budget, CallLog, Model, Record, Role
from hakken.models import Ledger


class AgentOptions(Record):
    """Everything about agents that can be chosen; each kind takes what concerns it."""

    retrieval: Retrieval = Retrieval.BOTH
    think: NonNegativeInt = 0
    """Tokens of reasoning before a function's code, of the fixed agent."""
    candidates: PositiveInt | None = None
    """Versions of a function of the mending agent (48 with the embedded model, else 18); candidates (6) of a verified
    one."""
    mends: NonNegativeInt = 3
    """Rounds with the traceback."""
    draft: bool = True
    """Whether the mending agent asks for a first version as the fixed one does."""
    examples: bool = True
    """Whether the mending agent is shown the values of a real call."""
    vote: bool = True
    """Whether the mending agent compares versions that run."""
    fill: bool = True
    """Whether the mending agent asks the embedded model to fill the function in as a hole, most of the times."""
    contract: bool = True
    """Whether the mending agent holds what a version returns against its signature and docstring."""
    repair: bool = True
    """Whether the mending agent runs small edits of a version that fails."""
    alone: bool = True
    """Whether the mending agent shows every other few holes without the file around them."""
    steps: PositiveInt = 50
    """Calls of an attempt: steps of an agent that acts step by step, of which a small model needs several for each."""
    memory: Memory = Memory.FULL
    """What such an agent is shown of its earlier steps."""
    window: PositiveInt = 5
    """Steps that it is shown with a window or a summary."""
    context_tokens: PositiveInt = 100_000
    """Window of a model that is not the embedded one."""
    verify: Verifying = Verifying.EXECUTION
    """Who chooses among the candidates of a verified agent."""
    honest: bool = False
    """Whether the answer of an agent that acts step by step is what the experiments write when it has ended."""


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
        kept: Folder that attempts are kept in, which no agent may see.
    """

    lab: Lab
    models: Mapping[Role, Model]
    log: CallLog
    budget: Budget
    settings: ModelSettings
    options: AgentOptions
    model: str = ""
    kept: Path | None = None

    def ledger(self, seed: int) -> Ledger:
        """The account of one attempt: it opens empty, and an attempt that goes on pays for what it asked before."""
        return opened(Ledger(self.models, self.log, self.budget, self.settings, seed=seed, pay_remembered=True))

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
    options = setup.options
    return Pipeline(
        setup.ledger, setup.lab, options.retrieval, options.think, setup.seconds, setup.model, options.steps
    )


def _mending(_argument: str, setup: Setup) -> Agent:
    options = setup.options
    # A reply without usable code is cheaper drawn anew than mended in a conversation.
    settings = setup.settings.model_copy(update={"repairs": 0})
    fill = options.fill and setup.models[Role.CODE].name == "local"  # the only one that fills in a hole
    return Mending(
        replace(setup, settings=settings).ledger,
        setup.lab,
        options.candidates or (HOLES if fill else VERSIONS),
        options.mends,
        setup.budget,
        setup.model,
        options.draft,
        options.examples,
        options.vote,
        fill,
        options.contract,
        options.repair,
        options.alone,
        steps=options.steps,
    )


def window_of(setup: Setup) -> int:
    """Tokens that the model takes: those of the settings are the embedded one's."""
    embedded = setup.models[Role.CODE].name == "local"
    return setup.settings.context_tokens if embedded else setup.options.context_tokens


def _dynamic(style: Style) -> Callable[[str, Setup], Agent]:
    def build(_argument: str, setup: Setup) -> Agent:
        options = setup.options
        strong, window = setup.models[Role.CODE].strong, window_of(setup)
        loop = LoopSettings(
            style=style,
            memory=options.memory,
            steps=options.steps,
            window=options.window,
            every=options.window,
            context_tokens=window,
            reply_tokens=min(4_000 if strong else 700, window // 4),
            small=not strong,
        )
        return Dynamic(setup.ledger, setup.lab, loop, setup.budget, options.honest, setup.model)

    return build


def _verified(argument: str, setup: Setup) -> Agent:
    """The candidates share the budget of the attempt, so that a verified agent costs no more than a plain one."""
    options, budget = setup.options, setup.budget
    count = options.candidates or 6
    by_model = options.verify is Verifying.MODEL
    parts = count + by_model
    share = Budget(
        tokens=budget.tokens and max(1, budget.tokens // parts),
        completion_tokens=budget.completion_tokens and max(1, budget.completion_tokens // parts),
        usd=budget.usd and budget.usd / parts,
        seconds=budget.seconds and budget.seconds / parts,
    )
    # An agent inside of it that draws versions itself draws few: the candidates are the versions here.
    own = {"candidates": 1, "steps": max(1, options.steps // parts)}
    inner = replace(setup, budget=share, options=options.model_copy(update=own))
    return Verified(choose(argument, inner), count, options.verify, setup.lab, replace(setup, budget=share).ledger)


def _external(argument: str, setup: Setup) -> Agent:
    from hakken.bench.agents.external import external

    return external(argument, setup)


KINDS: dict[str, Kind] = {
    "null": Kind(_null, "does nothing", model=False),
    "oracle": Kind(_oracle, "puts the removed functions back", model=False),
    "fixed": Kind(_fixed, "looks up, thinks, writes, runs, reports; mends nothing"),
    "mending": Kind(_mending, "writes several versions, runs and compares them, mends what fails"),
    "react": Kind(_dynamic(Style.REACT), "acts step by step with tools: a thought, then one action"),
    "planning": Kind(_dynamic(Style.PLANNING), "the same with a plan, revised every few steps"),
    "reflection": Kind(_dynamic(Style.REFLECTION), "the same with status and fact check in each step"),
    "verified": Kind(_verified, "lets another agent work several times and keeps one result", argument="AGENT"),
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
