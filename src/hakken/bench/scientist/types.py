"""Words of the table: a row is a run as its record tells it, a cell what the runs of a model on a template say."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import Any

from hakken.core.types import Record, Usage

UNMEASURED = "not measured"
"""Status of a run that was ended by what is no model's affair."""


class Stage(StrEnum):
    """How far an idea, or a run, got."""

    IDEAS = "ideas"
    NEW = "new"
    IMPLEMENTED = "implemented"
    RAN = "ran"
    DIFFERING = "differing"
    SUPPORTED = "supported"
    PAPER = "paper"
    AUDIT = "audit"

    @property
    def of_runs(self) -> bool:
        """Whether it counts runs; the others count ideas."""
        return self in (Stage.PAPER, Stage.AUDIT)

    @property
    def label(self) -> str:
        """What a reader of the table sees."""
        return _LABELS[self]

    @property
    def meaning(self) -> str:
        """How it is counted."""
        return _MEANINGS[self]


_LABELS = {
    Stage.IDEAS: "ideas proposed",
    Stage.NEW: "new",
    Stage.IMPLEMENTED: "implemented",
    Stage.RAN: "ran",
    Stage.DIFFERING: "differing",
    Stage.SUPPORTED: "supported",
    Stage.PAPER: "paper completed",
    Stage.AUDIT: "audit passed",
}
_MEANINGS = {
    Stage.IDEAS: "proposals in the record, those that were refused and seed ideas that stood in included",
    Stage.NEW: "proposals of the model that were taken up: no near-duplicate of an earlier idea or of a seed idea, and "
    "nothing that their own words rule out (in a run with a literature check, those that it judged novel; no such "
    "check exists yet)",
    Stage.IMPLEMENTED: "a version whose change was applied to the template, and is not the unchanged code",
    Stage.RAN: "a version that ended at least one trial, the smoke run included, with metrics",
    Stage.DIFFERING: "a version measured on every explore seed, no replicate, whose outputs are not its parent's",
    Stage.SUPPORTED: "its version was selected, and the claim frozen before was supported on fresh seeds",
    Stage.PAPER: "runs that ended with a rendered paper",
    Stage.AUDIT: "runs whose paper the audit found no error in",
}


class RunRow(Record):
    """One run, counted from its record alone."""

    folder: str
    model: str
    """Model of ideas, code and writing; several by role where they differ."""
    reviewer: str
    template: str
    template_hash: str = ""
    seed: int = 0
    self_reviewed: bool = False
    """Whether the reviewer is among the models that did the work."""
    status: str
    """finished, stopped (budget), failed, not measured (an outage, an empty account or this machine ended it: the same
    command goes on), unfinished (the same command goes on) or damaged (no readable record)."""
    why: str = ""
    continued: int = 0
    """Times that it was continued after it had failed or met its budget."""
    counts: dict[Stage, int]
    """Proposals that reached each stage; 0 or 1 for the stages of runs."""
    novelty_checked: bool = False
    """``new`` is the verdict of a literature check, not only of having been taken up."""
    score: int | None = None
    """Overall score of the review, 1 to 10."""
    decision: str | None = None
    usage: Usage = Usage()
    priced: bool = True
    """Whether the prices of all models are known; otherwise US$ is a lower bound."""
    seconds: float = 0.0
    """Wall time, over all the times that the run was continued."""
    failures: dict[str, int] = {}
    """How often each cause of failure was met: versions, stages and the run itself."""
    config: dict[str, Any] = {}
    """Settings that decide what is found, the seed aside."""
    budget: dict[str, Any] = {}
    """Limits that were set when it was begun or last continued."""

    @property
    def ended(self) -> bool:
        """Whether it counts: an unfinished run, and one that is not measured, say nothing yet."""
        return self.status in ("finished", "stopped", "failed")


class Estimate(Record):
    """A value with its 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None
    count: int
    """What was counted or summed: ideas, runs, papers."""
    of: int
    """Of how many."""
    runs: int
    """Independent units."""
    why: str = ""
    """Why there is no interval, where there is none."""


class Cell(Record):
    """A model on a template, or over all templates."""

    model: str
    reviewer: str
    template: str
    runs: int
    """Runs that ended."""
    statuses: dict[str, int]
    counts: dict[Stage, int]
    shares: dict[Stage, Estimate]
    """Share of the proposals, or of the runs, that reached each stage."""
    novelty_checked: bool = False
    """Every one of its runs with ideas checked novelty against the literature."""
    score: Estimate | None
    best: int | None
    accepted: int
    tokens_per_paper: Estimate | None
    usd_per_paper: Estimate | None
    minutes_per_paper: Estimate | None
    usage: Usage
    priced: bool
    seconds: float
    failures: dict[str, int]
    notes: tuple[str, ...] = ()


class Table(Record):
    """All cells, and the runs that they are made of."""

    cells: tuple[Cell, ...]
    rows: tuple[RunRow, ...]
    notes: tuple[str, ...] = ()


def short_model(name: str) -> str:
    """A model's name as a table shows it: of a script, the name of its file."""
    kind, _, rest = name.partition(":")
    return f"scripted:{PurePath(rest).stem}" if kind == "scripted" else name
