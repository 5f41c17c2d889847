"""``hakken bench check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Keeping, Workers, open_lab

if TYPE_CHECKING:
    from hakken.bench.checks import Check


def check(
    suite: Annotated[str, typer.Argument(metavar="[SUITE]", help="A suite that ships, or a folder.")] = "small",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer runs; each attack on one repository in turn.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Each attack on every task with one masked function.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="This repository of the suite; may be repeated.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where what was measured is kept, for the next check; else the user's cache.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what was kept.")] = False,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Prove a suite: its numbers repeat, its masks are needed, an oracle gets 1, nothing and every attack get 0.

    Ends with exit code 1 where it is not so. What was measured is kept as it goes: the same command continues, and
    a later one proves what changed since.

    \b
    Examples:
      hakken bench check --quick
      hakken bench check small --only quasi_newton
      hakken bench check my_suite --json
    """
    from hakken.bench.checking import check_suite
    from hakken.bench.suite import load_suite
    from hakken.cli.console import emit
    from hakken.core.config import user_cache_dir
    from hakken.core.errors import UsageError

    sources = load_suite(suite)
    names = [source.name for source in sources]
    if unknown := sorted(set(only or ()) - set(names)):
        raise UsageError(f"The suite has no repository {unknown[0]!r}.", f"It has: {', '.join(names)}.")
    packages = {package for source in sources for package in source.packages}
    kept = Keeping(out or user_cache_dir() / "bench", packages, fresh)
    with open_lab(workers, weak, kept) as lab:
        found = check_suite(suite, sources, lab, quick=quick, every=every, only=only or (), workers=workers)
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
            "ok" if s.ok else "PROBLEM",
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
        for problem in source.problems:
            say(f"  {source.source}: {problem}")
    say(f"{found.suite}: {'proved' if found.ok else 'NOT proved'}")
