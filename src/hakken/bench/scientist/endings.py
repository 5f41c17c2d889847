"""How a run ended, by its record, and whether that says anything about its model.

What an outage, an empty account or this machine ended is measured in no run: counted, it would say how often a server
was down. Such a run is not over, and no choice among results makes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hakken.bench.attempts.unfinished import FOR_ALL
from hakken.bench.scientist.types import UNMEASURED
from hakken.core.errors import (
    ModelTimeout,
    ModelUnavailable,
    RateLimited,
    RecordDiffers,
    RunLocked,
    SandboxError,
    VersionConflict,
)
from hakken.core.types import EventKind, Record, RunOutcome, StageFailure
from hakken.store import Store

_PASSING = (
    *FOR_ALL,
    *(RunLocked, VersionConflict, ModelUnavailable, ModelTimeout, RateLimited, SandboxError, RecordDiffers),
)
_NAMES = frozenset(kind.__name__ for kind in _PASSING)
"""Causes that say nothing about a model, as records name them."""


class End(Record):
    """Where a run stands."""

    status: str
    """As of a row."""
    why: str = ""
    error: str = ""
    """Kind of the error that ended it."""
    continued: int = 0
    """Times that it was continued after it had failed or met its budget."""


def end_without_record(failure: Mapping[str, Any]) -> End:
    """The end of a run whose record does not tell of one, by the failure that was written beside it."""
    if not failure:
        return End(status="unfinished")
    error = str(failure.get("error", ""))
    return End(status=_status("failed", error), why=str(failure.get("message", "")), error=error)


def read_end(store: Store, failure: Mapping[str, Any]) -> End:
    """How a run ended last; of one that was continued and goes on, what it ended with before is no end any more."""
    # A failure that comes again is recorded once: only the words of an end tell which one it was.
    causes = {f.message: f.error for f in store.all("failure", StageFailure) if f.stage == "run"}
    resumed = max((event.seq for event in store.events(EventKind.RUN_RESUMED)), default=0)
    ends = [(event.seq, RunOutcome.model_validate(event.data)) for event in store.events(EventKind.RUN_FINISHED)]
    past = [_end(outcome, causes) for seq, outcome in ends if seq < resumed]
    continued = sum(end.status in ("failed", "stopped") for end in past)
    last = next((outcome for seq, outcome in ends[-1:] if seq > resumed or outcome.status == "finished"), None)
    found = _end(last, causes) if last is not None else end_without_record(failure)
    return found.model_copy(update={"continued": continued})


def _end(outcome: RunOutcome, causes: Mapping[str, str]) -> End:
    error = "" if outcome.status == "finished" else causes.get(outcome.why, "unknown")
    return End(status=_status(outcome.status, error), why=outcome.why, error=error)


def _status(status: str, error: str) -> str:
    return UNMEASURED if status == "failed" and error in _NAMES else status
