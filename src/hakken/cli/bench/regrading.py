"""``hakken bench regrade``."""

from __future__ import annotations

from collections.abc import Sequence
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
    same are copied, and no model is asked. Reports say how many attempts were made at an earlier version. Where one
    cannot be graded again it is named, and the exit code is 1; the same command goes on.

    \b
    Examples:
      hakken bench regrade hakken-attempts hakken-tasks
      hakken bench regrade hakken-attempts hakken-tasks --out mended --json
      hakken bench report hakken-attempts-regraded
    """
    from hakken.bench.attempts.attempt import read_attempts
    from hakken.bench.attempts.regrading import Regrading
    from hakken.bench.tasks.folder import load_tasks
    from hakken.cli.console import emit, say, shown
    from hakken.core.errors import UsageError

    found, strange = read_attempts(attempts)
    if not found:
        raise UsageError(f"There are no attempts in {attempts}.", "Make some: `hakken bench run TASKS`.")
    target = out or attempts.resolve().with_name(f"{attempts.resolve().name}-regraded")
    if target.resolve() == attempts.resolve():
        raise UsageError("Attempts before and after in one folder would count twice.", "Take another --out.")
    made = Regrading(load_tasks(tasks), target)
    if not made.chosen(found):
        raise UsageError(f"No attempt in {attempts} is at a task in {tasks}.", "Name the folder of their tasks.")
    told: list[dict[str, object]] = []
    with open_lab(workers, weak) as lab:
        for done in made.chosen(found):
            if (again := made.grade(done, lab)) is not None:
                told.append(_told(done, again))
                if not as_json:
                    say(_line(told[-1]))
    problems = [f"{path.name} is no attempt of this version, and is left out." for path in strange] + made.problems
    notes = made.notes(found)
    if as_json:
        emit({"out": str(target), "attempts": told, "notes": notes, "problems": problems})
    else:
        _summed(told, [*notes, *problems], shown(target.absolute()))
    if problems:
        raise typer.Exit(1)


def _summed(told: Sequence[dict[str, object]], notes: Sequence[str], where: str) -> None:
    from hakken.cli.console import say

    for note in notes:
        say(f"note: {note}")
    count = sum(bool(each["regraded"]) for each in told)
    changed = sum(each["before"] != each["passed"] for each in told)
    say(f"{len(told)} attempts, {count} graded again, {changed} with another verdict: {where}")


def _told(done: Attempt, again: Attempt) -> dict[str, object]:
    changed = {rule: v.passed for rule, v in again.score.verdicts.items() if v != done.score.verdicts.get(rule)}
    return {
        **{name: getattr(done, name) for name in ("agent", "task", "seed", "measured")},
        "regraded": done.task_hash != again.task_hash,
        "before": done.passed,
        "passed": again.passed,
        "changed": changed,
    }


def _line(each: dict[str, object]) -> str:
    verdict = "pass" if each["passed"] else "fail"
    was = "same task" if not each["regraded"] else f"was {'pass' if each['before'] else 'fail'}"
    unmeasured = "" if each["measured"] else ", not measured"
    return f"  {verdict}  {each['agent']}  {each['task']} #{each['seed']}  ({was}{unmeasured})"
