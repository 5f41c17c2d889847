"""The fixed pipeline of AutoExperiment: look up, think, write each function, run, report; nothing is mended.

The reasoning budget is a number of tokens that the model thinks before it writes code. A model that stops early is told
to wait and thinks on, a dozen times at most, until they are used up or its window is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hakken.agents.spending import since
from hakken.bench.agents.breaking import accounted
from hakken.bench.agents.context import Context, Retrieval, context_of, fill_prompt
from hakken.bench.agents.simple import report
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.agents.writing import function_grammar, problem_with, put
from hakken.bench.experiments.lab import Lab
from hakken.bench.masking.bodies import MaskError
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import FunctionRef
from hakken.core.errors import BudgetExceeded, MalformedReply, ModelRefused
from hakken.core.prompts import prompt
from hakken.core.types import Message, Usage
from hakken.models import Ledger

_LEAST_THINKING = 16
"""Tokens; fewer are not worth another call."""
_WAITS = 12
"""Times that a model is told to think on."""
WAIT = "Wait"
_END = 6_000
"""Characters of the thoughts that are shown where a model refuses all of them."""


@dataclass
class _Log:
    most_calls: int
    usage: Usage = field(default_factory=Usage)
    lines: list[str] = field(default_factory=list)
    thinking: int = 0


@dataclass(frozen=True)
class Pipeline:
    """Writes each missing function once, from what was looked up for it.

    Args:
        open_ledger: Opens the account of one attempt, by its seed; the model and the budget are in it.
        lab: Where experiments run.
        retrieval: What is looked up.
        think: Tokens of reasoning before each function's code; 0 writes at once.
        seconds: Wall seconds of an attempt.
        model: Name of the model, for the record.
        steps: Calls of an attempt, after which no question is begun; one that is under way is still repaired.
    """

    open_ledger: Callable[[int], Ledger]
    lab: Lab
    retrieval: Retrieval = Retrieval.BOTH
    think: int = 0
    seconds: float = 1800.0
    model: str = ""
    steps: int = 50

    @property
    def name(self) -> str:
        """Such as ``fixed-both``, or ``fixed-oracle-t2000 (openai:gpt-5)``."""
        thinking = f"-t{self.think}" if self.think else ""
        return f"fixed-{self.retrieval.value}{thinking}{f' ({self.model})' if self.model else ''}"

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Write, run, report."""
        ledger = self.open_ledger(seed)
        return accounted(ledger, lambda: self._worked(ledger, task, workspace))

    def _worked(self, ledger: Ledger, task: TaskFolder, workspace: Path) -> AgentRun:
        log = _Log(self.steps)
        ending = Ending.FINISHED
        try:
            for function in task.task.functions:
                if ledger.seconds > self.seconds:
                    ending = Ending.SECONDS
                    break
                self._write(ledger, workspace, function, log)
        except BudgetExceeded as error:
            ending = Ending.of_limit(error)
            log.lines.append(error.reason)
        reported = report(task, workspace, self.lab)
        log.lines.append("all experiments ran" if reported else "an experiment fails and is left out of the answer")
        return AgentRun(
            ending=ending,
            words=log.lines[-1],
            steps=log.usage.calls,
            prompt_tokens=log.usage.prompt_tokens,
            completion_tokens=log.usage.completion_tokens,
            usd=log.usage.usd,
            thinking_tokens=log.thinking,
            transcript=tuple(log.lines),
        )

    def _write(self, ledger: Ledger, workspace: Path, function: FunctionRef, log: _Log) -> None:
        """Write one function."""
        path = workspace / function.file
        masked = path.read_bytes()
        context = context_of(workspace, function, self.retrieval)
        thoughts = _think(ledger, context, self.think, log) if self.think else ""
        reply = _ask(ledger, context, thoughts, log)
        if reply is None:
            return
        try:
            path.write_bytes(put(masked, function.name, reply))
        except (MaskError, SyntaxError) as error:
            log.lines.append(f"{function.name}: refused: {error}")


def _think(ledger: Ledger, context: Context, budget: int, log: _Log) -> str:
    """Reasoning of so many tokens, forced where the model would end it before."""
    asked = prompt("agents/think", **context.model_dump(exclude={"name"}))
    messages, parts, used = asked.messages, list[str](), 0
    for round_ in range(_WAITS):
        left = budget - used
        if left < _LEAST_THINKING:
            break
        try:
            with _paid(ledger, log):
                reply = ledger.ask(asked.model_copy(update={"messages": messages}), str, max_tokens=left)
        except (MalformedReply, ModelRefused) as error:  # refused where the conversation is longer than the window
            log.lines.append(f"{context.name}: no usable thought: {error.message}")
            break
        used += max(1, reply.usage.completion_tokens)
        log.usage += reply.usage
        parts.append(reply.value)
        said = "\n".join(parts)
        more = (Message(role="assistant", content=said), Message(role="user", content=f"{WAIT}, think on."))
        messages = (*asked.messages, *more)
        log.lines.append(f"{context.name}: thought {round_ + 1}: {reply.usage.completion_tokens} tokens")
    log.thinking += used
    return f"\n{WAIT}. ".join(parts)


def _ask(ledger: Ledger, context: Context, thoughts: str, log: _Log) -> str | None:
    """The function, or None where no reply could be used; of thoughts that are too long for the model their end."""
    try:
        return _answer(ledger, context, thoughts, log)
    except ModelRefused:
        if len(thoughts) <= _END:
            raise
        log.lines.append(f"{context.name}: the end of the thoughts is shown, since the whole is refused")
        return _answer(ledger, context, thoughts[-_END:], log)


def _answer(ledger: Ledger, context: Context, thoughts: str, log: _Log) -> str | None:
    asked = fill_prompt(context, thoughts)
    try:
        with _paid(ledger, log):
            reply = ledger.ask(
                asked,
                str,
                check=lambda text: problem_with(text, context.name),
                grammar=None if thoughts else function_grammar(context.stub),
            )
    except MalformedReply as error:
        log.lines.append(f"{context.name}: no usable reply: {error.message}")
        return None
    log.usage += reply.usage
    return reply.value


@contextmanager
def _paid(ledger: Ledger, log: _Log) -> Iterator[None]:
    """Replies that could not be used were paid for: without an answer their cost is in the ledger alone.

    Raises:
        BudgetExceeded: no call is left for the question.
    """
    if log.usage.calls >= log.most_calls:
        raise BudgetExceeded("calls", log.usage.calls, log.most_calls)
    before = ledger.used
    try:
        yield
    except (MalformedReply, BudgetExceeded):
        log.usage += since(before, ledger.used)
        raise
