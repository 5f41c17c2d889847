"""Work that is done and not graded yet: written down whole before it is graded, so that nothing can lose it.

An agent's hour is worth more than a minute of grading, and a shell does not do the same thing twice. So what an agent
did and left is a folder of its own, beside the attempts; it goes when the attempt is written.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import NonNegativeFloat

from hakken.bench.agents.accounts import Accounts
from hakken.bench.agents.breaking import RESOURCES, broken, exhausted, filled, judged, refused_alone
from hakken.bench.agents.types import Agent, AgentRun
from hakken.bench.attempts.identity import this_code
from hakken.bench.attempts.records import read_record
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import Submission, freeze
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.trees import copy_tree, scratch
from hakken.core.errors import ConfigError, Forbidden, HakkenError, PrerequisiteError, QuotaExceeded, StoreError
from hakken.core.files import draft_folder, write_text
from hakken.core.types import Record, Rung
from hakken.execution import chosen_rung

FOLDER = "unfinished"
SETTINGS = ("retrieval", "model", "think", "memory", "prompting", "candidates", "mends", "max_steps")
"""Attributes of an agent that the record keeps, where it has them, so that reports can be split by them."""
FOR_ALL = (QuotaExceeded, PrerequisiteError, ConfigError, StoreError)
"""Errors that say nothing about the agent: the next attempt would meet them too."""
_OWN = (
    *(HakkenError, OSError, MemoryError),
    *(ArithmeticError, AttributeError, LookupError, RecursionError, SyntaxError, TypeError, ValueError),
)
"""What the words and files of one agent can raise, such as bytes that are no text, or a folder where a file was.

Other errors are nobody's, such as those of workers that were shut down: the attempt begins anew.
"""
_FILE, _WORKSPACE = "work.json", "workspace"
_UNCOPIED = tuple(f"cannot be copied ({os.strerror(code)})" for code in (errno.ENOSPC, errno.EDQUOT))
"""How a freeze names a file that the disk had no room for."""


class Ungraded(HakkenError):
    """Work that could not be graded now; it is kept."""


class Work(Record):
    """What an agent did, beside the workspace that it left."""

    agent: str
    seed: int
    run: AgentRun
    seconds: NonNegativeFloat
    settings: dict[str, str]
    rung: Rung
    """Of the sandbox that it worked in."""
    left_out: tuple[str, ...] = ()
    """Of the workspace, when it was frozen."""
    code: str = ""
    """That of Hakken which let it work."""


def place_of(attempt: Path) -> Path:
    """Where the work of an attempt lies until the attempt is written to this file."""
    return attempt.absolute().parent / FOLDER / attempt.stem


def make_work(agent: Agent, task: TaskFolder, seed: int, lab: Lab, place: Path, limits: Mapping[str, str]) -> Work:
    """Let an agent work, and write down what it did and left; one that breaks down is recorded with the cause.

    Args:
        agent: Who works.
        task: What on.
        seed: Which of several attempts this is.
        lab: Where experiments run.
        place: Where the work is kept.
        limits: What it is held to, in words.

    Raises:
        QuotaExceeded, PrerequisiteError, ConfigError, StoreError: no other attempt could be made either.
    """
    rung, accounts = rung_of(lab), Accounts()
    with scratch("hakken-attempt-") as own:
        workspace = own / "workspace"
        copy_tree(task.visible_repo, workspace)
        started = time.monotonic()
        with accounts.noted(), _room():
            run = _worked(agent, task, workspace, seed, accounts)
            seconds = time.monotonic() - started + accounts.remembered_seconds
            run = judged(run, accounts, lab, workspace)
            settings = {key: str(value) for key in SETTINGS if (value := getattr(agent, key, None)) is not None}
            done = Work(
                agent=agent.name,
                seed=seed,
                run=run,
                seconds=seconds,
                settings=settings | dict(limits),
                rung=rung,
                code=this_code(),
            )
            return _keep(place, workspace, task, done)


def _worked(agent: Agent, task: TaskFolder, workspace: Path, seed: int, accounts: Accounts) -> AgentRun:
    """What an agent did; the boundary at which everything that ends it is its own affair, or that of all."""
    try:
        return agent.work(task, workspace, seed)
    except Forbidden as error:
        refused = refused_alone(error, accounts)
        if refused is None:
            raise
        return broken(refused, accounts.used)
    except FOR_ALL:
        raise
    except _OWN as error:
        if exhausted(error, workspace):
            raise
        return broken(error, accounts.used)


@contextmanager
def gradable(task: TaskFolder, seed: int, kept: bool) -> Iterator[None]:
    """Name the attempt whose grading broke down, be it by a mistake of ours: the others go on.

    Args:
        task: What was worked on.
        seed: Which attempt it is.
        kept: Whether its work is kept. Where it is not, the error stays as it is.

    Raises:
        Ungraded: it cannot be graded now.
        QuotaExceeded, PrerequisiteError, ConfigError, StoreError: no other attempt could be graded either.
    """
    try:
        with _room():
            yield
    except FOR_ALL:
        raise
    except _OWN as error:
        if not kept:
            raise
        why, mend = f"a mistake in Hakken, {type(error).__name__}: {error}", ""
        if isinstance(error, HakkenError):
            why, mend = error.message, error.mend
        raise Ungraded(
            f"{task.task.id} #{seed} could not be graded: {why}",
            f"Its work is kept, and the same command grades it. {mend}".strip(),
        ) from error


@contextmanager
def _room() -> Iterator[None]:
    """Say in one sentence that this machine is full, so that no attempt can be written down.

    Raises:
        StoreError: it has no disk, memory or open files left.
    """
    try:
        yield
    except (OSError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno not in RESOURCES:
            raise
        why = error.strerror if isinstance(error, OSError) else "no memory is left"
        raise StoreError(f"An attempt cannot go on: {why}.", "Make room; the same command goes on.") from error


def rung_of(lab: Lab) -> Rung:
    """The sandbox that a laboratory's runs are in.

    Raises:
        SandboxError: there is none on this machine.
    """
    return chosen_rung(lab.rung, allow_weak=lab.allow_weak).rung


def _keep(place: Path, workspace: Path, task: TaskFolder, work: Work) -> Work:
    """Freeze a workspace that nothing runs in any more, with what its agent did; whole or not there."""
    with draft_folder(place) as draft:
        left_out = freeze(workspace, draft / _WORKSPACE, task).left_out
        if any(line.endswith(_UNCOPIED) for line in left_out) and not filled(workspace):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        work = work.model_copy(update={"left_out": left_out})
        write_text(draft / _FILE, work.model_dump_json())
    return work


def find_work(place: Path) -> Work | None:
    """What was kept there, if anything was.

    Raises:
        Unread: something was, and cannot be read.
    """
    return read_record(place / _FILE, Work)


def submission_of(place: Path, work: Work) -> Submission:
    """The frozen workspace, to be graded."""
    return Submission(root=place / _WORKSPACE, left_out=work.left_out, words=work.run.words)


def discard(place: Path) -> None:
    """The attempt is written: its work is not needed any more."""
    shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):  # others are in it, or it is not there
        place.parent.rmdir()
