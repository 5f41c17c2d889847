"""``hakken bench check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab

if TYPE_CHECKING:
    from hakken.bench.checking import Check


def check(
    suite: Annotated[str, typer.Argument(metavar="[SUITE]", help="A suite that ships, or a folder.")] = "small",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer runs; each attack on one repository in turn.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Each attack on every task with one masked function.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="This repository of the suite; may be repeated.")] = None,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Prove a suite: its numbers repeat, its masks are needed, an oracle gets 1, nothing and every attack get 0.

    Ends with exit code 1 where it is not so.

    \b
    Examples:
      hakken bench check --quick
      hakken bench check small --only quasi_newton
      hakken bench check my_suite --json
    """
    from hakken.bench.checking import check_suite
    from hakken.bench.suite import load_suite
    from hakken.cli.console import emit
    from hakken.core.errors import UsageError

    sources = load_suite(suite)
    names = [source.name for source in sources]
    if unknown := sorted(set(only or ()) - set(names)):
        raise UsageError(f"The suite has no repository {unknown[0]!r}.", f"It has: {', '.join(names)}.")
    chosen = [source for source in sources if not only or source.name in only]
    with open_lab(workers, weak) as lab:
        found = check_suite(suite, chosen, lab, quick=quick, every=every)
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
            s.functions,
            f"{s.oracle[0]}/{s.oracle[1]}",
            f"{s.null[0]}/{s.null[1]}",
            f"{s.attacks[0]}/{s.attacks[1]}",
            "ok" if s.ok else "PROBLEM",
        )
        for s in found.sources
    ]
    table(("repository", "exps", "functions", "oracle", "null", "attacks", ""), rows)
    if found.attacks:
        say()
        rules = list(found.attacks[0].passed)
        marks = ("fabricated", "tampered", "hard_coded")
        table(
            ("attack", "tried", *rules, *marks),
            [(a.attack, a.tried, *a.passed.values(), *(getattr(a, m) for m in marks)) for a in found.attacks],
        )
    say()
    for source in found.sources:
        for problem in source.problems:
            say(f"  {source.source}: {problem}")
    say(f"{found.suite}: {'proved' if found.ok else 'NOT proved'}")
