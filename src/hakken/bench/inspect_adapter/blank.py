"""What stands in the place of a score where a sample breaks down before it has one: a failure, with its task named."""

from __future__ import annotations

import json
from typing import Any

from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.attempts.identity import this_code
from hakken.bench.grading.grade import RULES
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.making import task_hash
from hakken.bench.types import Score, Verdict
from hakken.execution import best_rung

BLANK = "hakken_blank"
"""In the metadata of a sample."""


def blank_attempt(found: TaskFolder) -> dict[str, Any]:
    """An attempt that left nothing, as JSON; the log that it stands in says whose it was."""
    task = found.task
    verdicts = {rule: Verdict(rule=rule, passed=False, reason="the attempt broke down") for rule in RULES}
    score = Score(task=task.id, reported=False, verdicts=verdicts, fabricated=False, tampered=False, hard_coded=False)
    attempt = Attempt(
        agent="",
        task=task.id,
        task_hash=task_hash(found),
        source=task.source,
        functions=tuple(map(str, task.functions)),
        n=task.n,
        mode=task.mode.value,
        gold_predictable=task.gold_predictable,
        leaks=task.leaks,
        seed=0,
        run=AgentRun(ending=Ending.FAILED),
        score=score,
        rung=best_rung().rung,
        seconds=0.0,
        code=this_code(),
    )
    return dict(json.loads(attempt.model_dump_json()))
