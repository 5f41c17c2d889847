"""What attempts may spend at most, and what they probably will, said before any is made."""

from __future__ import annotations

from collections.abc import Sequence

from hakken.bench.attempts.attempt import Attempt
from hakken.core.types import Budget, Record
from hakken.models.forecast import LOCAL_PROMPT_SPEED, LOCAL_SPEED, REMOTE_DELAY, REMOTE_SPEED, price

_WRITTEN = 0.2
"""Share of the tokens that the model writes; agents read far more."""
_FRESH = 0.35
"""Share of a prompt that the embedded model has not just read."""
_RUNNING = 60.0
"""Seconds that the experiments of an attempt take."""


class AttemptsForecast(Record):
    """Sums over the attempts that are still to be made. None means no limit, or not known."""

    attempts: int
    most_tokens: int | None
    most_usd: float | None
    unpriced: bool
    """The price of the model is not known, so that no limit in US$ can be enforced."""
    most_seconds: float | None
    likely_usd: float | None
    likely_seconds: float | None
    by: str
    """What the likely sums are judged by."""


def forecast_attempts(
    count: int, model: str, budget: Budget, parallel: int, kept: Sequence[Attempt] = ()
) -> AttemptsForecast:
    """Judge by attempts of the same agent where there are some, and else by the budget.

    Args:
        count: Attempts to be made.
        model: Name of the model; empty for an agent without one.
        budget: Of each.
        parallel: Attempts at once.
        kept: Attempts of the same agent that are there already.
    """
    rounds = -(-count // max(1, parallel))
    unpriced = bool(model) and price(model, 1000, 1000) is None
    most_usd = None if unpriced or budget.usd is None else count * budget.usd
    if not model or model == "local":
        most_usd = 0.0
    usd, seconds, by = _usual(model, budget)
    if kept:
        usd = sum(a.run.usd for a in kept) / len(kept)
        seconds = sum(a.seconds for a in kept) / len(kept)
        by = f"{len(kept)} attempt{'s' if len(kept) != 1 else ''} made before"
    return AttemptsForecast(
        attempts=count,
        most_tokens=None if budget.tokens is None or not model else count * budget.tokens,
        most_usd=most_usd,
        unpriced=unpriced,
        most_seconds=None if budget.seconds is None else rounds * budget.seconds,
        likely_usd=None if usd is None or unpriced else count * usd,
        likely_seconds=None if seconds is None else rounds * seconds,
        by=by,
    )


def _usual(model: str, budget: Budget) -> tuple[float | None, float | None, str]:
    """US$ and seconds of one attempt that uses up its tokens."""
    if not model:
        return 0.0, _RUNNING, "the usual time of experiments"
    if budget.tokens is None:
        return None, None, "nothing yet"
    written = _WRITTEN * budget.tokens
    read = budget.tokens - written
    if model == "local":
        seconds = _FRESH * read / LOCAL_PROMPT_SPEED + written / LOCAL_SPEED[1]
    else:
        seconds = written / REMOTE_SPEED + REMOTE_DELAY * budget.tokens / 4_000
    cost = price(model, int(read), int(written))
    if cost is not None and budget.usd is not None:
        cost = min(cost, budget.usd)
    limit = budget.seconds
    whole = seconds + _RUNNING
    return cost, whole if limit is None else min(whole, limit), "its tokens used up"
