"""The payload type of every kind of event: an event that does not fit its type is never written."""

from __future__ import annotations

from typing import NamedTuple

from hakken.core.types import (
    AuditReport,
    Budget,
    Call,
    Claim,
    Comparison,
    Decision,
    EventKind,
    Fact,
    FigureFile,
    Idea,
    IdeaOutcome,
    Manuscript,
    Node,
    PaperFiles,
    Plan,
    Probe,
    Record,
    RefusedIdea,
    Review,
    Run,
    RunOutcome,
    Split,
    StageFailure,
    Step,
    Template,
    Trial,
    Usage,
)


class Started(Record):
    """A run begins: the run itself, and the template as it was read with its editable files."""

    run: Run
    template: Template
    pristine: dict[str, str] = {}
    """Artifact hash of each editable file."""
    bibliography: str | None = None
    """Content hash of the works that a paper may cite, empty without any; None in records of an older version."""


class Compared(Record):
    """A comparison and the seeds it is about."""

    split: Split
    comparison: Comparison


class Facts(Record):
    """The facts and figures that a paper may refer to."""

    facts: tuple[Fact, ...]
    figures: tuple[FigureFile, ...] = ()


class Resumed(Record):
    """The same command, again."""

    version: str
    budget: Budget | None = None
    """Limits from now on; None in records of an older version."""
    changed: tuple[str, ...] = ()
    """What is not as it was when the run began, none of which decides what is found: other settings, a bibliography."""


class NodeLine(NamedTuple):
    """A node in short, as a tree shows it. No event: the store derives it, and there may be ten thousand."""

    id: str
    idea: str | None
    parent: str | None
    operator: str
    title: str
    author: str
    status: str
    failure: str | None
    twin: str | None


class StageCost(Record):
    """What one stage took, over all the times that the run was continued. No event: the store derives it."""

    stage: str
    seconds: float = 0.0
    """Wall time."""
    trials: int = 0
    usage: Usage = Usage()


PAYLOADS: dict[EventKind, type[Record]] = {
    EventKind.RUN_STARTED: Started,
    EventKind.RUN_RESUMED: Resumed,
    EventKind.RUN_FINISHED: RunOutcome,
    EventKind.STEP_STARTED: Step,
    EventKind.STEP_FINISHED: Step,
    EventKind.MODEL_CALLED: Call,
    EventKind.IDEA_PROPOSED: Idea,
    EventKind.IDEA_REFUSED: RefusedIdea,
    EventKind.IDEA_CLOSED: IdeaOutcome,
    EventKind.PLAN_FROZEN: Plan,
    EventKind.NODE_CHANGED: Node,
    EventKind.TRIAL_FINISHED: Trial,
    EventKind.COMPARED: Compared,
    EventKind.CLAIM_JUDGED: Claim,
    EventKind.PROBED: Probe,
    EventKind.FACTS_COMPUTED: Facts,
    EventKind.PAPER_WRITTEN: Manuscript,
    EventKind.PAPER_RENDERED: PaperFiles,
    EventKind.AUDITED: AuditReport,
    EventKind.REVIEWED: Review,
    EventKind.DECIDED: Decision,
    EventKind.FAILED: StageFailure,
}
