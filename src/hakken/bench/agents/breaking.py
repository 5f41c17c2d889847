"""An agent that breaks down: what it spent until then counts, and here alone is decided whose failure it was.

Infrastructure is what fails through nothing that an agent did; such an attempt is not measured, and is made again. An
agent that fails would like to be tried again too: by a question that ends the model's server, by so many that the
provider refuses more, by a full disk. So neither its words nor the status of its program is believed. What failed must
fail again for us, with something that the agent has no part in and right after: a fixed question to the same model,
an empty command in a fresh sandbox. What stays in doubt counts against the agent.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from hakken.agents.spending import since
from hakken.bench.agents.accounts import Accounts, under_way
from hakken.bench.agents.types import AgentRun, Breakdown, Ending
from hakken.bench.experiments.lab import Lab
from hakken.bench.trees import scratch, walk
from hakken.core.errors import (
    Forbidden,
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
    SandboxError,
)
from hakken.core.types import Limits, Message, Model, Mount, Request, Usage
from hakken.execution import open_sandbox
from hakken.models import Ledger

_CHECKS = 3
"""Times that a model must answer, or a sandbox must open: what fails now and then shall be seen."""
_QUESTION = Request(
    messages=(Message(role="user", content="Say yes."),), purpose="bench/check", max_tokens=1, temperature=0.0
)
_PASSING = (ModelUnavailable, RateLimited, SandboxError)
"""What ends an attempt that has not begun. No time-out: a first question may be too long to be answered in time."""
_LIMITS = Limits(wall_seconds=60.0, cpu_seconds=60.0)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SPENT = (errno.EMFILE, errno.ENFILE)
RESOURCES = (*_FULL, *_SPENT, errno.ENOMEM)
"""Numbers of errors by which a machine says that it has no more of something."""
_MEMORY = 256 << 20
"""Bytes that a machine which still works can give."""


def accounted(ledger: Ledger, work: Callable[[], AgentRun]) -> AgentRun:
    """What ``work`` returns; where it breaks down, a failed run with the cause and with what was spent.

    Raises:
        QuotaExceeded: the account of the model is empty or its key refused, which says nothing about the agent.
    """
    before = ledger.used
    try:
        return work()
    except QuotaExceeded:
        raise
    except (ModelError, SandboxError) as error:
        return broken(error, since(before, ledger.used))


def broken(error: Exception, used: Usage) -> AgentRun:
    """What is known of an agent that broke down; the error is noted for whoever judges it."""
    under_way().errors.append(error)
    return AgentRun(
        ending=Ending.FAILED,
        words=_said(error),
        steps=used.calls,
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        usd=used.usd,
    )


def judged(run: AgentRun, accounts: Accounts, lab: Lab, workspace: Path) -> AgentRun:
    """The run with what broke down in it, if anything did, and whether that was infrastructure.

    Args:
        run: As its agent ended it.
        accounts: What was noted while it worked.
        lab: Where sandboxes are opened.
        workspace: What it left.

    Raises:
        QuotaExceeded: asked once more, the account of the model turns out to be empty.
    """
    for model, failed in accounts.unanswered:
        if failed.retry and (said := _silence(model)):
            return _with(run, failed, f"A question of our own was not answered either: {said}")
    error = accounts.errors[-1] if accounts.errors else next((e for _, e in accounts.unanswered), None)
    if run.ending is not Ending.FAILED:
        return run  # what it met on its way did not end it
    if not accounts.acted and not accounts.used.calls and isinstance(error, _PASSING):
        return _with(run, error, "Nothing of the agent had run.")
    if error is None or isinstance(error, SandboxError):
        said = _no_sandbox(lab)
        if said and not filled(workspace):
            return _with(run, error, f"An empty command could not be isolated either: {said}")
    return _with(run, error, "") if error is not None else run


def refused_alone(error: Forbidden, accounts: Accounts) -> ModelRefused | None:
    """What ended an attempt where the model answers us: what the agent asked was refused, and not the key."""
    model = next((model for model, failed in accounts.unanswered if failed is error), None)
    try:
        silent = model is None or _silence(model) != ""
    except QuotaExceeded:
        return None
    return None if silent else ModelRefused(error.message, "A question of our own was answered.")


def exhausted(error: BaseException, workspace: Path) -> bool:
    """Whether the machine has no disk, memory or files left for us, through nothing that lies in a workspace."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return not _spare_memory()
    if not isinstance(error, OSError):
        return False
    return error.errno in _SPENT or (error.errno in _FULL and not filled(workspace))


def filled(workspace: Path) -> bool:
    """Whether what lies in a workspace is why its disk is full: whoever wrote that wrote more than is left."""
    size = sum(info.st_size for _, info in walk(workspace, skip=frozenset(), left_out=[]))
    return size > shutil.disk_usage(workspace.parent).free  # itself it may have taken away


def _said(error: Exception) -> str:
    """An error's words as text that can be written down."""
    return str(error).encode("utf-8", "backslashreplace").decode("utf-8")


def _with(run: AgentRun, error: Exception | None, check: str) -> AgentRun:
    """A run with its breakdown, one of infrastructure where a check says so."""
    kind = "unknown" if error is None else type(error).__name__
    found = Breakdown(
        error=kind, message=run.words if error is None else _said(error), infrastructure=bool(check), check=check
    )
    return run.model_copy(update={"breakdown": found})


def _silence(model: Model) -> str:
    """Why a model answers nobody; empty where it answers us.

    Where a question of the agent keeps it busy, ours may come too late: that proves something the second time.
    """
    late = False
    for _ in range(_CHECKS):
        try:
            model.generate(_QUESTION)
            late = False
        except QuotaExceeded:
            raise
        except ModelTimeout as error:
            if late:
                return error.message
            late = True
        except ModelError as error:
            return error.message if error.retry else ""
    return ""


def _no_sandbox(lab: Lab) -> str:
    """Why no command can be isolated now; empty where an empty one can."""
    try:
        for _ in range(_CHECKS):
            with scratch("hakken-check-") as place:
                work = place / "work"
                work.mkdir()
                with open_sandbox(
                    mounts=[Mount(path=work, writable=True)],
                    limits=_LIMITS,
                    workdir=work,
                    rung=lab.rung,
                    allow_weak=lab.allow_weak,
                ) as box:
                    result = box.exec(["true"], stdout=place / "stdout", stderr=place / "stderr")
                if not result.ok:
                    return f"it ended with {result.exit_code if result.signal is None else f'signal {result.signal}'}."
    except (SandboxError, OSError) as error:
        return str(error)
    return ""


def _spare_memory() -> bool:
    try:
        bytearray(_MEMORY)
    except MemoryError:
        return False
    return True
