"""``hakken bench check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Keeping, Workers, open_lab

if TYPE_CHECKING:
    from hakken.bench.checking.findings import Check


def check(
    suite: Annotated[
        str, typer.Argument(metavar="[SUITE|FOLDER]", help="A suite that ships, the folder of one, or one of tasks.")
    ] = "small",
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Fewer runs, two tasks of each repository, each attack on one of them in turn."),
    ] = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Each attack on every task with one masked function, and some of each larger size."),
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="This repository, or task of a folder, alone; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where what was measured is kept, for the next check; else the user's cache.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what was kept.")] = False,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Prove a suite, or tasks that `make` or `import` wrote: numbers repeat, masks are needed, an oracle gets 1.

    Nothing is shown that must not be, and doing nothing and every attack get 0. Ends with exit code 1 where it is not
    so. What was measured is kept as it goes: the same command continues, and a later one proves what changed since or
    did not pass.

    \b
    Examples:
      hakken bench check --quick
      hakken bench check small --only quasi_newton
      hakken bench check my_suite --json
      hakken bench check hakken-tasks
      hakken bench check hakken-tasks --only my_repo-n1-0
    """
    from hakken.bench.checking.proof import check_suite, check_tasks, load
    from hakken.bench.tasks.folder import TaskFolder
    from hakken.bench.types import Source
    from hakken.cli.console import emit
    from hakken.core.config import user_cache_dir
    from hakken.core.errors import UsageError

    loaded = load(suite)
    sources = [one for one in loaded if isinstance(one, Source)]
    tasks = [one for one in loaded if isinstance(one, TaskFolder)]
    names = [source.name for source in sources] or sorted({task.task.source for task in tasks})
    if unknown := sorted(set(only or ()) - set(names) - {task.task.id for task in tasks}):
        what = "suite has no repository" if sources else "folder has no repository and no task"
        raise UsageError(f"The {what} {unknown[0]!r}.", f"It has: {', '.join(names)}.")
    packages = {p for one in sources for p in one.packages} | {p for one in tasks for p in one.task.packages}
    kept = Keeping(out or user_cache_dir() / "bench", packages, fresh)
    with open_lab(workers, weak, kept) as lab:
        if sources:
            found = check_suite(suite, sources, lab, quick=quick, every=every, only=only or (), workers=workers)
        else:
            found = check_tasks(suite, tasks, lab, quick=quick, every=every, only=only or (), workers=workers)
    if as_json:
        emit({**found.model_dump(mode="json"), "ok": found.ok})
    else:
        _show(found)
    if not found.ok:
        raise typer.Exit(1)


def _show(found: Check) -> None:
    from hakken.cli.console import say, table

    rows = [
        (
            s.source,
            s.experiments,
            s.numbers,
            s.functions,
            *(f"{part}/{whole}" for part, whole in (s.oracle, s.null, s.attacks)),
            s.runs,
            f"{s.cpu_seconds:.0f} s",
            s.verdict,
        )
        for s in found.sources
    ]
    table(("repository", "exps", "metrics", "functions", "oracle", "null", "attacks", "runs", "CPU", ""), rows)
    if found.attacks:
        say()
        rules = list(found.attacks[0].passed)
        rows_ = [(a.attack, a.caught, a.tried, *a.passed.values()) for a in found.attacks]
        table(("attack", "caught", "tried", *rules), rows_, left=2)
    say()
    for source in found.sources:
        for line in (*source.problems, *source.unproved, *source.notes):
            say(f"  {source.source}: {line}")
    said = "proved" if found.ok else "NOT proved"
    say(f"{found.suite}: {said}{', as far as a quick check goes' if found.ok and found.quick else ''}")
