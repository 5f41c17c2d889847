"""``hakken bench run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab


def run(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="A task, or a folder of tasks.")],
    agent: Annotated[str, typer.Option(help="null, oracle, fixed, or mending; KIND:ARGUMENT for some.")] = "fixed",
    retrieval: Annotated[str, typer.Option(help="What is looked up: none, code, paper, both.")] = "both",
    candidates: Annotated[int, typer.Option(min=1, help="mending: versions of a function before any is mended.")] = 2,
    mends: Annotated[int, typer.Option(min=0, help="mending: rounds with the traceback.")] = 2,
    attempts: Annotated[int, typer.Option("--attempts", "-k", min=1, help="Attempts at each task.")] = 1,
    tokens: Annotated[int, typer.Option(min=1, help="Tokens of an attempt.")] = 10_000,
    usd: Annotated[float, typer.Option(min=0.001, help="US$ of an attempt.")] = 1.0,
    minutes: Annotated[float, typer.Option(min=0.1, help="Minutes of an attempt.")] = 30.0,
    out: Annotated[Path, typer.Option(help="Where attempts are kept; the same command goes on.")] = Path(
        "hakken-attempts"
    ),
    model: options.ModelName = None,
    values: options.Set = None,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Let an agent work on tasks, grade what it leaves, and sum up.

    Every attempt is kept when it ends, and every model call is answered from the record when the command goes on.

    \b
    Examples:
      hakken bench run hakken-tasks --agent oracle
      hakken bench run hakken-tasks --agent fixed --model local -k 2
      hakken bench run hakken-tasks --agent mending --model openai:gpt-5 --json
    """
    from hakken.bench.agents import Retrieval
    from hakken.bench.agents.registry import AgentOptions, Setup, choose, kind_of
    from hakken.bench.attempts import run_attempts
    from hakken.bench.folder import load_tasks
    from hakken.bench.metrics import summarise
    from hakken.cli.console import emit, tell
    from hakken.core.errors import UsageError
    from hakken.core.types import Budget
    from hakken.models import open_models
    from hakken.store import Store

    if retrieval not in {r.value for r in Retrieval}:
        raise UsageError(f"There is no retrieval {retrieval!r}.", "Take none, code, paper or both.")
    kind, _ = kind_of(agent)
    found = load_tasks(tasks)
    if not found:
        raise UsageError(f"There are no tasks in {tasks}.", "Make some: `hakken bench make REPO --command …`.")
    settings = options.asked(values, model=model, weak=weak).load().settings
    out.mkdir(parents=True, exist_ok=True)
    with open_lab(workers, weak) as lab, Store(out / "calls.db") as store:
        setup = Setup(
            lab=lab,
            models=open_models(settings.models) if kind.model else {},
            log=store,
            budget=Budget(tokens=tokens, usd=usd, seconds=60 * minutes),
            settings=settings.models,
            options=AgentOptions(retrieval=Retrieval(retrieval), candidates=candidates, mends=mends),
            model=settings.models.default,
        )
        chosen = choose(agent, setup)
        done = run_attempts(
            chosen,
            found,
            range(attempts),
            lab,
            out,
            lambda a: tell(f"  {a.task} #{a.seed}: {'pass' if a.passed else 'fail'} ({a.seconds:.0f} s)"),
        )
    summary = summarise(done, attempts)
    if as_json:
        emit({"agent": chosen.name, "summary": summary, "attempts": [a.model_dump(mode="json") for a in done]})
    else:
        _show_summary(chosen.name, summary)


def _show_summary(name: str, summary: dict[str, Any]) -> None:
    from hakken.cli.console import say, table

    say(f"{name}, with 95 % intervals over repositories and functions")
    rows = [
        (group, what, f"{e['value']:.3f}", f"[{e['low']:.3f}, {e['high']:.3f}]", e["tasks"], e["attempts"])
        for group, shares in summary.items()
        for what, e in shares.items()
    ]
    table(("", "", "share", "interval", "tasks", "attempts"), rows, left=2)
