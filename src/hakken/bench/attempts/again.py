"""Attempts that are made again: which ones, and what stays of the earlier tries.

An attempt that infrastructure ended says nothing about its agent, so the same command makes it again. Everything else
stays as it is until somebody asks, and what was made again stays visible: whoever tries until it works, reports that.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import NonNegativeFloat, NonNegativeInt

from hakken.bench.agents.types import Breakdown, Ending
from hakken.core.types import Record

if TYPE_CHECKING:
    from hakken.bench.attempts.attempt import Attempt


class Retry(StrEnum):
    """Which of the attempts that are there are made again."""

    NONE = "none"
    INFRASTRUCTURE = "infrastructure"
    """Those that were not measured."""
    BROKEN = "broken"
    """Those too whose agent broke down by itself."""
    CODE = "code"
    """Those too that another code of Hakken made."""


class EarlierTry(Record):
    """A try that another one has replaced.

    Its questions were paid for once: where the later try asked the same, the record answered, and both count it.
    """

    why: Retry
    """For what it was made again."""
    ending: Ending
    breakdown: Breakdown | None
    passed: bool
    """Whether it scored, which was no reason."""
    code: str
    steps: NonNegativeInt
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt
    usd: NonNegativeFloat
    seconds: NonNegativeFloat


def why_again(found: Attempt, retry: Retry, code: str) -> Retry | None:
    """For what an attempt is to be made again, if it is.

    Args:
        found: The attempt that is there.
        retry: What was asked for.
        code: The present one.
    """
    if retry is Retry.NONE:
        return None
    if not found.measured:
        return Retry.INFRASTRUCTURE
    if retry is Retry.BROKEN and found.run.ending is Ending.FAILED:
        return Retry.BROKEN
    return Retry.CODE if retry is Retry.CODE and found.code != code else None


def replaced(old: Attempt, new: Attempt, why: Retry) -> Attempt:
    """The new attempt, which keeps what the old one was and cost."""
    run = old.run
    last = EarlierTry(
        why=why,
        ending=run.ending,
        breakdown=run.breakdown,
        passed=old.passed,
        code=old.code,
        steps=run.steps,
        prompt_tokens=run.prompt_tokens,
        completion_tokens=run.completion_tokens,
        usd=run.usd,
        seconds=old.seconds,
    )
    return new.model_copy(update={"earlier": (*old.earlier, last)})
