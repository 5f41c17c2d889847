"""Mending a failing version by code: small edits are run until one gets past the error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from hakken.bench.agents.agreement import Trial
from hakken.bench.agents.names import with_modules
from hakken.bench.agents.nearby import failing_line, nearby
from hakken.bench.agents.trials import Trials
from hakken.bench.agents.writing import put
from hakken.bench.masking.bodies import MaskError

MOST = 32
"""Edits of one version that are run."""
_TOGETHER = 8
"""Edits that are run side by side."""


@dataclass(frozen=True)
class Failing:
    """A version of a function that fails, or breaks a promise."""

    code: str
    trial: Trial
    undefined: Sequence[str] = ()

    @property
    def trouble(self) -> tuple[str, str]:
        """What is wrong, and in which line of the function: versions that share it are helped by the same edits."""
        line = failing_line(self.code, self.trial.detail)
        return self.trial.trouble, self.code.splitlines()[line - 1].strip() if line else self.code


def past_the_error(failing: Failing, trials: Trials, masked: bytes, until: float) -> Iterator[tuple[bytes, str]]:
    """Versions near a failing one with which the experiment that failed runs and the function keeps its promises.

    Args:
        failing: What fails, and how.
        trials: Where it is run.
        masked: The function's file without it.
        until: By the clock of the trials: no further edits are run from then on.

    Yields:
        The whole file, and the version in it.
    """
    name, trial = trials.function.name, failing.trial
    made = nearby(failing.code, name, trial.trouble, trial.detail, failing.undefined)
    placed = islice(_placed(made, name, masked), MOST)
    while trials.clock() < until and (batch := list(islice(placed, _TOGETHER))):
        found = trials.of_one(trial.where, [content for content, _ in batch])
        yield from (version for version, own in zip(batch, found, strict=True) if own.complete)


def _placed(codes: Iterator[str], name: str, masked: bytes) -> Iterator[tuple[bytes, str]]:
    """Each version in its file."""
    for code in codes:
        try:
            yield with_modules(put(masked, name, code), masked, code)
        except (MaskError, SyntaxError):
            continue
