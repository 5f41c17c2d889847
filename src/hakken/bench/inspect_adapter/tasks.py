"""Folders of tasks, and suites, as tasks of inspect-ai; graded as everywhere else."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from inspect_ai import Task, task
from inspect_ai.agent import react
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState
from inspect_ai.tool import bash, python
from inspect_ai.util import sandbox

from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts.attempt import graded_attempt
from hakken.bench.experiments.kept import tree_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.inspect_adapter.blank import BLANK, blank_attempt
from hakken.bench.inspect_adapter.sandbox import TASK, HakkenSandbox
from hakken.bench.reports.measures import COUNTS
from hakken.bench.tasks.folder import TaskFolder, load_task, load_tasks
from hakken.bench.tasks.making import make_tasks, prove, write
from hakken.bench.tasks.suite import load_suite
from hakken.bench.trees import walk
from hakken.bench.types import CONTRACT_VERSION, MaskMode, Source
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import content_hash

_COMMAND = 180
"""Seconds of one command of the agent."""


@task
def tasks(folder: str, n: int | None = None) -> Task:
    """The tasks in a folder that ``hakken bench make`` wrote; ``n`` takes those with so many masked functions.

    The default agent is inspect-ai's own ReAct with a shell and Python; its budget is that of AutoExperiment: 50 steps
    and 30 minutes. Run several attempts with ``--epochs``.
    """
    return _task([t for t in load_tasks(Path(folder)) if n is None or t.task.n == n], folder)


@task
def suite(
    name: str = "small",
    n: int = 1,
    each: int = 4,
    repository: str | None = None,
    mode: str = MaskMode.DOCSTRING.value,
    out: str = "hakken-tasks",
) -> Task:
    """A suite that ships: at most ``each`` tasks of every repository, or of one, made in ``out`` where they are not.

    Each choice of ``n``, ``each`` and ``mode`` has a folder of its own, and a repository whose tasks were not all
    written is made again.
    """
    chosen = [s for s in load_suite(name) if repository in (None, s.name)]
    if not chosen:
        known = ", ".join(s.name for s in load_suite(name))
        raise UsageError(f"The suite {name} has no repository {repository!r}.", f"It has {known}.")
    if mode not in {m.value for m in MaskMode}:
        raise UsageError(f"There is no mode {mode!r}.", f"Take one of {', '.join(m.value for m in MaskMode)}.")
    folder = (Path(out) / f"{Path(name).name}-n{n}-each{each}-{mode}").absolute()
    with ThreadPoolExecutor(2) as executor:
        made = [i for source in chosen for i in _made(source, folder, n, each, MaskMode(mode), Lab(executor))]
    return _task([load_task(folder / i) for i in made], str(folder))


def _made(source: Source, folder: Path, n: int, each: int, mode: MaskMode, lab: Lab) -> list[str]:
    """The names of a repository's tasks. A mark says that all are there, and of which state of the repository."""
    mark = folder / f".{source.name}.json"
    told = source.model_dump(mode="json", exclude={"root", "paper"})
    paper = source.paper.read_text(encoding="utf-8") if source.paper else ""
    state = content_hash([CONTRACT_VERSION, told, paper, tree_of(source.root)])
    if mark.is_file():
        known = json.loads(mark.read_text(encoding="utf-8"))
        if known["state"] == state and all((folder / name).is_dir() for name in known["tasks"]):
            return [str(name) for name in known["tasks"]]
    proved = prove(source, lab)
    made = make_tasks(proved, [n], mode=mode, limit=each)
    for task_ in made:
        write(task_, proved, folder)
    names = [task_.id for task_ in made]
    write_text(mark, json.dumps({"state": state, "tasks": names}) + "\n")
    return names


def _task(found: list[TaskFolder], folder: str) -> Task:
    if not found:
        raise UsageError(f"There are no such tasks in {folder}.", "Make some: `hakken bench make REPO --command …`.")
    return Task(
        dataset=MemoryDataset([_sample(t) for t in found], name=Path(folder).name),
        solver=react(tools=[bash(timeout=_COMMAND), python(timeout=_COMMAND)]),
        scorer=graded(),
        sandbox="hakken",
        turn_limit=50,
        time_limit=1_800,
        version=CONTRACT_VERSION,
    )


@scorer(metrics={"*": [mean(), stderr(cluster="source")]})
def graded() -> Scorer:
    """Our verdicts and marks, 1 or 0 each; the headline is ``passed``. The whole attempt is in the metadata."""

    async def score(state: TaskState, target: Target) -> Score:
        environment = sandbox().as_type(HakkenSandbox)
        job = partial(_grade, Path(state.metadata[TASK]), environment.workspace, state.output.completion)
        attempt = await anyio.to_thread.run_sync(job)
        reasons = [f"{rule}: {v.reason}" for rule, v in attempt.score.verdicts.items() if v.reason]
        return Score(
            value={name: int(happened(attempt)) for name, happened in COUNTS.items()},
            answer=attempt.answer,
            explanation="\n".join(reasons) or "right by every rule",
            metadata={"attempt": json.loads(attempt.model_dump_json())},
        )

    return score


def _grade(folder: Path, workspace: Path, words: str) -> Any:
    with tempfile.TemporaryDirectory(prefix="hakken-grade-") as name, ThreadPoolExecutor(2) as executor:
        run = AgentRun(ending=Ending.FINISHED, words=words)  # the log says more, once it is whole
        return graded_attempt(load_task(folder), workspace, Path(name).resolve() / "frozen", run, Lab(executor))


def _sample(found: TaskFolder) -> Sample:
    repo = found.visible_repo
    return Sample(
        id=found.task.id,
        input=(found.root / "instruction.md").read_text(encoding="utf-8"),
        files={str(name): str(repo / name) for name, _ in walk(repo)},
        metadata={
            TASK: str(found.root),
            "source": found.task.source,
            "n": found.task.n,
            BLANK: {"attempt": blank_attempt(found)},
        },
    )
