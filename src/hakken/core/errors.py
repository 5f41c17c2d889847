"""Every exception of Hakken.

The agent's failures are data (``Failure``, ``ExecResult``); these are ours::

    HakkenError                  one clear sentence, and the mend
     ├─ UsageError               bad input from the user: exit code 2
     │   ├─ ConfigError          a configuration file or value
     │   └─ TemplateError        a template that breaks the contract
     ├─ PrerequisiteError        something must be installed or pulled first: exit code 3
     ├─ SandboxError             isolation could not be set up
     ├─ StoreError               the record cannot be read or written
     │   ├─ VersionConflict      an append named a version that is not the newest
     │   └─ RunLocked            another process is writing to this run
     ├─ RecordDiffers            a run that is gone through again takes another way than its record
     ├─ RenderError              a paper cannot be rendered: unknown label or citation, missing figure, TeX error
     ├─ BudgetExceeded           a limit of the run was met: the run stops in order
     └─ ModelError               a model call failed
         ├─ ModelUnavailable     server down, connection refused, local model died (retried)
         ├─ ModelTimeout         no answer in time (retried)
         ├─ RateLimited          too many requests (retried, after ``retry_after``)
         ├─ QuotaExceeded        no credit left or key refused (never retried)
         │   └─ Forbidden        the key, or this one question, is refused: a server does not say which
         ├─ ModelRefused         the request itself is wrong: unknown model, too long (never retried)
         └─ MalformedReply       the reply breaks its schema or check (asked again, with the reason)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

_LARGE = 100_000
"""From here on, nobody asks for the digits behind the point."""


class HakkenError(Exception):
    """Base of all our errors: ``message`` is one sentence, ``mend`` says what to do."""

    exit_code = 1

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        """The sentence and the mend together."""
        return f"{self.message} {self.mend}".strip()


class UsageError(HakkenError):
    """Bad input from the user."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file or value is wrong."""


class TemplateError(UsageError):
    """A template breaks the contract."""


class PrerequisiteError(HakkenError):
    """Something must be installed or pulled first."""

    exit_code = 3


class SandboxError(HakkenError):
    """Isolation could not be set up."""


class StoreError(HakkenError):
    """The record cannot be read or written."""


class VersionConflict(StoreError):
    """An append named a version that is not the newest of its stream."""


class RunLocked(StoreError):
    """Another process is writing to this run folder."""


class RecordDiffers(HakkenError):
    """A run that is gone through again takes another way than its record: it cannot go on, and others can."""


class RenderError(HakkenError):
    """A paper cannot be rendered from its Markdown."""


class BudgetExceeded(HakkenError):
    """A limit of the run was met."""

    exit_code = 4

    def __init__(self, kind: str, used: float, limit: float, message: str = "") -> None:
        """A limit that was met.

        Args:
            kind: What of, such as ``tokens``.
            used: How much.
            limit: Of how much.
            message: Instead of the sentence that says so.
        """
        super().__init__(
            message or f"The run's budget of {_amount(limit)} {kind} is used up ({_amount(used)} used).",
            "Resume with a larger budget: the same command with a higher limit continues where it stopped.",
        )
        self.kind, self.used, self.limit = kind, used, limit

    @property
    def budget(self) -> str:
        """The limit in words, such as ``1,000,000 tokens``."""
        return f"{_amount(self.limit)} {self.kind}"

    @property
    def of_time(self) -> bool:
        """Whether it is the wall time that is up, of the run or of a stage: then no trial can be run either."""
        return self.kind.startswith("seconds")

    @property
    def reason(self) -> str:
        """Why something ended early, for the record: without amounts, which depend on where it was met."""
        return f"The budget of {self.kind} was used up."


def _amount(value: float) -> str:
    """Whole and large numbers in full, others as short as they are."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= _LARGE else f"{value:g}"


class ModelError(HakkenError):
    """A model call failed."""

    exit_code = 5
    retry = False


class ModelUnavailable(ModelError):
    """Server down, connection refused, or the local model's process died."""

    retry = True


class ModelTimeout(ModelError):
    """No answer in time."""

    retry = True


class RateLimited(ModelError):
    """Too many requests; ``retry_after`` is in seconds where the server said so."""

    retry = True

    def __init__(self, message: str, mend: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, mend)
        self.retry_after = retry_after


class QuotaExceeded(ModelError):
    """No credit left, or the key is refused."""


class Forbidden(QuotaExceeded):
    """Status 403: the key is refused, or this question alone, as some providers do with what their rules forbid."""


def is_shut_out(error: Exception) -> bool:
    """Whether the account is empty or the key is wrong, so that no other question would be answered either."""
    return isinstance(error, QuotaExceeded) and not isinstance(error, Forbidden)


class ModelRefused(ModelError):
    """The request itself is wrong: unknown model, prompt too long."""


class MalformedReply(ModelError):
    """The reply breaks its schema or its check, after all tries."""


def first_problem(error: ValidationError) -> str:
    """The first thing that a record refuses, for a sentence: ``search.ideas: input should be greater than 0``."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    said = said[:1].lower() + said[1:]
    return f"{where}: {said}" if where else said
