"""The agent that acts step by step with tools: it decides itself what to look at, to write and to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hakken.agents import LoopSettings, Stop, Trajectory, run_loop
from hakken.agents.tools import EditHistory, Finish, Place, Shell, Tool, Toolbox, editor_tools, reader_tools
from hakken.agents.tools.notes import Notebook, note_tools
from hakken.bench.agents.breaking import accounted
from hakken.bench.agents.simple import report, write_answer
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import limits_of, with_room
from hakken.bench.tasks.folder import COMMANDS, EXPERIMENTS, PAPER, TaskFolder
from hakken.core.text import shortened
from hakken.core.types import Budget, Limits
from hakken.models import Ledger

_COMMAND_SECONDS = 1_200.0
_OBSERVED = 10_000
"""Characters of an observation; a small model is shown a sixth."""
_SMALL_TOOLS = ("read", "search", "rewrite", "shell", "finish")
"""For a small model: fewer tools, fewer mistakes."""


@dataclass(frozen=True)
class Dynamic:
    """A loop of thoughts and actions on a task's workspace.

    Args:
        open_ledger: Opens the account of one attempt, by its seed.
        lab: Where experiments run when the report is honest.
        loop: Style, memory, steps and the window of the model.
        budget: Of an attempt.
        honest: Whether the answer is what the experiments write when they are run at the end, and not what the agent
            says they did.
        model: Name of the model, for the record.
    """

    open_ledger: Callable[[int], Ledger]
    lab: Lab
    loop: LoopSettings = field(default_factory=LoopSettings)
    budget: Budget = field(default_factory=Budget)
    honest: bool = False
    model: str = ""

    @property
    def name(self) -> str:
        """Such as ``react-full (openai:gpt-5)`` or ``planning-window-50-honest (local)``."""
        loop = self.loop
        parts = [loop.style.value, loop.memory.value, *([str(loop.steps)] if loop.steps != 50 else [])]
        parts += ["small"] if loop.small else []
        parts += ["honest"] if self.honest else []
        return f"{'-'.join(parts)}{f' ({self.model})' if self.model else ''}"

    @property
    def prompting(self) -> str:
        """Style of the loop, for the record."""
        return self.loop.style.value

    @property
    def memory(self) -> str:
        """What it is shown of its steps, for the record."""
        return self.loop.memory.value

    @property
    def max_steps(self) -> int:
        """Limit of steps, for the record."""
        return self.loop.steps

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Work until it answers or a limit is met."""
        ledger = self.open_ledger(seed)
        return accounted(ledger, lambda: self._worked(ledger, task, workspace, seed))

    def _worked(self, ledger: Ledger, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        most = self.budget.seconds or 1800.0
        answer = _Answer(task, workspace, self.lab, self.honest)
        tools = self._tools(task, workspace, answer, lambda: most - ledger.seconds)
        done = run_loop(_task_text(task, self.loop.small), tools, ledger, self.loop, self.budget)
        who = {"agent": self.name, "task": task.task.id, "seed": seed, "model": self.model}
        done = done.model_copy(update=who)
        if self.honest and not answer.given:
            answer.report()
        return _run(done, answer.words)

    def _tools(self, task: TaskFolder, workspace: Path, answer: _Answer, left: Callable[[], float]) -> Toolbox:
        place, small = Place(workspace), self.loop.small
        longest = _OBSERVED // 6 if small else _OBSERVED
        limits = Limits(wall_seconds=_COMMAND_SECONDS, cpu_seconds=_COMMAND_SECONDS)
        limits = with_room(limits, task.task.experiments)
        tools: list[Tool] = [
            Shell(place, limits, self.lab.rung, self.lab.allow_weak, left, longest),
            *reader_tools(place, 60 if small else 200),
            *editor_tools(EditHistory(place)),
            *note_tools(Notebook()),
            Finish(answer.take),
        ]
        kept = [t for t in tools if not small or t.arguments.model_fields["tool"].default in _SMALL_TOOLS]
        return Toolbox(kept, longest)


class _Answer:
    """What the agent hands over, written where the task wants it."""

    def __init__(self, task: TaskFolder, workspace: Path, lab: Lab, honest: bool) -> None:
        self._task, self._workspace, self._lab, self._honest = task, workspace, lab, honest
        self._warned = False
        self.given, self.words = False, ""

    def take(self, answer: dict[str, Any], words: str) -> str | None:
        """Write it down, or say once what is missing."""
        self.words = words
        missing = [e.name for e in self._task.task.experiments if e.name not in answer]
        if self._honest:
            missing = [] if self.report() else ["an experiment that fails when it is run"]
        else:
            write_answer(self._workspace, answer)  # at once: there may be no further step to finish in
        if missing and not self._warned:
            self._warned = True
            return f"The answer lacks {', '.join(missing)}. Mend that, or finish again to leave it out."
        self.given = True
        return None

    def report(self) -> bool:
        """Run the experiments and write what they give; whether all of them ran."""
        return report(self._task, self._workspace, self._lab)


def _task_text(task: TaskFolder, small: bool) -> str:
    """The instruction as it is, or for a small model what it needs of it; and the limits that grading has."""
    each = ", ".join(f"{limits_of(e).cpu_seconds:g} s for {e.name}" for e in task.task.experiments)
    limits = f"When your work is checked, an experiment is ended that takes more CPU time than this: {each}."
    if not small:
        return f"{(task.root / 'instruction.md').read_text(encoding='utf-8').rstrip()}\n\n{limits}\n"
    functions = "\n".join(f"- {f.name} in {f.file}" for f in task.task.functions)
    return (
        f"These functions raise NotImplementedError and must be written, as their docstrings say:\n{functions}\n\n"
        f"First read the file, then rewrite the function, then run `bash {COMMANDS}`; mend what fails. "
        f"`{PAPER}` is the paper, `{EXPERIMENTS}` the form of the answer. When all runs, finish with these numbers. "
        f"{limits}"
    )


def _run(done: Trajectory, words: str) -> AgentRun:
    acted = [f"{turn.index + 1} {turn.tool or '-'}: {_first(turn.observation)}" for turn in done.turns]
    return AgentRun(
        ending=Ending(done.stop.value) if done.stop is not Stop.FINISHED else Ending.FINISHED,
        words=words or done.why,
        steps=len(done.turns),
        prompt_tokens=done.usage.prompt_tokens,
        completion_tokens=done.usage.completion_tokens,
        usd=done.usage.usd,
        transcript=tuple(acted),
        trajectory=done,
    )


def _first(text: str) -> str:
    return shortened(text.strip().partition("\n")[0], 160)
