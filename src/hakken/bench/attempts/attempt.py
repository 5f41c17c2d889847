"""One attempt: an agent at one task with one seed, graded when no process of the agent is left.

An attempt is written down whole, as one file, when it is graded; the same command finds it again and goes on. One that
infrastructure ended is made again, and the file keeps what the earlier try was until it holds the later one. What an
agent did and left is written down before that, so that work which was finished is graded and never done again. Attempts
run side by side on any executor; only the caller's thread writes their files, and killing it loses work that was under
way and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import NonNegativeFloat

from hakken.bench.agents.types import Agent, AgentRun
from hakken.bench.attempts.again import EarlierTry, Retry, replaced, why_again
from hakken.bench.attempts.identity import this_code
from hakken.bench.attempts.records import Unread, read_record
from hakken.bench.attempts.unfinished import (
    Ungraded,
    Work,
    discard,
    find_work,
    gradable,
    make_work,
    place_of,
    rung_of,
    submission_of,
)
from hakken.bench.attempts.written import MOST_KEPT, files_graded, written
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import freeze, grade
from hakken.bench.grading.submission import Submission, answer_of
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.making import task_hash
from hakken.bench.trees import scratch
from hakken.bench.types import Score, Soundness, soundness
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Record, Rung, content_hash

LIMITS = ("budget", "steps", "window", "context", "judge", "command", "recipe", "parallel")
"""Settings that an agent's name does not say, and that its attempts must share."""
_NONE: Mapping[str, str] = {}


class Attempt(Record):
    """What one agent did at one task."""

    agent: str
    task: str
    task_hash: str
    source: str
    """Repository: attempts at tasks of one repository are not independent."""
    functions: tuple[str, ...]
    n: int
    mode: str
    gold_predictable: bool
    """Of the task: its graded values are some that an agent can see or know."""
    leaks: tuple[str, ...]
    """Of the task: where an agent finds what was taken out."""
    seed: int
    run: AgentRun
    score: Score
    rung: Rung
    """Of the weakest sandbox that the agent's code ran in, when it worked or when it was graded."""
    seconds: NonNegativeFloat
    """Wall seconds of the agent, grading aside; of a killed one also those that its remembered answers took."""
    settings: dict[str, str] = {}
    """What the agent was set to, such as its retrieval and its model."""
    written: dict[str, str] = {}
    """By function (``file:name``), what the agent wrote in the place of the masked one."""
    files: dict[str, str] = {}
    """By masked file, what was graded: those functions in it, with the helpers and imports that they use."""
    answer: str = ""
    """The reported answer as JSON; empty where there is none."""
    code: str = ""
    """Version and hash of the Hakken that made it; empty where it was made before that was recorded."""
    earlier: tuple[EarlierTry, ...] = ()
    """Tries that this one has replaced."""
    worked_on: str = ""
    """Hash of the version of the task that the agent saw, where what it wrote was graded again by another."""

    @property
    def measured(self) -> bool:
        """Whether it says something about its agent; where infrastructure failed it does not, whatever it scores."""
        return self.run.measured

    @property
    def passed(self) -> bool:
        """Right when run again in the pristine repository."""
        return self.score.passed

    @property
    def soundness(self) -> Soundness:
        """What the score is worth, by its task."""
        return soundness(self.gold_predictable, self.leaks)

    @property
    def isolated(self) -> bool:
        """Whether the agent's code was kept from files and network: else it may have read what it was graded by."""
        return self.rung is not Rung.RLIMITS

    @property
    def sandbox(self) -> str:
        """Where it ran, in words for reports."""
        return self.rung.value if self.isolated else f"{self.rung.value}, unisolated"


class Recipe(Protocol):
    """How an agent is made where its attempt runs: what travels to another process in the place of the agent."""

    @property
    def name(self) -> str:
        """The agent's name."""

    def open(self, lab: Lab, key: str) -> AbstractContextManager[Agent]:
        """Make the agent for the attempt of this name, and end what it holds open afterwards."""


@dataclass(frozen=True)
class Place:
    """What a worker elsewhere needs to make a laboratory of its own."""

    workers: int = 1
    rung: Rung | None = None
    allow_weak: bool = False


def attempt(
    agent: Agent, task: TaskFolder, seed: int, lab: Lab, kept: Path | None = None, limits: Mapping[str, str] = _NONE
) -> Attempt:
    """Let an agent work on a task, freeze what it leaves, and grade that.

    An agent that breaks down is recorded with the cause, and graded by what it left.

    Args:
        agent: Who works.
        task: What on.
        seed: Which of several attempts this is.
        lab: Where experiments run.
        kept: Where the work is written down before it is graded. What is there already is graded instead.
        limits: What the attempt is held to, in words.

    Raises:
        Ungraded: grading broke down, and the work is in ``kept``.
        Unread: there is work in ``kept`` that cannot be read.
        QuotaExceeded: the account of the model is empty or its key refused, which says nothing about the agent.
        PrerequisiteError, ConfigError, StoreError: no other attempt could be made either.
    """
    with scratch("hakken-attempt-") as own:
        place = kept or own / "done"
        work = find_work(place) or make_work(agent, task, seed, lab, place, limits)
        with gradable(task, seed, kept is not None):
            found = _graded(task, submission_of(place, work), work.run, lab)
    rung = max(found.rung, work.rung, key=list(Rung).index)
    code = work.code if work.code == found.code else f"{work.code}, graded by {found.code}"
    update = work.model_dump(include={"agent", "seed", "seconds", "settings"}) | {"rung": rung, "code": code}
    return found.model_copy(update=update)


def graded_attempt(task: TaskFolder, workspace: Path, frozen: Path, run: AgentRun, lab: Lab) -> Attempt:
    """Freeze a workspace that nothing runs in any more, grade it, and say whose it was later (``agent``, ``seed``).

    Args:
        task: What was worked on.
        workspace: What was left.
        frozen: Where the copy that is graded goes.
        run: What the agent did and said.
        lab: Where experiments run.
    """
    return _graded(task, freeze(workspace, frozen, task, run.words), run, lab)


def _graded(task: TaskFolder, submission: Submission, run: AgentRun, lab: Lab) -> Attempt:
    score = grade(task, submission, lab)
    answer = answer_of(submission)
    return Attempt(
        agent="",
        task=task.task.id,
        task_hash=task_hash(task),
        source=task.task.source,
        functions=tuple(map(str, task.task.functions)),
        n=task.task.n,
        mode=task.task.mode.value,
        gold_predictable=task.task.gold_predictable,
        leaks=task.task.leaks,
        seed=0,
        run=run,
        score=score,
        rung=rung_of(lab),
        seconds=0.0,
        written=written(submission, task),
        files=files_graded(submission, task),
        answer="" if answer is None else json.dumps(answer)[:MOST_KEPT],
        code=this_code(),
    )


def attempt_elsewhere(
    recipe: Recipe, task: TaskFolder, seed: int, place: Place, kept: Path, limits: Mapping[str, str] = _NONE
) -> Attempt:
    """The same for a worker that shares no memory with the caller: it makes the agent and the laboratory itself."""
    with ThreadPoolExecutor(place.workers) as runs:
        lab = Lab(runs, place.rung, place.allow_weak)
        with recipe.open(lab, kept.name) as agent:
            return attempt(agent, task, seed, lab, kept, limits)


def run_attempts(
    agent: Agent,
    tasks: Sequence[TaskFolder],
    seeds: Iterable[int],
    lab: Lab,
    folder: Path,
    on_done: Callable[[Attempt], None] | None = None,
    *,
    executor: Executor | None = None,
    limits: Mapping[str, str] | None = None,
    retry: Retry = Retry.INFRASTRUCTURE,
) -> list[Attempt]:
    """Make every attempt that the folder does not hold yet, and return all of them.

    Seeds come outermost, so that an early end leaves each task tried as often as the others.

    Args:
        agent: Who works. On an executor it works in several threads at once.
        tasks: What on.
        seeds: One attempt at each task for each.
        lab: Where experiments run and submissions are graded.
        folder: Where attempts are kept.
        on_done: Hears of every attempt, those first that were there already.
        executor: Threads for the attempts, others than those of the laboratory (which they wait for); without one
            they are made one after the other, in this thread.
        limits: What attempts are held to, in words, by ``LIMITS``: a part of their settings.
        retry: Which of those that are there are made again.

    Raises:
        UsageError: the folder holds such attempts that were made under other limits, or that cannot be read.
        Ungraded: some could not be graded, after all others were made; they are graded when this is called again.
    """
    held = dict(limits or {})
    wanted = _wanted(agent.name, tasks, seeds, folder)
    jobs = {path: (attempt, agent, task, seed, lab, place_of(path), held) for path, task, seed in wanted}
    return _record(jobs, executor, on_done, held, retry)


def run_recipe(
    recipe: Recipe,
    tasks: Sequence[TaskFolder],
    seeds: Iterable[int],
    place: Place,
    folder: Path,
    executor: Executor,
    on_done: Callable[[Attempt], None] | None = None,
    *,
    limits: Mapping[str, str] | None = None,
    retry: Retry = Retry.INFRASTRUCTURE,
) -> list[Attempt]:
    """The same on workers that share no memory with this process, such as those of Ray; they share its disk."""
    held = dict(limits or {})
    wanted = _wanted(recipe.name, tasks, seeds, folder)
    jobs = {path: (attempt_elsewhere, recipe, task, seed, place, place_of(path), held) for path, task, seed in wanted}
    return _record(jobs, executor, on_done, held, retry)


def load_attempts(folder: Path) -> list[Attempt]:
    """Every attempt in a folder, in the order of the names."""
    return read_attempts(folder)[0]


def read_attempts(folder: Path) -> tuple[list[Attempt], list[Path]]:
    """Every attempt in a folder, in the order of the names, and the JSON files that are none."""
    found, strange = [], []
    for path in sorted(folder.glob("*.json")):
        if path.name.startswith("."):
            continue  # a draft of a killed run: its attempt was not finished
        try:
            found.append(read_record(path, Attempt))
        except Unread:
            strange.append(path)
    return [done for done in found if done is not None], strange


def _record(
    jobs: dict[Path, tuple[Any, ...]],
    executor: Executor | None,
    on_done: Callable[[Attempt], None] | None,
    limits: Mapping[str, str],
    retry: Retry,
) -> list[Attempt]:
    """Do the jobs whose files are missing or made again, and write each file when its job has ended.

    Raises:
        Unread: a file or its work cannot be read; nothing was done.
    """
    done: dict[Path, Attempt] = {}
    late: list[Ungraded] = []
    code = this_code()  # before any work, so that it is of the files that this process has loaded
    there = {path: found for path in jobs if (found := read_record(path, Attempt)) is not None}
    again = {path: why for path, found in there.items() if (why := why_again(found, retry, code)) is not None}
    for path in jobs:
        work = find_work(place_of(path)) if path not in there or path in again else None
        if work is not None and path in again and work.run == there[path].run:
            discard(place_of(path))  # that of the try which is made again: its process died after it was written
            work = None
        if (begun := there.get(path) or work) is not None:
            _check_limits(begun, limits, path.parent)

    def keep(path: Path, found: Attempt) -> None:
        found = replaced(there[path], found, again[path]) if path in again else found
        write_text(path, found.model_dump_json(indent=2))
        heard(path, found)

    def heard(path: Path, found: Attempt) -> None:
        discard(place_of(path))
        done[path] = found
        if on_done is not None:
            on_done(found)

    for path, found in there.items():
        if path not in again:
            heard(path, found)
    missing = {path: job for path, job in jobs.items() if path not in done}
    if executor is None:
        for path, (work, *arguments) in missing.items():
            try:
                keep(path, work(*arguments))
            except Ungraded as error:
                late.append(error)
    else:
        late = _side_by_side(missing, executor, keep)
    if late:
        more = f" So could {len(late) - 1} more." if len(late) > 1 else ""
        raise Ungraded(f"{late[0].message}{more}", late[0].mend)
    return [done[path] for path in jobs]


def _check_limits(found: Attempt | Work, limits: Mapping[str, str], folder: Path) -> None:
    """An attempt under other limits is no attempt of this run; one without limits does not say any."""
    for what, now in limits.items():
        then = found.settings.get(what, now)
        if then != now:
            raise UsageError(
                f"{folder} holds attempts of {found.agent} with another {what} ({then}, and now {now}).",
                "Take another --out, or the same limits.",
            )


def _side_by_side(
    jobs: dict[Path, tuple[Any, ...]], executor: Executor, keep: Callable[[Path, Attempt], None]
) -> list[Ungraded]:
    """Do jobs on an executor; where one breaks down, what was under way is still kept. What could not be graded."""
    futures: dict[Future[Attempt], Path] = {executor.submit(*job): path for path, job in jobs.items()}
    kept: set[Future[Attempt]] = set()
    late: list[Ungraded] = []
    try:
        for future in as_completed(futures):
            try:
                found = future.result()
            except Ungraded as error:
                late.append(error)
                continue
            keep(futures[future], found)
            kept.add(future)
    except Exception:
        for future in futures:
            future.cancel()
        wait(futures)  # they are paid for
        raise
    finally:
        for future, path in futures.items():
            future.cancel()
            ended = future.done() and not future.cancelled() and future.exception() is None
            if ended and future not in kept:
                keep(path, future.result())
    return late


def _wanted(
    agent: str, tasks: Sequence[TaskFolder], seeds: Iterable[int], folder: Path
) -> list[tuple[Path, TaskFolder, int]]:
    hashed = [(task, task_hash(task)) for task in tasks]
    return [
        (folder / file_name(agent, task.task.id, hash_, seed), task, seed) for seed in seeds for task, hash_ in hashed
    ]


def file_name(agent: str, task: str, task_hash: str, seed: int) -> str:
    """A name that another agent, a changed task or another seed does not share."""
    key = content_hash({"agent": agent, "task": task_hash, "seed": seed}).removeprefix("sha256:")[:10]
    return f"{task}-s{seed}-{key}.json"
