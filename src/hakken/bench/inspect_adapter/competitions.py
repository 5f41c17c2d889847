"""Competitions that ship as a task of inspect-ai: an agent works on the public files, and one submission is graded."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import anyio.to_thread
from inspect_ai import Task, task
from inspect_ai.agent import react
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState
from inspect_ai.tool import bash, python
from inspect_ai.util import sandbox

from hakken.bench.competitions.definition import Competition, load_competition, shipped
from hakken.bench.competitions.grading import Graded, arena, grade_bytes, nothing_left
from hakken.bench.competitions.preparing import prepare, write_public
from hakken.bench.competitions.submissions import MOST_BYTES
from hakken.bench.experiments.reading import Unreadable, read_bytes
from hakken.bench.inspect_adapter.blank import BLANK
from hakken.bench.inspect_adapter.sandbox import COMPETITION, HakkenSandbox
from hakken.bench.types import CONTRACT_VERSION

SUBMISSION = "submission.csv"
_COMMAND = 600
"""Seconds of one command of the agent: training takes longer than an edit."""
_MARKS = ("any_medal", "gold_medal", "silver_medal", "bronze_medal", "above_median", "valid_submission")

_INSTRUCTION = """{description}
## What to do here

The files are in this folder: {files}. Learn from them, and leave your answers in `{submission}` in this folder, in the
form of `sample_submission.csv`. There is no network. What stands in that file when you stop is graded, once; you are
told neither before nor after what it is worth.
"""


@task
def competition(name: str | None = None) -> Task:
    """A competition that ships, or all of them; they are in the style of MLE-bench and not a part of it.

    The default agent is inspect-ai's own ReAct with a shell and Python: 50 turns and an hour. Run several seeds with
    ``--epochs``.
    """
    chosen = [load_competition(name)] if name is not None else [load_competition(each) for each in shipped()]
    return Task(
        dataset=MemoryDataset([_sample(each) for each in chosen], name=name or "competitions"),
        solver=react(tools=[bash(timeout=_COMMAND), python(timeout=_COMMAND)]),
        scorer=ranked(),
        sandbox="hakken",
        turn_limit=50,
        time_limit=3_600,
        version=CONTRACT_VERSION,
    )


@scorer(metrics={"*": [mean(), stderr()]})
def ranked() -> Scorer:
    """Medals and marks, 1 or 0 each, and ``beaten``: the share of the leaderboard that is left behind.

    The metadata hold the score itself and the report with the keys of MLE-bench.
    """

    async def score(state: TaskState, target: Target) -> Score:
        environment = sandbox().as_type(HakkenSandbox)
        graded = await anyio.to_thread.run_sync(_grade, state.metadata[COMPETITION], environment.workspace)
        report = graded.report
        beaten = 0.0 if graded.place is None else 1 - (graded.place - 1) / graded.teams
        return Score(
            value={**{mark: int(getattr(report, mark)) for mark in _MARKS}, "beaten": beaten},
            answer=None if report.score is None else f"{report.score:g}",
            explanation=_words(graded),
            metadata={**_json(graded), "report": _json(graded.report)},
        )

    return score


def _words(graded: Graded) -> str:
    report = graded.report
    if report.score is None:
        return f"invalid: {graded.problem}"
    place = f"place {graded.place} among {graded.teams} {graded.against}"
    return f"private score {report.score:g}, {place}, medal: {report.medal}"


def _grade(name: str, workspace: Path) -> Graded:
    where = arena(name)
    try:
        data = read_bytes(workspace, SUBMISSION, MOST_BYTES)
    except Unreadable as error:
        return nothing_left(where, SUBMISSION, f"{SUBMISSION} {error}")
    return grade_bytes(data, where, SUBMISSION)


def _sample(found: Competition) -> Sample:
    prepared = prepare(found.root)
    with tempfile.TemporaryDirectory(prefix="hakken-public-") as folder:
        names = write_public(prepared, Path(folder))
        files = {name: _uri((Path(folder) / name).read_bytes()) for name in names}
    text = _INSTRUCTION.format(
        description=found.description(), files=", ".join(f"`{name}`" for name in names), submission=SUBMISSION
    )
    blank = nothing_left(arena(found.name), SUBMISSION, "the sample broke down")
    metadata = {COMPETITION: found.name, "metric": found.metric, BLANK: {"report": _json(blank.report)}}
    return Sample(id=found.name, input=text, files=files, metadata=metadata)


def _uri(data: bytes) -> str:
    """Content that nobody takes for a path."""
    return f"data:text/plain;base64,{base64.b64encode(data).decode()}"


def _json(record: Any) -> dict[str, Any]:
    return dict(json.loads(record.model_dump_json()))
