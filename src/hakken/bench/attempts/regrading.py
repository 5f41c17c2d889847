"""What agents wrote, graded again: a suite is mended, and costly attempts at its tasks stand.

The answer that an attempt has kept, and the functions with the helpers and imports that they use, are put into the task
as it is now, and graded by its values and its hidden configurations. What the agent saw was the earlier version, which
the attempt says from then on. Verdicts that need the agent's own tree (its workspace, fabrication, tampering) stay as
they were, since that tree is gone.
"""

from __future__ import annotations

from hakken.bench.attempts.attempt import Attempt, graded_attempt
from hakken.bench.attempts.written import MOST_KEPT
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading.grade import WORKSPACE
from hakken.bench.tasks.folder import ANSWER, TaskFolder
from hakken.bench.trees import copy_tree, scratch
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Rung

_AGAIN = "Let the agent try it again: `hakken bench run`."


def regraded(done: Attempt, task: TaskFolder, lab: Lab) -> Attempt:
    """The attempt with the verdicts that its functions and its answer have at the task as it is now.

    Args:
        done: An attempt, of whatever version of the task.
        task: The task now.
        lab: Where experiments run.

    Raises:
        UsageError: the task masks other functions now, or the record does not hold all that was written.
    """
    asked = task.task
    if (done.task, done.functions) != (asked.id, tuple(map(str, asked.functions))):
        raise UsageError(f"{asked.id} is another task now than the one of {done.agent}.", _AGAIN)
    kept = {ref.partition(":")[0] for ref in done.written} <= done.files.keys()
    if not kept or len(done.answer) == MOST_KEPT:
        raise UsageError(f"The record of {done.agent} at {done.task} holds a part of what it wrote.", _AGAIN)
    with scratch("hakken-regrade-") as own:
        workspace = own / "workspace"
        copy_tree(task.visible_repo, workspace)
        for name, text in done.files.items():
            write_text(workspace / name, text)
        if done.answer:
            (workspace / ANSWER).write_text(done.answer, encoding="utf-8")
        found = graded_attempt(task, workspace, own / "frozen", done.run, lab)
    score = done.score.model_copy(
        update={
            "verdicts": found.score.verdicts | {WORKSPACE: done.score.verdicts[WORKSPACE]},
            "hard_coded": found.score.hard_coded,
            "cpu_seconds": found.score.cpu_seconds,
        }
    )
    of_task = ("task_hash", "gold_predictable", "leaks", "mode", "source")
    return done.model_copy(
        update={name: getattr(found, name) for name in of_task}
        | {
            "score": score,
            "rung": max(done.rung, found.rung, key=list(Rung).index),
            "worked_on": "" if (saw := done.worked_on or done.task_hash) == found.task_hash else saw,
            "code": done.code if done.code == found.code else f"{done.code}, graded by {found.code}",
        }
    )
