"""Several attempts inside of one, and a choice among them without any expected value: by a model or by running."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import PositiveInt

from hakken.bench.agents.agreement import Trial, best, judge
from hakken.bench.agents.context import Retrieval
from hakken.bench.agents.types import Agent, AgentRun
from hakken.bench.experiments.lab import Lab
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.trees import copy_tree, walk
from hakken.core.errors import BudgetExceeded, ModelError, QuotaExceeded
from hakken.core.prompts import prompt
from hakken.core.types import Record, Usage
from hakken.models import Ledger
from hakken.models.conversation import fold_seed

_LONGEST = 6_000
"""Characters of one version in the prompt of a model that chooses."""


class Verifying(StrEnum):
    """Who chooses."""

    MODEL = "model"
    """A model, in one prompt, from the functions that were written."""
    EXECUTION = "execution"
    """Running them: what runs, and what most agree on."""


class Choice(Record):
    """What a model that chooses replies."""

    thought: str
    best: PositiveInt
    """Number of the version."""


@dataclass(frozen=True)
class Verified:
    """Lets another agent work several times and keeps one of its workspaces.

    Args:
        inner: The other agent; its budget is that of one candidate.
        count: Candidates.
        by: Who chooses.
        lab: Where candidates run.
        open_ledger: The account of the choosing model, by the seed of the attempt.
    """

    inner: Agent
    count: int
    by: Verifying
    lab: Lab
    open_ledger: Callable[[int], Ledger]

    @property
    def name(self) -> str:
        """Such as ``verified-execution-3:mending-c4-m3 (local)``."""
        return f"verified-{self.by.value}-{self.count}:{self.inner.name}"

    @property
    def model(self) -> str:
        """Of the other agent, for the record."""
        return str(getattr(self.inner, "model", ""))

    @property
    def retrieval(self) -> Retrieval | None:
        """Of the other agent, for the record; None where it has none."""
        found = getattr(self.inner, "retrieval", None)
        return found if isinstance(found, Retrieval) else None

    @property
    def candidates(self) -> int:
        """For the record."""
        return self.count

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Work several times in copies, and keep one."""
        with tempfile.TemporaryDirectory(prefix="hakken-candidates-", ignore_cleanup_errors=True) as name:
            copies = [Path(name).resolve() / str(index) / "workspace" for index in range(self.count)]
            runs = []
            for index, copy in enumerate(copies):
                copy_tree(workspace, copy, trusted=False)
                runs.append(self.inner.work(task, copy, fold_seed(seed, index) if index else seed))
            chosen, spent, why = self._choose(task, copies, seed)
            left_out = _take(task, copies[chosen], workspace)
        kept = f"candidate {chosen + 1} was kept, {why}"
        return _together(runs, chosen, spent, [kept, *(f"left out of what was kept: {line}" for line in left_out)])

    def _choose(self, task: TaskFolder, copies: Sequence[Path], seed: int) -> tuple[int, Usage, str]:
        if self.by is Verifying.EXECUTION:
            found = best([self._trial(task, copy) for copy in copies])
            return found or 0, Usage(), "by running them"
        return self._ask(task, copies, seed)

    def _trial(self, task: TaskFolder, copy: Path) -> Trial:
        outcomes = self.lab.run(task.jobs(copy))
        return judge(outcomes, [list(task.gold(e.name, None).metrics) for e in task.task.experiments])

    def _ask(self, task: TaskFolder, copies: Sequence[Path], seed: int) -> tuple[int, Usage, str]:
        """One prompt with every different version; the first candidate where no answer can be used."""
        codes = [_code(task, copy) for copy in copies]
        different = list(dict.fromkeys(code for code in codes if code))
        if len(different) < 2:
            return (codes.index(different[0]) if different else 0), Usage(), "there was nothing to choose from"
        stubs = [_function(task.visible_repo, f.file, f.name) for f in task.task.functions]
        asked = prompt("agents/verify", stubs=stubs, versions=[code[:_LONGEST] for code in different])
        count = len(different)

        def check(choice: Choice) -> str | None:
            return None if choice.best <= count else f"There are only {count} versions."

        ledger = self.open_ledger(seed)
        try:
            reply = ledger.ask(asked, Choice, check=check)
        except QuotaExceeded:
            raise
        except (ModelError, BudgetExceeded) as error:
            return codes.index(different[0]), ledger.used, f"no choice could be made: {error.message}"
        return codes.index(different[reply.value.best - 1]), reply.usage, "by a model"


def _code(task: TaskFolder, copy: Path) -> str:
    return "\n\n".join(_function(copy, f.file, f.name) for f in task.task.functions)


def _function(root: Path, file: str, name: str) -> str:
    """One function as it stands in a workspace; nothing where it cannot be read."""
    path = root / file
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        module = parse(path.read_bytes())
        return module.code_for_node(find(module, name).with_changes(leading_lines=())).strip()
    except (MaskError, OSError):
        return ""


def _take(task: TaskFolder, copy: Path, workspace: Path) -> tuple[str, ...]:
    """Make the workspace what the copy is; what was left out of it."""
    kept = {name for name, _ in walk(copy)}
    for name, _ in list(walk(workspace)):
        if name not in kept:
            (workspace / name).unlink()
    return copy_tree(copy, workspace, trusted=False, first=task.files, most_bytes=task.room)


def _together(runs: Sequence[AgentRun], chosen: int, spent: Usage, notes: Sequence[str]) -> AgentRun:
    """The chosen run, with what all of them did and cost."""
    run = runs[chosen]
    ends = [f"candidate {i + 1}: {r.ending.value} after {r.steps} steps" for i, r in enumerate(runs)]
    lines = [f"candidate {i + 1}: {line}" for i, r in enumerate(runs) for line in r.transcript]
    return run.model_copy(
        update={
            "steps": sum(r.steps for r in runs) + spent.calls,
            "prompt_tokens": sum(r.prompt_tokens for r in runs) + spent.prompt_tokens,
            "completion_tokens": sum(r.completion_tokens for r in runs) + spent.completion_tokens,
            "usd": sum(r.usd for r in runs) + spent.usd,
            "thinking_tokens": sum(r.thinking_tokens for r in runs),
            "transcript": (*ends, *notes, *lines),
        }
    )
