"""The loop of an agent: think, act, look, until it answers, a limit is met or it is stuck for the second time.

Every reply comes through the ledger, so that a loop that was killed goes on for nothing: the same task asks the same
questions, and they are answered from the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hakken.agents.memory import shown_step, tokens, view
from hakken.agents.spending import since
from hakken.agents.stepping import Pieces, Step, Stepper, Whole
from hakken.agents.stuck import NUDGES, stuck
from hakken.agents.tools.base import Action, Observation, Toolbox, name_of
from hakken.agents.types import LoopSettings, Memory, Pattern, Stop, Style, Trajectory, Turn
from hakken.core.errors import (
    BudgetExceeded,
    ConfigError,
    MalformedReply,
    ModelError,
    ModelRefused,
    QuotaExceeded,
    SandboxError,
)
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import Budget, Usage
from hakken.models import Ledger

_MARGIN = 300
"""Tokens of a schema and of a chat template, kept free."""
_SHORTER = 0.6
"""Share of the window that is used after a server found a prompt too long."""
_LEAST_ROOM = 500
"""Tokens for what is shown: no question is cut further."""
_WORDS_OF_LENGTH = ("too long", "context", "maximum length", "too many tokens", "exceed")
LAST = "This is the last step: finish now, with what was measured."


@dataclass
class _State:
    turns: list[Turn] = field(default_factory=list)
    plan: str = ""
    summary: str = ""
    summed: int = 0
    nudge: str = ""
    since: int = 0
    """Steps before it were looked at for patterns, and answered."""
    patterns: list[Pattern] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    scale: float = 1.0
    news: dict[str, str] = field(default_factory=dict)
    """Plan and summary that were made before the present step, for its record."""


class Loop:
    """One attempt.

    Args:
        task: What is to be done, in words.
        tools: What may be used; one of them is ``finish``.
        ledger: The account of the attempt.
        settings: How the loop runs.
        budget: Its limits of tokens and US$ count answers from the record like new ones, so that a resumed attempt
            ends where the first would have; the ledger enforces what is spent now, and the time.
        on_turn: Hears of each step.

    Raises:
        ConfigError: the task does not fit into the window of the model.
    """

    def __init__(
        self,
        task: str,
        tools: Toolbox,
        ledger: Ledger,
        settings: LoopSettings,
        budget: Budget | None = None,
        on_turn: Callable[[Turn], None] = lambda _: None,
    ) -> None:
        self._task, self._tools, self._ledger, self._settings = task, tools, ledger, settings
        self._budget, self._on_turn = budget or Budget(), on_turn
        self._stepper: Stepper = Pieces() if settings.small else Whole(settings)
        shown = prompt(
            "agents/step" if settings.small else "agents/act",
            tools=tools.describe(),
            task=task,
            **({} if settings.small else {"style": settings.style.value}),
        )
        self._base = shown
        self._state = _State()
        if tokens(shown.messages) > self._room:
            raise ConfigError(
                f"The task and the tools take about {tokens(shown.messages):,} tokens, and of a window of "
                f"{settings.context_tokens:,} are {self._room:,} left for what is shown.",
                "Take a model with a larger window, or give it one: --context-tokens, or models.context_tokens for the "
                "embedded one.",
            )

    def run(self) -> Trajectory:
        """Work to the end; a reply that cannot be used is a step without action.

        Where the model cannot be reached or refuses, or a command cannot be isolated, the steps until then are the
        trajectory, and ``why`` is the cause.

        Raises:
            QuotaExceeded: the account of the model is empty or its key refused: nothing can be tried further.
        """
        state, stop, why = self._state, Stop.STEPS, "The steps were used up."
        try:
            for index in range(self._settings.steps):
                self._charge()
                turn, finished = self._turn(index)
                state.turns.append(turn)
                self._on_turn(turn)
                if finished:
                    stop, why = Stop.FINISHED, ""
                    break
                if pattern := self._look():
                    stop, why = Stop.STUCK, f"Stuck for the second time: {pattern.value}."
                    break
        except BudgetExceeded as error:
            stop = Stop.SECONDS if error.kind == "seconds" else Stop.TOKENS
            why = error.reason
        except QuotaExceeded:
            raise
        except (ModelError, SandboxError) as error:
            stop, why = Stop.FAILED, str(error)
        return Trajectory(
            settings=self._settings,
            turns=tuple(state.turns),
            patterns=tuple(state.patterns),
            stop=stop,
            why=why,
            usage=state.usage,
        )

    def _turn(self, index: int) -> tuple[Turn, bool]:
        state, last = self._state, index == self._settings.steps - 1 or self._nearly_over()
        self._prepare(index)
        nudge, state.nudge = state.nudge, ""
        types = [t for t in self._tools.types if not last or name_of(t) == "finish"]
        found, overflow = self._ask(types, self._tail(index, nudge, last))
        made, state.news = state.news, {}
        if isinstance(found, str):
            return Turn(index=index, observation=found, failed=True, nudge=nudge, overflow=overflow, **made), False
        state.usage += found.usage
        given = {"index": index, "thought": found.thought, "usage": found.usage, "calls": found.calls, "nudge": nudge}
        if found.action is None:
            return Turn(**given, observation="The arguments do not fit the tool.", failed=True, **made), False
        seen = self._tools.use(found.action)
        return Turn(**given, **_acted(found.action, seen), overflow=overflow, **made), seen.finished

    def _ask(self, types: list[type[Action]], tail: str) -> tuple[Step | str, bool]:
        """The next step, or why there is none; and whether what was to be shown did not fit."""
        state, overflow = self._state, False
        while True:
            asked, cut = self._prompt(tail)
            overflow = overflow or cut
            try:
                with self._paid():
                    return self._stepper.ask(self._ledger, asked, types), overflow
            except ModelError as error:
                if isinstance(error, MalformedReply):
                    return f"No usable reply: {error.message}", overflow
                if not isinstance(error, ModelRefused):
                    raise
                if self._room <= _LEAST_ROOM or not any(word in str(error).lower() for word in _WORDS_OF_LENGTH):
                    raise
                state.scale, overflow = state.scale * _SHORTER, True

    def _prompt(self, tail: str) -> tuple[Prompt, bool]:
        """The question, cut to the window of the model."""
        settings, state = self._settings, self._state
        seen = view(self._base.messages, state.turns, tail, settings.memory, settings.window, state.summary, self._room)
        shown = self._base.model_copy(update={"messages": seen.messages})
        # Older steps may always go: they never come back. A step that is too long by itself is what can be mended.
        return shown, seen.cut

    @property
    def _room(self) -> int:
        """Tokens for what is shown."""
        settings = self._settings
        free = int(settings.context_tokens * self._state.scale) - settings.reply_tokens - _MARGIN
        return max(_LEAST_ROOM, free)

    def _tail(self, index: int, nudge: str, last: bool) -> str:
        settings, state = self._settings, self._state
        parts = [f"Plan:\n{state.plan}" if state.plan else "", nudge]
        count = f"Step {index + 1} of {settings.steps}."
        parts.append(f"{count} {LAST}" if last else f"{count} Think about what to do next, and do one thing.")
        return "\n\n".join(part for part in parts if part)

    def _prepare(self, index: int) -> None:
        """Plan and sum up where it is time to."""
        settings, state = self._settings, self._state
        recent = "\n\n".join(_brief(turn) for turn in state.turns[-settings.every :])
        if settings.style is Style.PLANNING and index % settings.every == 0:
            asked = prompt(
                "agents/plan", tools=", ".join(self._tools.names), task=self._task, plan=state.plan, done=recent
            )
            state.plan = state.news["plan"] = self._write(asked) or state.plan
        if settings.memory is Memory.SUMMARY and len(state.turns) - state.summed >= settings.every:
            done = "\n\n".join(_brief(turn) for turn in state.turns[state.summed :])
            state.summary = self._write(prompt("agents/summarise", summary=state.summary, done=done)) or state.summary
            state.summed, state.news["summary"] = len(state.turns), state.summary

    def _write(self, asked: Prompt) -> str:
        """A text, or nothing where no reply could be used: a plan is a help and no condition."""
        try:
            with self._paid():
                reply = self._ledger.ask(asked, str)
        except MalformedReply:
            return ""
        self._state.usage += reply.usage
        return reply.value

    @contextmanager
    def _paid(self) -> Iterator[None]:
        """Count replies that led to nothing: without an answer their cost is in the ledger alone."""
        before = self._ledger.used
        try:
            yield
        except (ModelError, BudgetExceeded):
            self._state.usage += since(before, self._ledger.used)
            raise

    def _look(self) -> Pattern | None:
        """A pattern that has been answered before, which ends the attempt; a new one is answered."""
        state = self._state
        pattern = stuck(state.turns[state.since :])
        if pattern is None:
            return None
        known = pattern in state.patterns
        state.patterns.append(pattern)
        state.nudge, state.since = NUDGES[pattern], len(state.turns)
        return pattern if known else None

    def _charge(self) -> None:
        """End where the limits are met, answers from the record counted like new ones."""
        used, budget = self._state.usage, self._budget
        if budget.tokens is not None and used.tokens >= budget.tokens:
            raise BudgetExceeded("tokens", used.tokens, budget.tokens)
        if budget.usd is not None and used.usd >= budget.usd:
            raise BudgetExceeded("US$", used.usd, budget.usd)
        if late := self._ledger.too_late():
            raise late

    def _nearly_over(self) -> bool:
        """Whether no more than this step can be paid for, judged by the last one."""
        used, budget, turns = self._state.usage, self._budget, self._state.turns
        if not turns:
            return False
        next_two = 2.2 * turns[-1].usage.tokens
        dear = 2.2 * turns[-1].usage.usd
        return (budget.tokens is not None and used.tokens + next_two > budget.tokens) or (
            budget.usd is not None and dear > 0 and used.usd + dear > budget.usd
        )


def run_loop(
    task: str,
    tools: Toolbox,
    ledger: Ledger,
    settings: LoopSettings,
    budget: Budget | None = None,
    on_turn: Callable[[Turn], None] = lambda _: None,
) -> Trajectory:
    """Work on a task to the end; see ``Loop``."""
    return Loop(task, tools, ledger, settings, budget, on_turn).run()


def _acted(action: Action, seen: Observation) -> dict[str, object]:
    arguments = action.model_dump(mode="json", exclude={"tool"})
    return {
        "tool": name_of(type(action)),
        "arguments": arguments,
        "observation": seen.text,
        "failed": seen.failed,
        "refused_edit": seen.refused_edit,
    }


def _brief(turn: Turn) -> str:
    """A step for a plan or a summary: the ends of what was seen are enough."""
    seen = turn.observation
    return shown_step(turn, seen if len(seen) <= 800 else f"{seen[:400]}\n[…]\n{seen[-400:]}")
