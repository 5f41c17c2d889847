"""What agents wrote, graded again: a suite is mended, and costly attempts at its tasks stand.

The answer that an attempt has kept, and the functions with the helpers and imports that they use, are put into the task
as it is now, and graded by its values and its hidden configurations. What the agent saw was the earlier version, which
the attempt says from then on. What depends on the agent's own tree stays as it was, since that tree is gone: the
verdict on its workspace, fabrication, and where an answer leaked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hakken.bench.attempts.attempt import Attempt, file_name, graded_attempt
from hakken.bench.attempts.identity import this_code
from hakken.bench.attempts.records import read_record
from hakken.bench.attempts.written import MOST_KEPT
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading.grade import PRISTINE, RERUN, WORKSPACE
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.tasks.folder import ANSWER, TaskFolder
from hakken.bench.tasks.making import task_hash
from hakken.bench.trees import copy_tree, scratch
from hakken.bench.types import FunctionRef, Score
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Rung

_AGAIN = "Let the agent try it again: `hakken bench run`."
_GRADED = ", graded by "


def regraded(done: Attempt, task: TaskFolder, lab: Lab) -> Attempt:
    """The attempt with the verdicts that its functions and its answer have at the task as it is now.

    Args:
        done: An attempt, of whatever version of the task.
        task: The task now.
        lab: Where experiments run.

    Raises:
        UsageError: the task asks for something else now, or the record does not hold all that was written.
    """
    _check(done, task)
    with scratch("hakken-regrade-") as own:
        workspace = own / "workspace"
        copy_tree(task.visible_repo, workspace)
        for name in {function.file for function in task.task.functions} & done.files.keys():  # a record may name any
            write_text(workspace / name, done.files[name])
        if done.answer:
            (workspace / ANSWER).write_text(done.answer, encoding="utf-8")
        found = graded_attempt(task, workspace, own / "frozen", done.run, lab)
    saw = done.worked_on or done.task_hash
    made = done.code.partition(_GRADED)[0]
    return done.model_copy(
        update={
            "task_hash": found.task_hash,
            "gold_predictable": found.gold_predictable,
            "leaks": tuple(dict.fromkeys((*done.leaks, *found.leaks))),
            "score": _score(done, found.score),
            "rung": max(done.rung, found.rung, key=list(Rung).index),
            "worked_on": "" if saw == found.task_hash else saw,
            "code": made if made in ("", found.code) else f"{made}{_GRADED}{found.code}",
        }
    )


def _check(done: Attempt, task: TaskFolder) -> None:
    asked = task.task
    same = (done.task, done.functions, done.mode) == (asked.id, tuple(map(str, asked.functions)), asked.mode.value)
    if not same or any(_arguments_differ(done, task, function) for function in asked.functions):
        raise UsageError(f"{done.task} asks for other functions now than when {done.agent} worked on it.", _AGAIN)
    if not asked.functions:
        raise UsageError(f"At {done.task} nothing is written, so that there is nothing to grade again.", _AGAIN)
    whole = {name.partition(":")[0] for name in done.written} <= done.files.keys()
    lost = done.passed and len(done.written) < len(done.functions)
    if lost or not whole or len(done.answer) == MOST_KEPT:
        raise UsageError(f"The record of {done.agent} at {done.task} holds a part of what it wrote.", _AGAIN)


def _arguments_differ(done: Attempt, task: TaskFolder, function: FunctionRef) -> bool:
    """Whether a function that was taken has no argument of some name that it has now."""
    if str(function) not in done.written or function.file not in done.files:
        return False
    try:
        now = find(parse((task.base / function.file).read_bytes()), function.name).params
        then = find(parse(done.files[function.file].encode()), function.name).params
    except MaskError:
        return True
    named = [{p.name.value for p in (*each.params, *each.posonly_params, *each.kwonly_params)} for each in (now, then)]
    return not named[0] <= named[1]


def _score(done: Attempt, found: Score) -> Score:
    old = done.score
    verdicts = {**found.verdicts, WORKSPACE: old.verdicts[WORKSPACE]}
    if len(done.written) < len(done.functions):  # missing now as then, with a reason that only the agent's tree told
        verdicts |= {rule: old.verdicts[rule] for rule in (PRISTINE, RERUN)}
    return old.model_copy(
        update={
            "verdicts": verdicts,
            "tampered": old.tampered and not verdicts[PRISTINE].passed,
            "hard_coded": verdicts[PRISTINE].passed and not verdicts[RERUN].passed,
            "cpu_seconds": found.cpu_seconds,
        }
    )


class Regrading:
    """Many attempts, by the tasks as they are now, into another folder."""

    def __init__(self, tasks: Iterable[TaskFolder], target: Path) -> None:
        """Say by what and where to.

        Args:
            tasks: The tasks now.
            target: A folder that holds attempts, or none yet.
        """
        self._now = {task.task.id: (task, task_hash(task)) for task in tasks}
        self._target = target
        self.problems: list[str] = []
        """Sentences on what could not be graded again."""
        self._there = 0

    def chosen(self, found: Sequence[Attempt]) -> list[Attempt]:
        """Those at these tasks, one for each agent, task and seed: the one at the task of now, if any."""
        best: dict[tuple[str, str, int], Attempt] = {}
        for done in found:
            if done.task in self._now:
                key = (done.agent, done.task, done.seed)
                if key not in best or best[key].task_hash != self._now[done.task][1]:
                    best[key] = done
        return list(best.values())

    def grade(self, done: Attempt, lab: Lab) -> Attempt | None:
        """One of them, as it is in the other folder now; None where that cannot be, which is then among the problems.

        What the other folder holds already stays there, unless it is another grading of the same work by other code.
        """
        task, now = self._now[done.task]
        path = self._target / file_name(done.agent, done.task, now, done.seed)
        there = read_record(path, Attempt)
        if there is not None and (there.run != done.run or there.code.endswith(this_code()) or done.task_hash == now):
            self._there += 1
            return there
        try:
            again = done if done.task_hash == now else regraded(done, task, lab)
        except UsageError as error:
            self.problems.append(f"{error.message} {error.mend}")
            return None
        write_text(path, again.model_dump_json(indent=2))
        return again

    def notes(self, found: Sequence[Attempt]) -> list[str]:
        """Sentences on what was left alone."""
        elsewhere = sum(done.task not in self._now for done in found)
        several = len(found) - elsewhere - len(self.chosen(found))
        told = [
            (elsewhere, "at other tasks, and left out"),
            (several, "of an agent, task and seed that has a later one, and left out"),
            (self._there, "in the other folder already"),
        ]
        return [f"{count} {'attempt is' if count == 1 else 'attempts are'} {what}." for count, what in told if count]
