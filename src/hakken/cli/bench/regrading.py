"""``hakken bench regrade``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab

if TYPE_CHECKING:
    from hakken.bench.attempts.attempt import Attempt


def regrade(
    attempts: Annotated[Path, typer.Argument(metavar="ATTEMPTS", help="Folder of attempts.")],
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="Their tasks as they are now, or one of them.")],
    out: Annotated[Path | None, typer.Option(help="Where to write them; ATTEMPTS-regraded by default.")] = None,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Grade what agents wrote again, where their tasks were mended since.

    The functions and the answer of each attempt are put into its task as it is now. Attempts whose task is still the
    same are copied, and no model is asked. Reports say how many attempts were made at an earlier version.

    \b
    Examples:
      hakken bench regrade hakken-attempts hakken-tasks
      hakken bench regrade hakken-attempts hakken-tasks --out mended --json
      hakken bench report hakken-attempts-regraded
    """
    from hakken.bench.attempts.attempt import file_name, read_attempts
    from hakken.bench.attempts.regrading import regraded
    from hakken.bench.tasks.folder import load_tasks
    from hakken.bench.tasks.making import task_hash
    from hakken.cli.console import emit, say, shown
    from hakken.core.errors import UsageError
    from hakken.core.files import write_text

    found, strange = read_attempts(attempts)
    if not found:
        raise UsageError(f"There are no attempts in {attempts}.", "Make some: `hakken bench run TASKS`.")
    known = {task.task.id: (task, task_hash(task)) for task in load_tasks(tasks)}
    if not any(each.task in known for each in found):
        raise UsageError(f"No attempt in {attempts} is at a task in {tasks}.", "Name the folder of their tasks.")
    target = out or attempts.with_name(f"{attempts.name}-regraded")
    if target.resolve() == attempts.resolve():
        raise UsageError("Attempts before and after in one folder would count twice.", "Take another --out.")
    notes = [f"{path.name} is no attempt of this version, and is left out." for path in strange]
    told: list[dict[str, object]] = []
    with open_lab(workers, weak) as lab:
        for done in found:
            if done.task not in known:
                notes.append(f"{done.agent} at {done.task}: no such task in {tasks}, left out.")
                continue
            task, now = known[done.task]
            try:
                again = done if done.task_hash == now else regraded(done, task, lab)
            except UsageError as error:
                notes.append(f"{done.agent} at {done.task}: {error.message} Left out.")
                continue
            write_text(target / file_name(done.agent, done.task, now, done.seed), again.model_dump_json(indent=2))
            told.append(_told(done, again))
            if not as_json:
                say(_line(told[-1]))
    if as_json:
        emit({"out": str(target), "attempts": told, "notes": notes})
    else:
        for note in notes:
            say(f"note: {note}")
        count = sum(bool(each["regraded"]) for each in told)
        changed = sum(each["before"] != each["passed"] for each in told)
        say(f"{len(told)} attempts, {count} graded again, {changed} with another verdict: {shown(target.absolute())}")
    if notes:
        raise typer.Exit(1)


def _told(done: Attempt, again: Attempt) -> dict[str, object]:
    kept = ("agent", "task", "seed")
    changed = {rule: v.passed for rule, v in again.score.verdicts.items() if v != done.score.verdicts.get(rule)}
    return {
        **{name: getattr(done, name) for name in kept},
        "regraded": done.task_hash != again.task_hash,
        "before": done.passed,
        "passed": again.passed,
        "changed": changed,
    }


def _line(each: dict[str, object]) -> str:
    verdict = "pass" if each["passed"] else "fail"
    was = "same task" if not each["regraded"] else f"was {'pass' if each['before'] else 'fail'}"
    return f"  {verdict}  {each['agent']}  {each['task']} #{each['seed']}  ({was})"
