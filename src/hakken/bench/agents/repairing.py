"""Mending a failing version by code: small edits are run until one gets past the error."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hakken.bench.agents.agreement import judge
from hakken.bench.agents.capture import returning
from hakken.bench.agents.contract import first_breach
from hakken.bench.agents.names import with_modules
from hakken.bench.agents.nearby import nearby
from hakken.bench.agents.writing import put
from hakken.bench.masking import MaskError
from hakken.bench.proving import Lab
from hakken.bench.types import Experiment, FunctionRef

MOST = 32
"""Edits of one version that are run."""
_TOGETHER = 8
"""Edits that are run side by side."""


@dataclass(frozen=True)
class Failing:
    """A version of a function that fails, or breaks a promise."""

    code: str
    trouble: str
    detail: str
    undefined: Sequence[str] = ()


@dataclass(frozen=True)
class Bench:
    """What edits are run on."""

    workspace: Path
    function: FunctionRef
    masked: bytes
    """The function's file without it."""
    stub: str
    experiment: Experiment
    """The one that failed."""
    wanted: Collection[str]
    """Names of the numbers that it must write."""
    lab: Lab


def past_the_error(failing: Failing, bench: Bench, until: float) -> Iterator[tuple[bytes, str]]:
    """Versions near a failing one with which the experiment runs and keeps the function's promises.

    Args:
        failing: What fails, and how.
        bench: Where it is run.
        until: On the monotonic clock: no further edits are run from then on.

    Yields:
        The whole file, and the version in it.
    """
    made = nearby(failing.code, bench.function.name, failing.trouble, failing.detail, failing.undefined)
    placed = islice(_placed(made, bench), MOST)
    while time.monotonic() < until and (batch := list(islice(placed, _TOGETHER))):
        runs = returning(
            bench.workspace, bench.function, [(bench.experiment, content) for content, _ in batch], bench.lab
        )
        for version, (outcome, calls) in zip(batch, runs, strict=True):
            if judge([outcome], [bench.wanted]).complete and not first_breach(bench.stub, calls):
                yield version


def _placed(codes: Iterator[str], bench: Bench) -> Iterator[tuple[bytes, str]]:
    """Each version in its file."""
    for code in codes:
        try:
            yield with_modules(put(bench.masked, bench.function.name, code), bench.masked, code)
        except (MaskError, SyntaxError):
            continue
